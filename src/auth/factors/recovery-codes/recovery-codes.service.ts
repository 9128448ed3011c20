import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, MoreThanOrEqual, Repository } from 'typeorm';
import { namedStatement, NamedStatements } from '../../../database/named-statements.js';
import { queryRows } from '../../../database/query-rows.js';
import { deriveKeys, type Keys } from '../../../keys/derived-keys.js';
import { macOf } from '../../../keys/mac.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { RecoveryCode } from './recovery-code.entity.js';
import { canonicalRecoveryCode, newRecoveryCode, RECOVERY_CODES } from './recovery-codes.js';

/** Factors that a sign-in can ask an account for. */
export type FoundFactors = Record<'totp' | 'passkey' | 'recovery_code', boolean>;

/** SQL that finds the factors of a user ($1). Passkeys count also while they are off. */
export const FOUND_FACTORS = `SELECT
  EXISTS (SELECT FROM auth_totp WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS totp,
  EXISTS (SELECT FROM auth_passkeys WHERE user_id = $1) AS passkey,
  EXISTS (SELECT FROM auth_recovery_codes WHERE user_id = $1) AS recovery_code`;
const FIND_FACTORS = namedStatement('find-factors', FOUND_FACTORS);

/** Recovery codes, which replace a lost factor. Only this service writes `auth_recovery_codes`. */
@Injectable()
export class RecoveryCodesService {
  private readonly keys: Keys;

  constructor(
    @InjectRepository(RecoveryCode) private readonly codes: Repository<RecoveryCode>,
    private readonly named: NamedStatements,
    settings: AuthSettings,
  ) {
    this.keys = deriveKeys(settings, 'astra recovery code v1');
  }

  /**
   * Creates new codes for a user, and deletes the old ones.
   *
   * @param tx - Transaction that has locked the account's row.
   */
  async make(userId: string, tx: EntityManager): Promise<string[]> {
    await this.removeAll(userId, tx);
    // A set, because two equal codes would be one row.
    const codes = new Set<string>();
    while (codes.size < RECOVERY_CODES) codes.add(newRecoveryCode());
    const [present] = this.keys;
    // Plain SQL keeps the hashes from the subscribers of a host's DataSource.
    await tx.query(
      'INSERT INTO auth_recovery_codes (user_id, code_hash) SELECT $1::uuid, unnest($2::bytea[])',
      [userId, [...codes].map((code) => hashOf(userId, code, present))],
    );
    return [...codes];
  }

  /**
   * Uses a code, once: one of several concurrent calls succeeds.
   *
   * @returns whether the code was right.
   */
  async use(userId: string, code: string, tx: EntityManager): Promise<boolean> {
    const used = await queryRows(
      tx,
      'DELETE FROM auth_recovery_codes WHERE user_id = $1 AND code_hash = ANY ($2) RETURNING user_id',
      [userId, this.keys.map((key) => hashOf(userId, code, key))],
    );
    return used.length > 0;
  }

  /** Returns the number of unused codes of a user. */
  left(userId: string, tx: EntityManager = this.codes.manager): Promise<number> {
    return tx.countBy(RecoveryCode, { userId });
  }

  /**
   * Finds whether a user has codes, and the factors that they stand in for. One statement, because the steps of a sign-in
   * ask.
   */
  async findBesideFactors(userId: string, tx?: EntityManager): Promise<FoundFactors> {
    const { rows } = await this.named.query<FoundFactors>(FIND_FACTORS, [userId], tx);
    return rows[0];
  }

  /**
   * Deletes all codes of a user.
   *
   * @param since - Keeps codes that were created before. Default: keeps none.
   */
  async removeAll(userId: string, tx: EntityManager, since?: Date): Promise<void> {
    await tx.delete(RecoveryCode, { userId, ...(since && { createdAt: MoreThanOrEqual(since) }) });
  }
}

/** Binds a code to its user, so that equal codes of two users have different hashes. */
function hashOf(userId: string, code: string, key: Keys[number]): Buffer {
  return macOf(`${userId}\0${canonicalRecoveryCode(code)}`, key);
}
