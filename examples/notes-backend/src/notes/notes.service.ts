import { randomUUID } from 'node:crypto';
import { Injectable, Logger, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { AccountEvents, UserDeactivated, UserRegistered } from 'nestjs-astra';
import { Repository } from 'typeorm';
import { Note } from './note.entity.js';

/** Stores notes, and reacts to events of their owners. */
@Injectable()
export class NotesService {
  private readonly logger = new Logger(NotesService.name);

  constructor(
    @InjectRepository(Note) private readonly notes: Repository<Note>,
    events: AccountEvents,
  ) {
    // In the transaction that creates the account, so that no account exists without its first note.
    events.before(UserRegistered, ({ userId, username }, tx) =>
      tx.insert(Note, { id: randomUUID(), ownerId: userId, text: `Welcome, ${username}!`, isHidden: true }),
    );
    events.before(UserDeactivated, ({ userId }, tx) =>
      tx.update(Note, { ownerId: userId }, { isHidden: true }),
    );
    // After the commit, without delaying the request.
    events.on(UserRegistered, ({ username }) => this.logger.log(`${username} writes notes now`));
  }

  /** Returns the notes that everybody may read, newest first. */
  findVisible(): Promise<Note[]> {
    return this.find({ isHidden: false });
  }

  findOf(ownerId: string): Promise<Note[]> {
    return this.find({ ownerId });
  }

  async write(ownerId: string, text: string): Promise<Note> {
    const id = randomUUID();
    await this.notes.insert({ id, ownerId, text });
    return this.notes.findOneOrFail({ where: { id }, relations: { owner: true } });
  }

  /**
   * Hides a note.
   *
   * @throws {NotFoundException} if there is no such note.
   */
  async hide(id: string): Promise<void> {
    const { affected } = await this.notes.update({ id }, { isHidden: true });
    if (!affected) throw new NotFoundException('There is no such note.');
  }

  /**
   * Deletes all hidden notes.
   *
   * @returns the number of deleted notes.
   */
  async purgeHidden(): Promise<number> {
    const { affected } = await this.notes.delete({ isHidden: true });
    return affected ?? 0;
  }

  private find(where: Partial<Pick<Note, 'isHidden' | 'ownerId'>>): Promise<Note[]> {
    return this.notes.find({ where, relations: { owner: true }, order: { createdAt: 'DESC' }, take: 100 });
  }
}
