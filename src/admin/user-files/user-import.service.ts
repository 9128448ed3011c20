import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import { PasswordLinksService } from '../../auth/password-reset/password-links.service.js';
import { InputPipe } from '../../http/input/input.pipe.js';
import { InvalidInputError } from '../../http/problem/problem.js';
import { type Clash, type UserRecord, UsersInBulk } from '../../users/bulk/users-in-bulk.js';
import type { FileRecord } from './user-file-format.js';
import { fromKeycloak } from './keycloak-credential.js';
import { isPasswordHash, UserRecordDto } from './user-record.dto.js';

/** Options of an import. */
export interface ImportOptions {
  /** Validates and rehearses everything, but adds nothing. Default `false`. */
  dryRun?: boolean;
  /** Sends users without a password a link to set one. Default `false`. */
  sendMail?: boolean;
  /** Imports users with an unsupported hash as users without a password. Default `false`: their lines are rejected. */
  withoutUnknownHashes?: boolean;
  /** Called once for each problem of a line. */
  onRefusal(line: number, problem: string): void;
}

/** Number of lines by outcome. */
export interface ImportReport {
  added: number;
  /** Those of the added users who have to set a password before they can sign in. */
  withoutPassword: number;
  /** Lines whose account already existed; it is not changed. */
  alreadyThere: number;
  refused: number;
}

/** Line whose account may be added. */
interface Candidate {
  line: number;
  record: UserRecord;
  /** Whether the file states the id. */
  hasId: boolean;
}

/** Rejected line. */
interface Refusal {
  line: number;
  problems: string[];
}

/** Result of a batch inside its transaction. */
interface Outcome {
  added: UserRecord[];
  refusals: Refusal[];
}

type InTransaction = (work: (tx: EntityManager) => Promise<Outcome>) => Promise<Outcome>;

const EMAIL_HELD =
  'Another account stopped using this email address less than 7 days ago, and that change can still be undone. Import this line again later.';

/** Maximum of lines per transaction. */
const BATCH = 100;

/** Lines that one transaction handles. */
class Batch {
  /** Candidates by id. */
  readonly candidates = new Map<string, Candidate>();
  readonly refusals: Refusal[] = [];

  /** Returns whether the batch must be written before the next line is added. */
  isFullFor(next: Candidate | Refusal): boolean {
    // The second of two lines with one id must find the account of the first.
    const isTwice = 'record' in next && this.candidates.has(next.record.id);
    return isTwice || this.candidates.size + this.refusals.length === BATCH;
  }

  add(line: Candidate | Refusal): void {
    if ('record' in line) this.candidates.set(line.record.id, line);
    else this.refusals.push(line);
  }
}

const fieldsOf = new InputPipe(UserRecordDto);

/**
 * Imports accounts from other systems. They must follow the same rules as all accounts; existing accounts are never
 * changed.
 */
@Injectable()
export class UserImportService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersInBulk,
    private readonly passwordLinks: PasswordLinksService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Adds accounts in constant memory and in transactions of 100 lines. After an abort, added accounts remain; repeating
   * the import skips them and continues.
   *
   * @returns the number of lines by outcome. Rejections are also reported to `onRefusal`.
   * @throws {Error} if the file as a whole cannot be read.
   */
  async import(records: AsyncIterable<FileRecord>, options: ImportOptions): Promise<ImportReport> {
    if (!options.dryRun) return this.importAll(records, options, (work) => this.db.transaction(work));
    return this.db.transaction(async (tx) => {
      // The writer of standard input may pause.
      await tx.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      await this.users.beginRehearsal(tx);
      return this.importAll(records, options, (work) => work(tx));
    });
  }

  /**
   * Reads all lines, and writes them in batches. Refusals are reported in the order of lines, after the transaction of
   * their batch.
   */
  private async importAll(
    records: AsyncIterable<FileRecord>,
    options: ImportOptions,
    inTransaction: InTransaction,
  ): Promise<ImportReport> {
    const report: ImportReport = { added: 0, withoutPassword: 0, alreadyThere: 0, refused: 0 };
    const now = new Date().toISOString();
    let batch = new Batch();
    const finish = async () => {
      const { candidates, refusals } = batch;
      batch = new Batch();
      const outcome = await inTransaction((tx) => this.add([...candidates.values()], options, tx));
      refusals.push(...outcome.refusals);
      report.added += outcome.added.length;
      report.withoutPassword += outcome.added.filter((user) => user.password_hash === null).length;
      report.alreadyThere += candidates.size - outcome.added.length - outcome.refusals.length;
      report.refused += refusals.length;
      for (const { line, problems } of refusals.sort((a, b) => a.line - b.line))
        for (const problem of problems) options.onRefusal(line, problem);
    };

    for await (const record of records) {
      const checked = await check(record, now, options);
      if (batch.isFullFor(checked)) await finish();
      batch.add(checked);
    }
    await finish();
    return report;
  }

  /** Adds all accounts that do not clash. Candidates that are neither added nor rejected already existed. */
  private async add(
    candidates: Candidate[],
    { dryRun: rehearsal, sendMail }: ImportOptions,
    tx: EntityManager,
  ): Promise<Outcome> {
    if (candidates.length === 0) return { added: [], refusals: [] };
    const ids = await this.users.add(recordsOf(candidates), tx, { rehearsal });
    const added = recordsOf(candidates.filter(({ record }) => ids.has(record.id)));
    const others = candidates.filter(({ record }) => !ids.has(record.id));
    const clashes =
      others.length > 0 ? await this.users.findClashes(recordsOf(others), tx, { rehearsal }) : [];
    const refusals = others
      .map((candidate) => ({ line: candidate.line, problems: problemsOf(candidate, clashes) }))
      .filter(({ problems }) => problems.length > 0);
    if (rehearsal || added.length === 0) return { added, refusals };

    if (sendMail) await this.invite(added, tx);
    await this.audit.recordAll(
      added.map(({ id: userId, role }) => ({
        ...{ type: 'user_created', userId, actorId: null, client: null },
        data: { reason: 'import', role },
      })),
      tx,
    );
    return { added, refusals };
  }

  /** Sends password links to active users without a password. */
  private async invite(users: UserRecord[], tx: EntityManager): Promise<void> {
    for (const { id, username, email, ...user } of users) {
      const account = { id, username, email, emailVerifiedAt: null };
      if (user.password_hash === null && user.is_active) await this.passwordLinks.send(account, tx);
    }
  }
}

function recordsOf(candidates: Candidate[]): UserRecord[] {
  return candidates.map(({ record }) => record);
}

/** Validates a line with the DTO of import files. */
async function check(
  { line, fields, fault }: FileRecord,
  now: string,
  { withoutUnknownHashes = false }: ImportOptions,
): Promise<Candidate | Refusal> {
  if (fault !== undefined) return { line, problems: [fault] };
  try {
    const dto = (await fieldsOf.transform(withoutNulls(fields, withoutUnknownHashes), {
      type: 'body',
    })) as UserRecordDto;
    return { line, record: dto.toRecord(now), hasId: dto.id !== undefined };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { line, problems: (error.errors ?? []).map(({ loc, msg }) => [...loc.slice(1), msg].join(': ')) };
  }
}

/** Removes `null` values, which mean the same as absent ones. */
function withoutNulls(fields: unknown, withoutUnknownHashes: boolean): unknown {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return fields;
  const isLeftOut = (name: string, value: unknown) =>
    value === null ||
    (withoutUnknownHashes && name === 'password_hash' && !isPasswordHash(fromKeycloak(value)));
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => !isLeftOut(name, value)));
}

/** Returns the reasons why an account could not be added; empty if it already exists. */
function problemsOf({ record, hasId }: Candidate, clashes: Clash[]): string[] {
  const own = clashes.filter(({ newId }) => newId === record.id);
  const isThere = ({ id, isDeleted, sameUsername, sameEmail }: Clash) =>
    !isDeleted && sameUsername && sameEmail && (!hasId || id === record.id);
  if (own.some(isThere)) return [];

  const sameId = own.find(({ id }) => id === record.id);
  if (sameId?.isDeleted) return ['id: A deleted account has this id. Restore that account, or omit the id.'];
  const problems = [
    ...(sameId ? ['id: Another account already uses this id.'] : []),
    ...(own.some((clash) => clash.sameUsername)
      ? ['username: Another account already uses this username.']
      : []),
    ...(own.some((clash) => clash.sameEmail)
      ? ['email: Another account already uses this email address.']
      : []),
    ...(own.some((clash) => clash.holdsEmail) ? [`email: ${EMAIL_HELD}`] : []),
  ];
  return problems.length > 0
    ? problems
    : ['Another account briefly had this username or email address. Import this line again.'];
}
