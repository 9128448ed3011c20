import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { verifyAudit } from '../audit/chains/verify-audit.js';
import { counted } from '../service/counted.js';
import { developmentSecret } from '../service/development-secret.js';
import { openDatabase } from '../service/open-database.js';
import type { Command } from './command.js';

/** Verifies the audit trail while the service runs. Exit code 1 if it was tampered with. */
export const auditVerify: Command = {
  usage: 'audit verify [--anchor <file>]',
  does: 'Detects audit events that were changed, deleted or inserted. With an anchor, also detects that an older copy was restored.',

  async run(args, { env, terminal }) {
    const { values } = parseArgs({ args, options: { anchor: { type: 'string' } } });
    const anchor = values.anchor === undefined ? undefined : await readIfThere(values.anchor);
    const secretKey = env.auth.secretKey ?? (await developmentSecret(env.dataDir, terminal.notice));
    const { previousSecretKeys } = env.auth;

    const database = await openDatabase(env, terminal.notice);
    try {
      let told = 0;
      const onProgress = (done: number, of: number) => {
        const percent = Math.floor((done / of) * 10) * 10;
        if (percent > told) terminal.notice(`${percent} % of ${counted(of, 'event')}`);
        told = Math.max(told, percent);
      };
      const keys = { secretKey, previousSecretKeys };
      const report = await verifyAudit(database.db, keys, { anchor, onProgress });
      for (const { kind, message } of report.faults) terminal.print(`${kind}: ${message}`);
      const read = `Read ${counted(report.events, 'event')} in ${counted(report.chains, 'chain')}`;
      if (report.faults.length > 0) {
        terminal.print(`${read}: the audit trail has been tampered with.`);
        return 1;
      }
      if (values.anchor !== undefined) await writeFile(values.anchor, `${report.anchor}\n`);
      terminal.print(`${read}: the audit trail is intact.`);
      return 0;
    } finally {
      await database.close();
    }
  },
};

/** Reads the anchor; `undefined` before the first verification, which creates the file. */
async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
