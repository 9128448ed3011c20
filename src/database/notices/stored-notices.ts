import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { deleteInBatches } from '../delete-in-batches.js';
import { NEVER, readNotices } from './notice.js';

/** Time in ms for which stored notifications stay at least. */
const KEPT = 60_000;

/** Stored notifications, each of which one connection reads once. */
export class StoredNotices {
  private horizon = NEVER;
  private readAt = performance.now();
  /** Those of the last read, which are read again while a transaction that was older goes on. */
  private seen = new Set<string>();
  /** Whether there may be rows to delete, and the horizon up to which. */
  private hasRows = false;
  private old?: { horizon: string; readAt: number };

  /** @param kept - Time in ms for which they stay at least. */
  constructor(
    private readonly client: pg.ClientBase,
    private readonly kept = KEPT,
  ) {}

  /**
   * Reads the channel of the installation, and all notifications that were stored since the last read.
   *
   * @returns `isComplete` is `false` if some may be missing.
   */
  async read(): Promise<{ channel: string; notices: string[]; isComplete: boolean }> {
    const begin = performance.now();
    const { channel, horizon, stored } = await readNotices(this.client, this.horizon);
    const fresh = stored.filter(({ xid, notice }) => !this.seen.has(xid + notice));
    // Others may have deleted some after a longer pause, such as that of a virtual machine.
    const isComplete = begin - this.readAt < this.kept / 2;
    this.seen = new Set(stored.map(({ xid, notice }) => xid + notice));
    this.horizon = horizon;
    this.readAt = begin;
    if (fresh.length > 0) this.hasRows = true;
    if (this.hasRows && !this.old) {
      this.old = { horizon, readAt: begin };
      this.hasRows = false;
    }
    return { channel, notices: fresh.map(({ notice }) => notice), isComplete };
  }

  /** Deletes what could be read a minute ago. All instances do so, by ids of transactions instead of clocks. */
  async deleteOld(db: DataSource): Promise<void> {
    const { old } = this;
    if (!old || performance.now() - old.readAt < this.kept) return;
    this.old = undefined;
    await deleteInBatches(db, 'auth_notices', 'xid < $1', [old.horizon]);
  }
}
