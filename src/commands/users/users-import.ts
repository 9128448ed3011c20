import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { type Line, readLines } from '../../admin/user-files/lines.js';
import { type ImportReport, UserImportService } from '../../admin/user-files/user-import.service.js';
import { errorText } from '../../http/problem/error-text.js';
import { isDatabaseAway } from '../../http/problem/database-errors.js';
import type { Command } from '../command.js';
import { Progress } from '../terminal/progress.js';
import type { Terminal } from '../terminal/terminal.js';
import { chooseFormat } from './user-file-option.js';
import { withServices } from '../with-services.js';

const LINE_FEED = 0x0a;

/** Imports the accounts of a file. Exit code 1 if a line was rejected. */
export const usersImport: Command = {
  usage:
    'users import <file|-> [--format jsonl|csv] [--dry-run] [--errors <file>] [--send-mail] [--without-unknown-hashes]',
  does: 'Adds the accounts of a file. Existing accounts are not changed.',

  async run(args, context) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        format: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        errors: { type: 'string' },
        'send-mail': { type: 'boolean', default: false },
        'without-unknown-hashes': { type: 'boolean', default: false },
      },
    });
    if (positionals.length !== 1) throw new Error('Specify one file to import, or - for standard input.');
    const file = positionals[0] === '-' ? undefined : positionals[0];
    const {
      'dry-run': dryRun,
      'send-mail': sendMail,
      'without-unknown-hashes': withoutUnknownHashes,
    } = values;
    const format = chooseFormat(values.format, file);
    const { terminal } = context;

    const label = dryRun ? 'Checking users' : 'Importing users';
    const total = file === undefined ? undefined : await countLines(file);
    const problems = await Problems.begin(terminal, values.errors);
    try {
      const report = await withServices(context, async (app) => {
        const progress = new Progress(terminal, { label, total });
        try {
          const input = file === undefined ? process.stdin : createReadStream(file);
          const records = format.read(counted(readLines(input), progress));
          const options = { dryRun, sendMail, withoutUnknownHashes, onRefusal: problems.add };
          return await app.get(UserImportService).import(records, options);
        } catch (error) {
          if (!isDatabaseAway(error)) throw error;
          const reason = `The connection to the database was lost: ${errorText(error)}.`;
          throw new Error(`${reason} Accounts added so far are kept. Import the same file again.`, {
            cause: error,
          });
        } finally {
          progress.end();
        }
      });
      problems.tellOthers();
      for (const line of summary(report, { dryRun, sendMail })) terminal.print(line);
      return report.refused > 0 ? 1 : 0;
    } finally {
      await problems.end();
    }
  },
};

/** Reports rejected lines: the first ones on the terminal, all of them in a file if requested. */
class Problems {
  private static readonly SHOWN = 20;
  private count = 0;

  private constructor(
    private readonly terminal: Terminal,
    private readonly path?: string,
    private readonly file?: NodeJS.WritableStream,
  ) {}

  static async begin(terminal: Terminal, path?: string): Promise<Problems> {
    if (path === undefined) return new Problems(terminal);
    return new Problems(terminal, path, (await open(path, 'w')).createWriteStream());
  }

  readonly add = (line: number, problem: string): void => {
    const text = `line ${line}: ${problem}`;
    this.file?.write(`${text}\n`);
    this.count += 1;
    if (this.count <= Problems.SHOWN) this.terminal.notice(text);
  };

  /** Prints the number of problems that were not shown. */
  tellOthers(): void {
    const others = this.count - Problems.SHOWN;
    if (others > 0)
      this.terminal.notice(
        `and ${others} more: ${this.path ?? 'use --errors <file> to write all of them to a file'}`,
      );
  }

  async end(): Promise<void> {
    if (!this.file) return;
    this.file.end();
    await finished(this.file);
  }
}

/** Returns the lines of the final report. */
function summary(
  { added, withoutPassword, alreadyThere, refused }: ImportReport,
  { dryRun, sendMail }: { dryRun: boolean; sendMail: boolean },
): string[] {
  return [
    `${number(added)} ${dryRun ? 'would be added' : 'added'}, ${number(alreadyThere)} already present, ${number(refused)} refused.`,
    ...(withoutPassword > 0
      ? [
          `Without a password: ${number(withoutPassword)}. ${sendMail ? 'Active users receive an email to set one.' : 'They can set one with "forgot password".'}`,
        ]
      : []),
    ...(dryRun ? ['Nothing was changed.'] : []),
  ];
}

const number = (count: number) => count.toLocaleString('en');

async function* counted(lines: AsyncIterable<Line>, progress: Progress): AsyncGenerator<Line> {
  for await (const line of lines) {
    yield line;
    progress.add();
  }
}

/** Counts the lines of a file for the progress display. */
async function countLines(file: string): Promise<number> {
  let count = 0;
  let last = LINE_FEED;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) count += 1;
    last = chunk[chunk.length - 1];
  }
  return last === LINE_FEED ? count : count + 1;
}
