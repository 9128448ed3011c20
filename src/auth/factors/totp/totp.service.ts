import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, IsNull, Not, Repository } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { AccessChanges } from '../../../database/notices/access-changes.js';
import { deleteInBatches } from '../../../database/delete-in-batches.js';
import { type NamedStatement, namedStatement, NamedStatements } from '../../../database/named-statements.js';
import { queryRows } from '../../../database/query-rows.js';
import { JobsService } from '../../../jobs/jobs.service.js';
import type { User } from '../../../users/user.entity.js';
import { FactorExistsError } from '../factors.errors.js';
import { Totp } from './totp.entity.js';
import { TotpCodes, type TotpSetup } from './totp-codes.js';

/** Seconds after which an app that was not confirmed expires. */
export const TOTP_SETUP_TTL = 600;

/** Row of an app whose code is verified. */
interface CheckedTotp {
  id: string;
  sealed: string;
  /** Time of the database in ms since 1970, which all instances share. */
  at: number;
}

const UNEXPIRED = `(confirmed_at IS NOT NULL OR created_at > now() - make_interval(secs => ${TOTP_SETUP_TTL}))`;

/** Returns the statement that reads an app ($1) to check a code, at the time of the database. */
const reading = (name: string, condition: string) =>
  namedStatement(
    name,
    `SELECT id, secret_sealed AS sealed, 1000 * extract(epoch FROM clock_timestamp())::float8 AS at
       FROM auth_totp WHERE ${condition} AND ${UNEXPIRED}`,
  );
const READ_CONFIRMED = reading('read-totp', 'user_id = $1 AND confirmed_at IS NOT NULL');
const READ_UNCONFIRMED = reading('read-new-totp', 'id = $1 AND confirmed_at IS NULL');
const RAISE_STEP = namedStatement(
  'use-totp',
  `UPDATE auth_totp
      SET last_step = $2, last_used_at = now(), confirmed_at = coalesce(confirmed_at, now()),
          secret_sealed = coalesce($3, secret_sealed)
    WHERE id = $1 AND last_step < $2 RETURNING id`,
);

/**
 * Authenticator apps. Only this service writes `auth_totp`. Whether a user has one is part of cached principals, so each change
 * of it is announced to all instances.
 */
@Injectable()
export class TotpService {
  constructor(
    @InjectRepository(Totp) private readonly totps: Repository<Totp>,
    private readonly codes: TotpCodes,
    private readonly named: NamedStatements,
    private readonly changes: AccessChanges,
    jobs: JobsService,
  ) {
    jobs.schedule('purge-unconfirmed-factors', '29 * * * *', (signal) => this.purge(signal));
  }

  /**
   * Creates an app that its user has yet to confirm. Replaces an earlier one that was not confirmed.
   *
   * @param tx - Transaction that has locked the account's row.
   * @throws {FactorExistsError} if the user already has an app.
   */
  async begin(
    { id: userId, username }: Pick<User, 'id' | 'username'>,
    name: string,
    tx: EntityManager,
  ): Promise<TotpSetup & { id: string }> {
    const id = uuid();
    const setup = this.codes.create(username);
    const rows = await queryRows(
      tx,
      `INSERT INTO auth_totp (id, user_id, secret_sealed, name, created_at) VALUES ($1, $2, $3, $4, now())
       ON CONFLICT (user_id) DO UPDATE
          SET id = EXCLUDED.id, secret_sealed = EXCLUDED.secret_sealed, last_step = 0, name = EXCLUDED.name,
              created_at = EXCLUDED.created_at
        WHERE auth_totp.confirmed_at IS NULL RETURNING id`,
      [id, userId, this.codes.seal(setup.secret, id), name],
    );
    if (rows.length === 0) throw new FactorExistsError();
    return { id, ...setup };
  }

  /** Finds the id of an app that waits for its first code. */
  async findUnconfirmed(userId: string, tx: EntityManager): Promise<string | null> {
    const [row] = await queryRows<{ id: string }>(
      tx,
      `SELECT id FROM auth_totp WHERE user_id = $1 AND confirmed_at IS NULL AND ${UNEXPIRED}`,
      [userId],
    );
    return row?.id ?? null;
  }

  /** Finds the confirmed app of a user. */
  find(userId: string, tx: EntityManager = this.totps.manager): Promise<Totp | null> {
    return tx.findOneBy(Totp, { userId, confirmedAt: Not(IsNull()) });
  }

  /**
   * Uses a code of a user's confirmed app, once: no later attempt can use its time step or an earlier one.
   *
   * @param tx - Transaction that acts on the code.
   * @returns whether the code was right.
   */
  async use(userId: string, code: string, tx: EntityManager): Promise<boolean> {
    return this.take(READ_CONFIRMED, userId, code, tx);
  }

  /** Confirms a user's app with its first code, which counts as used. Returns whether the code was right. */
  async confirm(id: string, userId: string, code: string, tx: EntityManager): Promise<boolean> {
    if (!(await this.take(READ_UNCONFIRMED, id, code, tx))) return false;
    await this.changes.announce({ user: userId }, tx);
    return true;
  }

  /** Renames an app. Returns `null` if the user does not have it. */
  async rename(id: string, userId: string, name: string): Promise<Totp | null> {
    const { affected } = await this.totps.update({ id, userId, confirmedAt: Not(IsNull()) }, { name });
    return affected === 1 ? this.find(userId) : null;
  }

  /**
   * Removes the app of a user, confirmed or not.
   *
   * @param since - Keeps an app that was confirmed before. Default: keeps none.
   * @returns whether there was a confirmed one.
   */
  async remove(userId: string, tx: EntityManager, since: Date | null = null): Promise<boolean> {
    const removed = await queryRows<{ isConfirmed: boolean }>(
      tx,
      `DELETE FROM auth_totp WHERE user_id = $1 AND ($2::timestamptz IS NULL OR confirmed_at IS NULL OR confirmed_at >= $2)
       RETURNING confirmed_at IS NOT NULL AS "isConfirmed"`,
      [userId, since],
    );
    const wasFactor = removed.some(({ isConfirmed }) => isConfirmed);
    if (wasFactor) await this.changes.announce({ user: userId }, tx);
    return wasFactor;
  }

  /** Deletes apps that were not confirmed in time. */
  async purge(signal?: AbortSignal): Promise<void> {
    const expired = `confirmed_at IS NULL AND NOT ${UNEXPIRED}`;
    await deleteInBatches(this.totps.manager.dataSource, 'auth_totp', expired, [], signal);
  }

  /**
   * Uses a code in two statements. The first reads the clock of the database, since those of two instances may differ by
   * a step. The second decides between concurrent attempts: only one can raise `last_step`.
   */
  private async take(
    read: NamedStatement,
    subject: string,
    code: string,
    tx: EntityManager,
  ): Promise<boolean> {
    const { rows } = await this.named.query<CheckedTotp>(read, [subject], tx);
    if (rows.length === 0) return false;
    const { id, sealed, at } = rows[0];
    const step = this.codes.stepOf(code, sealed, id, at);
    if (step === null) return false;
    const used = await this.named.query(RAISE_STEP, [id, step, this.codes.reseal(sealed, id)], tx);
    return used.rows.length > 0;
  }
}
