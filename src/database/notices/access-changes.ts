import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import pg from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { errorText } from '../../http/problem/error-text.js';
import { onceAMinute } from '../../http/problem/once-a-minute.js';
import { AfterCommit } from '../after-commit.js';
import { connectionOptions, newClient } from '../connections/pool.js';
import { hearsNotices } from './hears-notices.js';
import { type Change, parseNotice, sendNotice } from './notice.js';
import { StoredNotices } from './stored-notices.js';

export type { Change };

/** Listener to changes on this and all other instances. */
export interface AccessChangeListener {
  onChange(change: Change): void;
  /** Changes may have been missed; clear everything. */
  onGap(): void;
}

/** Interval in ms of the heartbeat on the listening connection. */
const HEARTBEAT = 400;
/** Age in ms from which a heartbeat no longer proves that nothing was missed. */
const MAX_SILENCE = 900;

/**
 * Notifies all instances of changes that they must forget, and workers of new jobs, with Postgres' LISTEN and NOTIFY, or by
 * a table that all instances read at each heartbeat.
 *
 * A notification is part of the transaction that makes the change, and is sent when it commits. This instance handles
 * its own changes before `commit` returns; the others a moment later, on a separate connection. Each receives both kinds,
 * whichever the senders use.
 */
@Injectable()
export class AccessChanges implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(AccessChanges.name);
  private readonly listeners = new Set<AccessChangeListener>();
  private readonly jobListeners = new Set<(kind: string) => void>();
  private client?: pg.Client;
  private stored?: StoredNotices;
  private channel = '';
  private timer?: NodeJS.Timeout;
  private beating = Promise.resolve();
  private deleting = Promise.resolve();
  private heardAt = -Infinity;
  private isMissing = false;
  private stopped = false;
  private readonly mayComplain = onceAMinute();

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly afterCommit: AfterCommit,
  ) {}

  /** Announces a change inside the transaction that makes it. */
  async announce(change: Change, tx: EntityManager): Promise<void> {
    this.afterCommit.run(() => this.tell(change), tx);
    await sendNotice(change, tx);
  }

  /** Announces a job inside the transaction that adds it. */
  announceJob(kind: string, tx: EntityManager): Promise<void> {
    return sendNotice({ job: kind }, tx);
  }

  /**
   * Registers a listener to changes.
   *
   * @param listener - Called until the application ends; it must not throw.
   */
  subscribe(listener: AccessChangeListener): void {
    this.listeners.add(listener);
  }

  /**
   * Registers a listener to new jobs.
   *
   * @param listener - Called with the kind of a new job. Some notifications are missed, so it must also poll.
   */
  onJob(listener: (kind: string) => void): void {
    this.jobListeners.add(listener);
  }

  /**
   * Whether all changes committed until less than a second ago were received. Otherwise, cached data may be outdated.
   */
  get isListening(): boolean {
    return performance.now() - this.heardAt < MAX_SILENCE;
  }

  /** Connects before the first request, if the database is available. Otherwise, the next heartbeat tries again. */
  async onApplicationBootstrap(): Promise<void> {
    this.beating = this.beat();
    await this.beating;
  }

  /** Waits for the heartbeat, which could otherwise connect again. */
  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.beating;
    await this.deleting;
    await this.client?.end().catch(() => undefined);
  }

  /** Connects if necessary, proves that the connection is alive, and schedules the next heartbeat. */
  private async beat(): Promise<void> {
    const sentAt = performance.now();
    try {
      this.client ??= await this.connect();
      await this.readStored(sentAt);
      if (this.isMissing) this.logger.log('Receiving change notifications again');
      this.isMissing = false;
    } catch (error) {
      this.disconnected(error);
    }
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.beating = this.beat();
    }, HEARTBEAT);
    this.timer.unref();
  }

  /** Reads stored notifications. Those sent with `NOTIFY` before this query was processed arrive before its response. */
  private async readStored(sentAt: number): Promise<void> {
    const { stored } = this;
    if (!stored) return;
    const { channel, notices, isComplete } = await stored.read();
    if (channel !== this.channel) throw new Error('the name of the channel has changed');
    if (!isComplete) this.forgetAll();
    notices.forEach((notice) => this.hear(notice));
    this.heardAt = sentAt;
    // Heartbeats do not wait for it. What it leaves is deleted the next time.
    const deleting = stored.deleteOld(this.db).catch(() => undefined);
    this.deleting = Promise.all([this.deleting, deleting]).then(() => undefined);
  }

  private async connect(): Promise<pg.Client> {
    const client = newClient(this.db, {
      query_timeout: MAX_SILENCE,
      keepAlive: true,
      application_name: 'astra-changes',
    });
    client.on('error', (error) => this.disconnected(error));
    client.on('notification', ({ payload }) => this.hear(payload));
    try {
      await client.connect();
      await connectionOptions(this.db).onConnect?.(client);
      const stored = new StoredNotices(client);
      this.channel = (await stored.read()).channel;
      this.stored = stored;
      await client.query(`LISTEN ${pg.escapeIdentifier(this.channel)}`);
      // The heartbeat also succeeds where notifications never arrive.
      if (!(await hearsNotices(client, this.channel, this.db, MAX_SILENCE)))
        throw new Error('notifications do not arrive. Connect without a pooler, or with one in session mode');
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    // Anything before LISTEN took effect was missed.
    this.forgetAll();
    return client;
  }

  /**
   * Handles a notification. An invalid one, such as from a newer version, may concern anything, so everything is
   * cleared.
   */
  private hear(payload: string | undefined): void {
    // An empty one only tests the connection.
    if (!payload) return;
    const notice = parseNotice(payload);
    if (notice && 'job' in notice) return this.jobListeners.forEach((listener) => listener(notice.job));
    if (notice) return this.tell(notice);
    this.forgetAll();
    if (this.mayComplain())
      this.logger.warn('Received an invalid change notification, so the session cache was cleared');
  }

  /** Marks the connection as lost, which disables caches at once, and logs it once until it is back. */
  private disconnected(error: unknown): void {
    if (!this.isMissing && !this.stopped) {
      this.logger.warn(
        `Not receiving change notifications, so each request queries the database: ${errorText(error)}`,
      );
    }
    this.isMissing = true;
    this.heardAt = -Infinity;
    const { client } = this;
    this.client = undefined;
    void client?.end().catch(() => undefined);
  }

  private tell(change: Change): void {
    for (const listener of this.listeners) listener.onChange(change);
  }

  private forgetAll(): void {
    for (const listener of this.listeners) listener.onGap();
  }
}
