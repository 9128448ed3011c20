import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { EntityManager } from 'typeorm';
import { type FileField, fileFields, type NullsLeftOut } from '../fields/account-fields.js';
import type { User } from '../user.entity.js';

/** An account as it is copied in; nothing of it is left to the database. */
export type CopiedUser = NullsLeftOut<
  Pick<User, FileField> & { deletedAt: Date | null; passwordHash: string | null }
>;

const COLUMNS: readonly { column: string; field: keyof CopiedUser }[] = [
  ...fileFields,
  { column: 'deleted_at', field: 'deletedAt' },
  { column: 'hashed_password', field: 'passwordHash' },
];

/** Lines that are handed to the connection at once. */
const BATCH = 1_000;

/**
 * Adds accounts by the thousand, each as it is given: nobody is told, and nothing is audited.
 *
 * @param onCopied - Is told now and then how many more were sent.
 * @throws {DatabaseError} if one of them breaks a rule of the table; then none is added.
 */
export async function copyUsers(
  users: Iterable<CopiedUser>,
  tx: EntityManager,
  onCopied: (count: number) => void,
): Promise<void> {
  const client = (await tx.queryRunner?.connect()) as pg.PoolClient;
  const columns = COLUMNS.map(({ column }) => column).join(', ');
  const copy = client.query(copyFrom(`COPY auth_users (${columns}) FROM STDIN`));
  await pipeline(Readable.from(inBatches(users, onCopied)), copy);
}

function* inBatches(users: Iterable<CopiedUser>, onCopied: (count: number) => void): Generator<string> {
  let lines: string[] = [];
  for (const user of users) {
    lines.push(COLUMNS.map(({ field }) => toField(user[field])).join('\t'));
    if (lines.length < BATCH) continue;
    yield `${lines.join('\n')}\n`;
    onCopied(lines.length);
    lines = [];
  }
  if (lines.length === 0) return;
  yield `${lines.join('\n')}\n`;
  onCopied(lines.length);
}

/** As COPY's text format has it. */
function toField(value: CopiedUser[keyof CopiedUser]): string {
  if (value === null || value === undefined) return '\\N';
  if (value instanceof Date) return value.toISOString();
  return String(value).replace(/[\\\t\n\r]/g, (sign) => `\\${sign}`);
}
