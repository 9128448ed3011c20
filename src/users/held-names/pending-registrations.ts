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

/** What an attempt to register is made of. */
export type NewRegistration = Pick<
  PendingRegistration,
  'username' | 'email' | 'fullName' | 'passwordHash' | 'origin'
>;

/** Seconds in which an attempt holds its username: whether the address is free or taken, for nobody to tell. */
const HELD = 24 * 60 * 60;

/**
 * Attempts to register where addresses are private. It alone writes `auth_pending_registrations`.
 *
 * An attempt holds its username against others who choose one for themselves. Admins and imports, who could be told
 * anyway, take it: then the attempt fails when its link is opened.
 */
@Injectable()
export class PendingRegistrations {
  constructor(
    @InjectRepository(PendingRegistration) private readonly pending: Repository<PendingRegistration>,
    private readonly users: UsersService,
  ) {}

  /**
   * Begins an attempt, in the same way whether or not the address is free. Of several for one username, one succeeds.
   *
   * @returns its id.
   * @throws {UsernameTakenError} if an account or another attempt has the name.
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
   * Holds a username for the rest of the transaction against attempts, and against others who choose it.
   *
   * @param exceptUserId - Whose own name it may be.
   * @throws {UsernameTakenError} if an account or an attempt has it.
   */
  async claimUsername(username: string, tx: EntityManager, exceptUserId?: string): Promise<void> {
    const key = canonicalUsername(username);
    // It would be in two tables, so no index can decide.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('astra username ' || $1, 0))`, [key]);
    await tx.query('DELETE FROM auth_pending_registrations WHERE username_key = $1 AND expires_at <= now()', [
      key,
    ]);
    const owner = await this.users.findByLogin(username, tx);
    const isHeld = await tx.existsBy(PendingRegistration, { usernameKey: key });
    if (isHeld || (owner && owner.id !== exceptUserId)) throw new UsernameTakenError();
  }

  /** Holds an attempt that has not ended until the transaction ends. */
  async lock(id: string, tx: EntityManager): Promise<PendingRegistration | undefined> {
    return firstOf(
      tx,
      `SELECT * FROM auth_pending_registrations WHERE id = $1 AND expires_at > now() FOR UPDATE`,
      [id],
    );
  }

  /** Holds the latest attempt for an address until the transaction ends. */
  async lockLatest(email: string, tx: EntityManager): Promise<PendingRegistration | undefined> {
    return firstOf(
      tx,
      `SELECT * FROM auth_pending_registrations WHERE email_key = $1 AND expires_at > now()
        ORDER BY created_at DESC, id DESC LIMIT 1 FOR UPDATE`,
      [canonicalEmail(email)],
    );
  }

  /**
   * Tells whether a link for an address was sent a moment ago. Requests for one address are decided one after the other,
   * so that of many at once one sends a mail.
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

  /** Notes the link of an attempt, in place of an older one. */
  async setLink(id: string, tokenHash: Buffer, tx: EntityManager): Promise<void> {
    // By plain SQL, as all that has a hash: a host's subscribers are shown what TypeORM writes.
    await tx.query(
      'UPDATE auth_pending_registrations SET token_hash = $2, link_sent_at = now() WHERE id = $1',
      [id, tokenHash],
    );
  }

  /** Finds the attempt whose link has a token. */
  findByToken(tokenHash: Buffer): Promise<PendingRegistration | undefined> {
    return firstOf(
      this.pending.manager,
      'SELECT * FROM auth_pending_registrations WHERE token_hash = $1 AND expires_at > now()',
      [tokenHash],
    );
  }

  /** Ends an attempt, to begin the account. Of several who try, one gets it. */
  async take(tokenHash: Buffer, tx: EntityManager): Promise<PendingRegistration | undefined> {
    const taken = await firstOf(
      tx,
      'DELETE FROM auth_pending_registrations WHERE token_hash = $1 AND expires_at > now() RETURNING *',
      [tokenHash],
    );
    // Other attempts for the address keep their names, as where an account had it from the beginning.
    if (taken)
      await tx.query('UPDATE auth_pending_registrations SET token_hash = NULL WHERE email_key = $1', [
        taken.emailKey,
      ]);
    return taken;
  }

  /** Has the link of an attempt end; the name stays held. @returns whether there was one. */
  async refuse(tokenHash: Buffer, tx: EntityManager): Promise<boolean> {
    const [, affected] = await tx.query<[unknown[], number]>(
      'UPDATE auth_pending_registrations SET token_hash = NULL WHERE token_hash = $1',
      [tokenHash],
    );
    return affected === 1;
  }

  /** Removes attempts that have ended. */
  async purge(signal?: AbortSignal): Promise<void> {
    const { dataSource } = this.pending.manager;
    await deleteInBatches(dataSource, 'auth_pending_registrations', 'expires_at <= now()', [], signal);
  }
}

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
