import type { DataSource, EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { AuditService } from '../../audit/audit.service.js';
import type { ImportedUsersService } from '../imported-users.service.js';
import type { NewUserRecord, UsersInBulk } from '../../users/bulk/users-in-bulk.js';
import type { FastApiRow, FastApiSource } from './fastapi-source.js';
import { readFastApiUser } from './fastapi-user.js';
import {
  emailHeld,
  type ImportConflict,
  type ImportProblem,
  importedBefore,
  nameTaken,
} from './import-conflict.js';

/** Result of a batch. */
export interface BatchOutcome {
  takenOver: number;
  /** Those of them whose hash is not supported, so that they have to choose a new password. */
  withoutPassword: number;
  /** Imported by an earlier run. */
  known: number;
  conflicts: ImportConflict[];
}

/** Options of an import. */
export interface ImportOptions {
  /** Users per transaction. */
  batchSize: number;
  /** Whether the operator vouches for the email addresses, which the FastAPI service did not verify. */
  emailsVerified: boolean;
  /** Whether users with an unsupported hash are imported without a password. */
  withoutUnknownHashes: boolean;
}

/** User of the FastAPI service who can be imported unless a name is taken. */
interface Candidate {
  sourceId: number;
  user: NewUserRecord;
}

/**
 * Imports the users of the FastAPI service.
 *
 * A batch is one transaction with its accounts, their origin, and their audit events. So an aborted run leaves whole
 * batches, and the next run skips them. Existing accounts are never changed.
 */
export class FastApiImport {
  /** Users that a rehearsal would have imported: id here → `id` in the source. */
  private readonly rehearsed = new Map<string, number>();

  /** @param audit - Omitted for a rehearsal, which writes nothing and finds the same conflicts. */
  constructor(
    private readonly db: DataSource,
    private readonly users: UsersInBulk,
    private readonly importedUsers: ImportedUsersService,
    private readonly audit?: AuditService,
  ) {}

  /**
   * Imports all users in batches.
   *
   * @param onBatch - Called with the result of each batch after its transaction.
   * @throws {Error} if another import is running.
   */
  async run(
    source: FastApiSource,
    options: ImportOptions,
    onBatch: (outcome: BatchOutcome) => Promise<void>,
  ): Promise<void> {
    const batches = source.read(options.batchSize);
    if (this.audit) {
      for await (const rows of batches)
        await onBatch(
          await this.db.transaction(async (tx) => {
            await beAlone(tx);
            return this.take(rows, options, tx);
          }),
        );
      return;
    }
    await this.db.transaction(async (tx) => {
      await this.users.beginRehearsal(tx);
      // From now on, Postgres itself rejects writes to permanent tables.
      await tx.query('SET TRANSACTION READ ONLY');
      for await (const rows of batches) await onBatch(await this.take(rows, options, tx));
    });
  }

  /** Imports a batch. Accounts that the database rejected are explained afterwards, when their clashes are known. */
  private async take(
    rows: readonly FastApiRow[],
    options: ImportOptions,
    tx: EntityManager,
  ): Promise<BatchOutcome> {
    const { candidates, conflicts, known } = await this.sort(rows, options, tx);
    const users = candidates.map(({ user }) => user);
    const added = await this.users.add(users, tx, { rehearsal: !this.audit });
    const isAdded = ({ user }: Candidate) => added.has(user.id);
    await this.remember(candidates.filter(isAdded), tx);
    const refused = candidates.filter((candidate) => !isAdded(candidate));
    if (refused.length > 0) conflicts.push(...(await this.explain(refused, tx)));
    conflicts.sort((a, b) => a.source_id - b.source_id);
    const withoutPassword = candidates.filter(
      (candidate) => isAdded(candidate) && candidate.user.password_hash === null,
    ).length;
    return { takenOver: added.size, withoutPassword, known, conflicts };
  }

  /** Sorts users into those imported before, those that can be imported, and conflicts. */
  private async sort(
    rows: readonly FastApiRow[],
    { emailsVerified, withoutUnknownHashes }: ImportOptions,
    tx: EntityManager,
  ) {
    const before = await this.importedUsers.find(
      rows.map(({ username }) => username),
      tx,
    );
    const candidates: Candidate[] = [];
    const conflicts: ImportConflict[] = [];
    let known = 0;
    for (const row of rows) {
      const { id: sourceId, username, email } = row;
      const knownAs = before.get(username);
      if (knownAs === sourceId) {
        known++;
        continue;
      }
      const user =
        knownAs === undefined ? readFastApiUser(row, withoutUnknownHashes) : [importedBefore(knownAs)];
      if (Array.isArray(user)) conflicts.push({ source_id: sourceId, username, email, problems: user });
      else {
        const email_verified_at = emailsVerified ? new Date().toISOString() : null;
        candidates.push({ sourceId, user: { id: uuid(), email_verified_at, ...user } });
      }
    }
    return { candidates, conflicts, known };
  }

  /** Returns the accounts that have the names of users who could not be added. */
  private async explain(refused: readonly Candidate[], tx: EntityManager): Promise<ImportConflict[]> {
    const users = refused.map(({ user }) => user);
    const clashes = await this.users.findClashes(users, tx, { rehearsal: !this.audit });
    const stored = await this.importedUsers.findSources(
      clashes.map(({ id }) => id),
      tx,
    );
    return refused.map(({ sourceId, user: { id, username, email } }) => {
      const problems = clashes
        .filter(({ newId }) => newId === id)
        .flatMap((clash): ImportProblem[] => {
          const other = this.rehearsed.get(clash.id) ?? stored.get(clash.id);
          return [
            ...(clash.sameUsername ? [nameTaken('username', other)] : []),
            ...(clash.sameEmail ? [nameTaken('email', other)] : []),
            ...(clash.holdsEmail ? [emailHeld] : []),
          ];
        });
      return { source_id: sourceId, username, email, problems };
    });
  }

  /** Records the origin of imported users, and their audit events. */
  private async remember(taken: readonly Candidate[], tx: EntityManager): Promise<void> {
    if (!this.audit) {
      for (const { sourceId, user } of taken) this.rehearsed.set(user.id, sourceId);
      return;
    }
    await this.importedUsers.add(
      taken.map(({ sourceId, user: { id: userId, username } }) => ({ userId, sourceId, username })),
      tx,
    );
    await this.audit.recordAll(
      taken.map(({ sourceId, user: { id: userId, role } }) => ({
        ...{ type: 'user_created', userId, actorId: null, client: null },
        data: { reason: 'import', source_id: sourceId, role },
      })),
      tx,
    );
  }
}

/** Prevents concurrent imports, each of which would report users of the other as conflicts. */
async function beAlone(tx: EntityManager): Promise<void> {
  const [{ isAlone }] = await tx.query<[{ isAlone: boolean }]>(
    `SELECT pg_try_advisory_xact_lock(hashtext('astra import from fastapi')) AS "isAlone"`,
  );
  if (!isAlone) throw new Error('Another import is running. Try again when it has finished.');
}
