import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { EntityManager } from 'typeorm';
import { type FileField, fileFields, type NullsLeftOut } from '../fields/account-fields.js';
import type { User } from '../user.entity.js';

/** Account to be copied; the database adds nothing but derived columns. */
export type CopiedUser = NullsLeftOut<
  Pick<User, FileField> & { deletedAt: Date | null; passwordHash: string | null }
>;

const COLUMNS: readonly { column: string; field: keyof CopiedUser }[] = [
  ...fileFields,
  { column: 'deleted_at', field: 'deletedAt' },
  { column: 'hashed_password', field: 'passwordHash' },
];

/** Lines per write to the connection. */
const BATCH = 1_000;

/**
 * Adds many accounts with COPY, exactly as given: no events, no messages, no audit trail.
 *
 * @param onCopied - Called after each batch with the number of accounts sent.
 * @throws {DatabaseError} if an account violates a constraint; then none is added.
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

/** Yields lines of COPY's text format in batches, and reports each batch after it was consumed. */
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

/** Serializes a value for COPY's text format. */
function toField(value: CopiedUser[keyof CopiedUser]): string {
  if (value === null || value === undefined) return '\\N';
  if (value instanceof Date) return value.toISOString();
  return String(value).replace(/[\\\t\n\r]/g, (sign) => `\\${sign}`);
}
