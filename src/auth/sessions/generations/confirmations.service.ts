import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { errorText } from '../../../http/problem/error-text.js';

/** Between two statements, in ms. */
const WRITE_EVERY = 1_000;
/** Generations of one statement, so that it stays far below its timeout. */
const BATCH = 5_000;
/** What waits at most, while the database is away; then the oldest are forgotten. */
const MAX_WAITING = 50_000;

/**
 * One that somebody holds the lock of stays for the next time, so that this waits for nobody and is in no deadlock. What
 * is no longer the newest generation, or was confirmed by another instance, is done with.
 */
const CONFIRM = `
  WITH seen AS (SELECT * FROM unnest($1::uuid[], $2::int[]) AS seen (id, generation)),
       due AS (SELECT s.id FROM auth_sessions s JOIN seen USING (id, generation)
                WHERE s.confirmed_at IS NULL AND s.ended_at IS NULL),
       free AS (SELECT s.id FROM auth_sessions s JOIN seen USING (id, generation)
                 WHERE s.confirmed_at IS NULL AND s.ended_at IS NULL FOR NO KEY UPDATE OF s SKIP LOCKED),
       done AS (UPDATE auth_sessions s SET confirmed_at = now() FROM free WHERE s.id = free.id RETURNING s.id)
  SELECT id FROM due EXCEPT SELECT id FROM done`;

/**
 * Which generations of sessions are in use: an access token of theirs was seen, so their holder has got the answer of the
 * refresh that issued it. Until then the parent gets the same successor, however late.
 *
 * To note it is all that a request does. Once a second, all that was noted is written by one statement. If the process is
 * killed before, the generation stays unconfirmed, the lenient side, until its access token is seen again.
 */
@Injectable()
export class ConfirmationsService implements OnApplicationShutdown {
  private readonly logger = new Logger(ConfirmationsService.name);
  /** Session id → its generation that was seen. */
  private readonly waiting = new Map<string, number>();
  private timer?: NodeJS.Timeout;
  private writing?: Promise<void>;
  private isFailing = false;

  constructor(@InjectDataSource() private readonly db: DataSource) {}

  /** Notes that an access token of a generation was seen. */
  note(sessionId: string, generation: number): void {
    this.waiting.set(sessionId, Math.max(generation, this.waiting.get(sessionId) ?? 0));
    if (this.waiting.size > MAX_WAITING) {
      const [oldest] = this.waiting.keys();
      this.waiting.delete(oldest);
    }
    this.schedule();
  }

  /** Whether a generation was seen by this process, and may not be written yet. */
  hasSeen(sessionId: string, generation: number): boolean {
    return this.waiting.get(sessionId) === generation;
  }

  /** Writes what is left. The requests are answered by then, and the database is closed after that. */
  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    await this.writing;
    clearTimeout(this.timer);
    let left: number;
    do {
      left = this.waiting.size;
      await this.write();
    } while (this.waiting.size > 0 && this.waiting.size < left);
  }

  private schedule(): void {
    if (this.timer || this.writing || this.waiting.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.writing = this.write().finally(() => {
        this.writing = undefined;
        this.schedule();
      });
    }, WRITE_EVERY);
    this.timer.unref();
  }

  private async write(): Promise<void> {
    const batch = [...this.waiting].slice(0, BATCH);
    if (batch.length === 0) return;
    try {
      const locked = await this.db.query<{ id: string }[]>(CONFIRM, [
        // As Postgres writes arrays: pg would look at each item for what is to be escaped.
        `{${batch.map(([id]) => id).join()}}`,
        `{${batch.map(([, generation]) => generation).join()}}`,
      ]);
      const isLocked = new Set(locked.map(({ id }) => id));
      for (const [id, generation] of batch)
        if (!isLocked.has(id) && this.waiting.get(id) === generation) this.waiting.delete(id);
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing)
        this.logger.warn(`The confirmation of sessions in use was postponed: ${errorText(error)}`);
      this.isFailing = true;
    }
  }
}
