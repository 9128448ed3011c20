import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { type Snapshot, UserExportService } from '../../admin/user-files/user-export.service.js';
import type { UserFileFormat } from '../../admin/user-files/user-file-format.js';
import { counted } from '../../service/counted.js';
import type { Command } from '../command.js';
import { Progress } from '../terminal/progress.js';
import { chooseFormat } from './user-file-option.js';
import { withServices } from '../with-services.js';

/** Exports all accounts to a file, completely or not at all. */
export const usersExport: Command = {
  usage: 'users export [--file <file>] [--format jsonl|csv] [--with-password-hashes]',
  does: 'Exports a snapshot of all accounts. Password hashes are included only on request.',

  async run(args, context) {
    const { values } = parseArgs({
      args,
      options: {
        file: { type: 'string' },
        format: { type: 'string' },
        'with-password-hashes': { type: 'boolean', default: false },
      },
    });
    const { file, 'with-password-hashes': withHashes } = values;
    const format = chooseFormat(values.format, file);
    const { terminal } = context;

    const count = await withServices(context, (app) =>
      app.get(UserExportService).export(withHashes, async (snapshot) => {
        // On a terminal, the printed accounts themselves show the progress.
        const progress =
          file === undefined && process.stdout.isTTY
            ? undefined
            : new Progress(terminal, { label: 'Exporting users', total: snapshot.total });
        let done = 0;
        const count = (records: number) => {
          done += records;
          progress?.add(records);
        };
        const text = () => Readable.from(textOf(snapshot, format, count));
        if (file === undefined) await pipeline(text(), process.stdout, { end: false });
        else await writeWhole(file, (out, signal) => pipeline(text(), out, { signal }));
        progress?.end();
        return done;
      }),
    );
    const [accounts, place] = [counted(count, 'account'), file ?? 'standard output'];
    terminal.notice(
      withHashes
        ? `Wrote ${accounts} with their password hashes to ${place}. Password hashes can be attacked offline. Protect the export like the database, and delete it after use.`
        : `Wrote ${accounts} to ${place}, without password hashes. The export contains personal data.`,
    );
  },
};

/** Yields the text of the file, batch by batch. */
async function* textOf(
  { fields, records }: Snapshot,
  format: UserFileFormat,
  count: (records: number) => void,
): AsyncGenerator<string> {
  const header = format.header(fields);
  if (header) yield header;
  for await (const some of records) {
    yield some.map((record) => format.write(record, fields)).join('');
    count(some.length);
  }
}

/**
 * Writes to a temporary name until the file is complete, readable only by its owner. An interruption leaves no file
 * behind.
 */
async function writeWhole(
  file: string,
  write: (out: Writable, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await write(createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true }), stopping.signal);
    await rename(draft, file);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await rm(draft, { force: true });
  }
}
