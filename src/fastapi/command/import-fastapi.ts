import { type FileHandle, open } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { DataSource } from 'typeorm';
import { type BatchOutcome, FastApiImport } from '../import/fastapi-import.js';
import { FastApiSource } from '../import/fastapi-source.js';
import type { ImportConflict } from '../import/import-conflict.js';
import { AuditService } from '../../audit/audit.service.js';
import { counted } from '../../service/counted.js';
import { openAsOwner } from '../../service/open-database.js';
import { ImportedUsersService } from '../imported-users.service.js';
import { UsersInBulk } from '../../users/bulk/users-in-bulk.js';
import type { Command, CommandContext } from '../../commands/command.js';
import { Progress } from '../../commands/terminal/progress.js';
import type { Terminal } from '../../commands/terminal/terminal.js';
import { withServices } from '../../commands/with-services.js';

/** Imports the users of the FastAPI service. Exit code 1 if some could not be imported. */
export const importFastapi: Command = {
  usage:
    'import-fastapi --from <url> [--dry-run] [--batch <users>] [--emails-verified] [--without-unknown-hashes] [--report <file>]',
  does: 'Imports the users of the FastAPI service. Existing accounts are not changed.',

  async run(args, context) {
    const { from, report: path, dryRun, ...options } = readOptions(args);
    const { terminal, env } = context;
    const source = await FastApiSource.open(from);
    const report = await Report.begin(terminal, path).catch(async (error: unknown) => {
      await source.close();
      throw error;
    });
    try {
      const total = await source.count();
      await withImport(context, dryRun, async (fastApiImport) => {
        const label = dryRun ? 'Checking users' : 'Importing users';
        const progress = new Progress(terminal, { label, total });
        try {
          await fastApiImport.run(source, options, async (outcome) => {
            await report.add(outcome);
            progress.add(outcome.takenOver + outcome.known + outcome.conflicts.length);
          });
        } finally {
          progress.end();
        }
      });
      report.tell(source.where, dryRun);
      if (report.takenOver > 0 && !options.emailsVerified && env.auth.emailVerification === 'required')
        terminal.notice(
          'EMAIL_VERIFICATION is required: users must verify their email addresses before they sign in, unless you add --emails-verified.',
        );
      return report.conflicts > 0 ? 1 : 0;
    } finally {
      await report.end();
      await source.close();
    }
  },
};

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      from: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      batch: { type: 'string', default: '500' },
      'emails-verified': { type: 'boolean', default: false },
      'without-unknown-hashes': { type: 'boolean', default: false },
      report: { type: 'string' },
    },
  });
  const { from, report, batch, 'dry-run': dryRun, 'emails-verified': emailsVerified } = values;
  const { 'without-unknown-hashes': withoutUnknownHashes } = values;
  if (!from) throw new Error('Specify the source: --from postgresql://user@host:5432/database');
  if (!/^[1-9]\d{0,3}$/.test(batch)) throw new Error('--batch must be a whole number from 1 to 9999.');
  return { from, report, dryRun, batchSize: Number(batch), emailsVerified, withoutUnknownHashes };
}

async function withImport(
  context: CommandContext,
  dryRun: boolean,
  work: (fastApiImport: FastApiImport) => Promise<void>,
): Promise<void> {
  if (!dryRun)
    return withServices(context, (app) => {
      const services = [app.get(UsersInBulk), app.get(ImportedUsersService), app.get(AuditService)] as const;
      return work(new FastApiImport(app.get(DataSource), ...services));
    });
  // A rehearsal runs without the application, which would create audit chains, and does not apply migrations.
  const { db, close } = await openAsOwner(context.env, context.terminal.notice);
  try {
    const [{ isMigrated }] = await db.query<[{ isMigrated: boolean }]>(
      `SELECT to_regclass('auth_imported_users') IS NOT NULL AS "isMigrated"`,
    );
    if (!isMigrated) throw new Error('The tables are not up to date. Run "astra migrate" first.');
    await work(new FastApiImport(db, new UsersInBulk(), new ImportedUsersService()));
  } finally {
    await close();
  }
}

/** Result of an import: counts and the first conflicts on the terminal, all conflicts in a file if requested. */
class Report {
  private static readonly SHOWN = 10;
  takenOver = 0;
  private withoutPassword = 0;
  conflicts = 0;
  private known = 0;
  private readonly first: ImportConflict[] = [];

  private constructor(
    private readonly terminal: Terminal,
    private readonly path?: string,
    private readonly file?: FileHandle,
  ) {}

  /**
   * Opens the file of the report, if one is requested.
   *
   * @throws {Error} if the file cannot be written.
   */
  static async begin(terminal: Terminal, path?: string): Promise<Report> {
    // Readable only by its owner, because it contains names and email addresses.
    return new Report(terminal, path, path === undefined ? undefined : await open(path, 'w', 0o600));
  }

  async add({ takenOver, withoutPassword, known, conflicts }: BatchOutcome): Promise<void> {
    this.takenOver += takenOver;
    this.withoutPassword += withoutPassword;
    this.known += known;
    this.conflicts += conflicts.length;
    this.first.push(...conflicts.slice(0, Report.SHOWN - this.first.length));
    await this.file?.write(conflicts.map((conflict) => `${JSON.stringify(conflict)}\n`).join(''));
  }

  tell(where: string, dryRun: boolean): void {
    const { terminal, takenOver, withoutPassword, known, conflicts } = this;
    terminal.print(`${dryRun ? 'Would import' : 'Imported'} ${users(takenOver)} from ${where}.`);
    if (withoutPassword > 0)
      terminal.print(
        `Without a password: ${users(withoutPassword)}. They can set one with "forgot password".`,
      );
    if (known > 0) terminal.print(`Imported before: ${users(known)}.`);
    if (dryRun) terminal.print('Nothing was changed.');
    if (conflicts === 0) return;

    terminal.print(`Cannot import ${users(conflicts)}:`);
    for (const { source_id, username, problems } of this.first)
      for (const { code, message } of problems)
        terminal.print(`  id ${source_id}, ${printable(username)}: ${code}. ${message}`);
    const others = conflicts - this.first.length;
    if (others > 0)
      terminal.print(
        `  and ${number(others)} more${this.path ? '' : '; use --report <file> to write all of them to a file'}`,
      );
    if (this.path) terminal.print(`All of them are listed in ${this.path}.`);
  }

  async end(): Promise<void> {
    await this.file?.close();
  }
}

const number = (count: number) => count.toLocaleString('en');
const users = (count: number) => counted(count, 'user');

/** Quotes a username and removes characters that control the terminal. */
function printable(username: string): string {
  return JSON.stringify(username).replace(/[\p{Cc}\p{Cf}]/gu, '�');
}
