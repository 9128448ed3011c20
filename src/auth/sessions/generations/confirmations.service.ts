import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { errorText } from '../../../http/problem/error-text.js';
import { unindexed } from '../../../database/found-by-id.js';

/** Interval between two writes, in ms. */
const WRITE_EVERY = 1_000;
/** Maximum of generations per statement, so that it stays far below the statement timeout. */
const BATCH = 5_000;
/** Maximum of waiting generations while the database is away; beyond it the oldest are dropped. */
const MAX_WAITING = 50_000;

/** Condition for a session `s` with a generation that may be confirmed. */
const OPEN = unindexed('s.confirmed_at IS NULL AND s.ended_at IS NULL');

/**
 * Confirms all free sessions, and returns those that were locked, which stay for the next write. SKIP LOCKED avoids
 * waiting and deadlocks. Generations that are outdated or already confirmed by another instance are dropped.
 */
const CONFIRM = `
  WITH seen AS (SELECT * FROM unnest($1::uuid[], $2::int[]) AS seen (id, generation)),
       due AS (SELECT s.id FROM auth_sessions s JOIN seen USING (id, generation)
                WHERE ${OPEN}),
       free AS (SELECT s.id FROM auth_sessions s JOIN seen USING (id, generation)
                 WHERE ${OPEN} FOR NO KEY UPDATE OF s SKIP LOCKED),
       done AS (UPDATE auth_sessions s SET confirmed_at = now() FROM free WHERE s.id = free.id RETURNING s.id)
  SELECT id FROM due EXCEPT SELECT id FROM done`;

/**
 * Confirms generations of sessions: an access token of the generation was seen, so the client has received the response
 * of the refresh that issued it. Until then, the previous refresh token returns the same successor, however late.
 *
 * Requests only add to a map in memory; one statement per second writes all of it. If the process is killed before, the
 * generation stays unconfirmed, which is the lenient side, until its access token is seen again.
 */
@Injectable()
export class ConfirmationsService implements OnApplicationShutdown {
  private readonly logger = new Logger(ConfirmationsService.name);
  /** Session id → the highest generation that was seen. */
  private readonly waiting = new Map<string, number>();
  private timer?: NodeJS.Timeout;
  private writing?: Promise<void>;
  private isFailing = false;

  constructor(@InjectDataSource() private readonly db: DataSource) {}

  /** Records in memory that an access token of a generation was seen. */
  note(sessionId: string, generation: number): void {
    this.waiting.set(sessionId, Math.max(generation, this.waiting.get(sessionId) ?? 0));
    if (this.waiting.size > MAX_WAITING) {
      const [oldest] = this.waiting.keys();
      this.waiting.delete(oldest);
    }
    this.schedule();
  }

  /** Checks whether this process has seen a generation that may not be written yet. */
  hasSeen(sessionId: string, generation: number): boolean {
    return this.waiting.get(sessionId) === generation;
  }

  /** Writes what is waiting. All requests are finished by then, and the database is closed afterwards. */
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

  /** Schedules the next write, unless one is scheduled or running. */
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

  /**
   * Writes a batch. Locked sessions, and generations seen during the write, stay in the map. A failure is logged once
   * until a write succeeds.
   */
  private async write(): Promise<void> {
    const batch = [...this.waiting].slice(0, BATCH);
    if (batch.length === 0) return;
    try {
      const locked = await this.db.query<{ id: string }[]>(CONFIRM, [
        // Postgres array literals: for JavaScript arrays, pg would check every element for characters to escape.
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
