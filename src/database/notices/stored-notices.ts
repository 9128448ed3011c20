import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { deleteInBatches } from '../delete-in-batches.js';
import { readNotices } from './notice.js';

/** Time in ms for which stored notifications stay at least. */
const KEPT = 60_000;

/** Stored notifications, each of which one connection reads once. */
export class StoredNotices {
  private snapshot?: string;
  private readAt = performance.now();
  /** Whether there may be rows to delete, and the snapshot in which they were visible. */
  private hasRows = false;
  private old?: { snapshot: string; readAt: number };

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
  async read(): Promise<{ channel: string; notices: readonly string[]; isComplete: boolean }> {
    const begin = performance.now();
    const { channel, snapshot, notices } = await readNotices(this.client, this.snapshot);
    // Others may have deleted some after a longer pause, such as that of a virtual machine.
    const isComplete = begin - this.readAt < this.kept / 2;
    this.snapshot = snapshot;
    this.readAt = begin;
    if (notices.length > 0) this.hasRows = true;
    if (this.hasRows && !this.old) {
      this.old = { snapshot, readAt: begin };
      this.hasRows = false;
    }
    return { channel, notices, isComplete };
  }

  /** Deletes what could be read a minute ago. All instances do so, by snapshots instead of clocks. */
  async deleteOld(db: DataSource): Promise<void> {
    const { old } = this;
    if (!old || performance.now() - old.readAt < this.kept) return;
    this.old = undefined;
    const isOld = `xid < pg_snapshot_xmax($1::pg_snapshot)::text::bigint
      AND pg_visible_in_snapshot(xid::text::xid8, $1::pg_snapshot)`;
    await deleteInBatches(db, 'auth_notices', isOld, [old.snapshot]);
  }
}
