import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { errorText } from '../../../http/problem/error-text.js';

/** Interval between two writes, in ms. */
const WRITE_EVERY = 60_000;
/** Maximum of keys per statement, so that it stays far below the statement timeout. */
const BATCH = 5_000;
/** Maximum of waiting keys while the database is away; beyond it the oldest are dropped. */
const MAX_WAITING = 50_000;

/** SKIP LOCKED avoids waiting for a key that is being revoked, and deadlocks. A locked key is written at its next use. */
const RECORD = `
  UPDATE auth_api_keys k SET last_used_at = now(), last_used_ip = used.ip
    FROM unnest($1::uuid[], $2::inet[]) AS used (id, ip)
   WHERE k.id = used.id AND k.id IN (SELECT id FROM auth_api_keys WHERE id = ANY ($1::uuid[]) FOR NO KEY UPDATE SKIP LOCKED)`;

/**
 * Records the last use of API keys. Requests only add to a map in memory; one statement per minute writes all of it. A process
 * that is killed forgets its last minute.
 */
@Injectable()
export class ApiKeyUses implements OnApplicationShutdown {
  private readonly logger = new Logger(ApiKeyUses.name);
  /** Key id → IP address of its last client; `null` if unknown. */
  private waiting = new Map<string, string | null>();
  private timer?: NodeJS.Timeout;

  constructor(@InjectDataSource() private readonly db: DataSource) {}

  /** Records a use in memory. */
  note(id: string, ip: string | null): void {
    this.waiting.set(id, ip);
    if (this.waiting.size > MAX_WAITING) {
      const [oldest] = this.waiting.keys();
      this.waiting.delete(oldest);
    }
    this.timer ??= setTimeout(() => void this.flush(), WRITE_EVERY).unref();
  }

  /** Writes all uses. If that fails, they are written a minute later. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const used = [...this.waiting];
    this.waiting.clear();
    try {
      for (let i = 0; i < used.length; i += BATCH) {
        const batch = used.slice(i, i + BATCH);
        await this.db.query(RECORD, [batch.map(([id]) => id), batch.map(([, ip]) => ip)]);
      }
    } catch (error) {
      this.logger.warn(`The last use of API keys was not recorded: ${errorText(error)}`);
      for (const [id, ip] of used) if (!this.waiting.has(id)) this.note(id, ip);
    }
  }

  /** Writes what is waiting. All requests are finished by then, and the database is closed afterwards. */
  async onApplicationShutdown(): Promise<void> {
    await this.flush();
    clearTimeout(this.timer);
  }
}
