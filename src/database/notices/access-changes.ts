import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import pg from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { errorText } from '../../http/problem/error-text.js';
import { onceAMinute } from '../../http/problem/once-a-minute.js';
import { AfterCommit } from '../after-commit.js';
import { connectionOptions, newClient } from '../connections/pool.js';
import { hearsNotices } from './hears-notices.js';

/** Change that invalidates cached data of a user, of one session or of one API key. */
export type Change = { user: string } | { session: string } | { apiKey: string };

/** Notification between instances: a change, or a new job of a kind. */
type Notice = Change | { job: string };

/** Listener to changes on this and all other instances. */
export interface AccessChangeListener {
  onChange(change: Change): void;
  /** Changes may have been missed; clear everything. */
  onGap(): void;
}

/**
 * Any role that can connect to the database may listen to, and notify, any channel whose name it knows. So the name is
 * stored in a table that only the service may read.
 */
const CHANNEL = 'SELECT notices_channel AS channel FROM auth_installation';

/** Interval in ms of the heartbeat on the listening connection. */
const HEARTBEAT = 400;
/** Age in ms from which a heartbeat no longer proves that nothing was missed. */
const MAX_SILENCE = 900;

/**
 * Notifies all instances of changes that they must forget, and workers of new jobs, with Postgres' LISTEN and NOTIFY.
 *
 * A notification is part of the transaction that makes the change, and is sent when it commits. This instance handles
 * its own changes before `commit` returns; the others a moment later, on a separate connection.
 */
@Injectable()
export class AccessChanges implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(AccessChanges.name);
  private readonly listeners = new Set<AccessChangeListener>();
  private readonly jobListeners = new Set<(kind: string) => void>();
  private client?: pg.Client;
  private channel = '';
  private timer?: NodeJS.Timeout;
  private beating = Promise.resolve();
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
    await notify(change, tx);
  }

  /** Announces a job inside the transaction that adds it. */
  announceJob(kind: string, tx: EntityManager): Promise<void> {
    return notify({ job: kind }, tx);
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
    await this.client?.end().catch(() => undefined);
  }

  /** Connects if necessary, proves that the connection is alive, and schedules the next heartbeat. */
  private async beat(): Promise<void> {
    const sentAt = performance.now();
    try {
      this.client ??= await this.connect();
      // Notifications sent before this query was processed arrive before its response.
      if ((await readChannel(this.client)) !== this.channel)
        throw new Error('the name of the channel has changed');
      this.heardAt = sentAt;
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
      this.channel = await readChannel(client);
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
    const notice = readNotice(payload);
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

async function readChannel(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ channel: string }>(CHANNEL);
  if (rows.length === 0) throw new Error('the table auth_installation is empty');
  return rows[0].channel;
}

async function notify(notice: Notice, tx: EntityManager): Promise<void> {
  await tx.query('SELECT pg_notify(notices_channel, $1) FROM auth_installation', [JSON.stringify(notice)]);
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const NOTICE = new RegExp(
  `^\\{"(?:(?<key>user|session|apiKey)":"(?<id>${UUID})|job":"(?<job>[\\w./-]{1,100}))"\\}$`,
);

/**
 * Parses a notification.
 *
 * @returns `undefined` if it is invalid; anybody who knows the channel can send anything.
 */
function readNotice(payload: string): Notice | undefined {
  const { key, id, job } = NOTICE.exec(payload)?.groups ?? {};
  if (job) return { job };
  if (!id) return undefined;
  if (key === 'apiKey') return { apiKey: id };
  return key === 'user' ? { user: id } : { session: id };
}
