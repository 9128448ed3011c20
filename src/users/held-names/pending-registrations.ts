import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { canonicalEmail, canonicalUsername } from '../../names/canonical.js';
import { PendingRegistration } from './pending-registration.entity.js';
import { UsersService } from '../users.service.js';
import { UsernameTakenError } from '../users.errors.js';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { queryRows } from '../../database/query-rows.js';

/** Input for a pending registration. */
export type NewRegistration = Pick<
  PendingRegistration,
  'username' | 'email' | 'fullName' | 'passwordHash' | 'origin'
>;

/**
 * Seconds for which the username is reserved, whether the email address is free or taken, so that the two look the
 * same.
 */
const HELD = 24 * 60 * 60;

/**
 * Manages registrations under strict privacy. Only this service writes `auth_pending_registrations`.
 *
 * A pending registration reserves its username against users who choose one for themselves. Admins and imports, which
 * are allowed to see existing accounts anyway, override it; its link then fails.
 */
@Injectable()
export class PendingRegistrations {
  constructor(
    @InjectRepository(PendingRegistration) private readonly pending: Repository<PendingRegistration>,
    private readonly users: UsersService,
  ) {}

  /**
   * Creates a pending registration, regardless of whether the email address is free. One of several for a username
   * succeeds.
   *
   * @returns its id.
   * @throws {UsernameTakenError} if an account or another registration has the name.
   */
  async begin(registration: NewRegistration, tx: EntityManager): Promise<string> {
    const { username, email, fullName, passwordHash, origin } = registration;
    await this.claimUsername(username, tx);
    const [{ id }] = await tx.query<[{ id: string }]>(
      `INSERT INTO auth_pending_registrations
              (id, username, username_key, email, email_key, full_name, hashed_password, origin, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now(), now() + make_interval(secs => $9)) RETURNING id`,
      [
        ...[uuid(), username, canonicalUsername(username), email, canonicalEmail(email)],
        ...[fullName, passwordHash, origin, HELD],
      ],
    );
    return id;
  }

  /**
   * Reserves a username until the transaction ends.
   *
   * @param exceptUserId - User who may already have the name.
   * @throws {UsernameTakenError} if an account or a registration has it.
   */
  async claimUsername(username: string, tx: EntityManager, exceptUserId?: string): Promise<void> {
    const key = canonicalUsername(username);
    // The name could be in either of two tables, so no index can decide.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('astra username ' || $1, 0))`, [key]);
    await tx.query('DELETE FROM auth_pending_registrations WHERE username_key = $1 AND expires_at <= now()', [
      key,
    ]);
    const owner = await this.users.findByLogin(username, tx);
    const isHeld = await tx.existsBy(PendingRegistration, { usernameKey: key });
    if (isHeld || (owner && owner.id !== exceptUserId)) throw new UsernameTakenError();
  }

  /** Reads and locks an unexpired registration until the transaction ends. */
  async lock(id: string, tx: EntityManager): Promise<PendingRegistration | undefined> {
    return firstOf(
      tx,
      `SELECT * FROM auth_pending_registrations WHERE id = $1 AND expires_at > now() FOR UPDATE`,
      [id],
    );
  }

  /** Reads and locks the latest registration for an email address until the transaction ends. */
  async lockLatest(email: string, tx: EntityManager): Promise<PendingRegistration | undefined> {
    return firstOf(
      tx,
      `SELECT * FROM auth_pending_registrations WHERE email_key = $1 AND expires_at > now()
        ORDER BY created_at DESC, id DESC LIMIT 1 FOR UPDATE`,
      [canonicalEmail(email)],
    );
  }

  /**
   * Returns whether a link was sent to an email address recently. Serializes requests for one email address, so that
   * one of many concurrent ones sends a link.
   *
   * @param within - Seconds.
   */
  async wasSentTo(email: string, within: number, tx: EntityManager): Promise<boolean> {
    const key = canonicalEmail(email);
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('astra registration ' || $1, 0))`, [key]);
    const rows = await tx.query<unknown[]>(
      `SELECT FROM auth_pending_registrations
        WHERE email_key = $1 AND link_sent_at > now() - make_interval(secs => $2) LIMIT 1`,
      [key, within],
    );
    return rows.length > 0;
  }

  /** Stores the link of a registration, replacing an earlier one. */
  async setLink(id: string, tokenHash: Buffer, tx: EntityManager): Promise<void> {
    // Plain SQL, like all statements with hashes: TypeORM shows what it writes to a host's subscribers.
    await tx.query(
      'UPDATE auth_pending_registrations SET token_hash = $2, link_sent_at = now() WHERE id = $1',
      [id, tokenHash],
    );
  }

  /** Finds a registration by the token of its link. */
  findByToken(tokenHash: Buffer): Promise<PendingRegistration | undefined> {
    return firstOf(
      this.pending.manager,
      'SELECT * FROM auth_pending_registrations WHERE token_hash = $1 AND expires_at > now()',
      [tokenHash],
    );
  }

  /** Removes and returns a registration, for its account to be created. One of several concurrent calls succeeds. */
  async take(tokenHash: Buffer, tx: EntityManager): Promise<PendingRegistration | undefined> {
    const taken = await firstOf(
      tx,
      'DELETE FROM auth_pending_registrations WHERE token_hash = $1 AND expires_at > now() RETURNING *',
      [tokenHash],
    );
    // Other registrations for the email address keep their usernames, as they do if an account had it from the start.
    if (taken)
      await tx.query('UPDATE auth_pending_registrations SET token_hash = NULL WHERE email_key = $1', [
        taken.emailKey,
      ]);
    return taken;
  }

  /**
   * Invalidates the link of a registration; its username stays reserved.
   *
   * @returns whether there was one.
   */
  async refuse(tokenHash: Buffer, tx: EntityManager): Promise<boolean> {
    const [, affected] = await tx.query<[unknown[], number]>(
      'UPDATE auth_pending_registrations SET token_hash = NULL WHERE token_hash = $1',
      [tokenHash],
    );
    return affected === 1;
  }

  /** Deletes expired registrations. */
  async purge(signal?: AbortSignal): Promise<void> {
    const { dataSource } = this.pending.manager;
    await deleteInBatches(dataSource, 'auth_pending_registrations', 'expires_at <= now()', [], signal);
  }
}

/** Reads the first row into an entity, including columns that are not selected by default. */
async function firstOf(
  tx: EntityManager,
  sql: string,
  parameters: unknown[],
): Promise<PendingRegistration | undefined> {
  const [row] = await queryRows<Record<string, never>>(tx, sql, parameters);
  if (!row) return undefined;
  const { columns } = tx.dataSource.getMetadata(PendingRegistration);
  const values = columns.map(({ propertyName, databaseName }) => [propertyName, row[databaseName]]);
  return tx.create(PendingRegistration, Object.fromEntries(values) as Partial<PendingRegistration>);
}
