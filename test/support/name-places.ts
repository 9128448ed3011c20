import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalEmail, canonicalUsername } from '../../src/names/canonical.js';
import { Problem } from '../../src/http/problem/problem.js';
import type { TestDatabase } from './test-database.js';

/** Ways to write `kis` and `kis@bücher.example` that somebody, or something, may take for the same. */
export const usernames = [
  'KIS',
  'k\u0130s',
  'k\u0131s',
  '\u212ais',
  'ki\u017f',
  'kiß',
  'kiẞ',
  'ki\u0307s',
  'ｋis',
  ' kis\t',
];
export const addresses = [
  ...usernames.map((username) => `${username}@bücher.example`),
  ...[
    'BÜCHER.example',
    'xn--bcher-kva.example',
    'bu\u0308cher.example',
    'bü\u00adcher.example',
    'büｃher.example',
  ].map((domain) => `kis@${domain}`),
];

/** What is refused is refused as a problem, not by the database. */
export const refusable = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== undefined) expect(error).toBeInstanceOf(Problem);
};

/** The classes and commands of a folder, but for those below another one in it, that take a name or an address. */
export function placesIn(folder: string, except?: string): string[] {
  const found = new Set<string>();
  const derived: [className: string, base: string][] = [];
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || (except && name.startsWith(except))) continue;
    const text = readFileSync(join(folder, name), 'utf8');
    let owner = '';
    for (const [, className, isField] of text.matchAll(
      /\bclass (\w+)|^ +(@Is(?:Username|EmailAddress))\(/gm,
    )) {
      if (className) owner = className;
      if (isField) found.add(owner);
    }
    // A class that inherits such fields.
    for (const [, className, base] of text.matchAll(/\bclass (\w+) extends OmitType\((\w+)/g))
      derived.push([className, base]);
    // A class that is decorated by the rules of the table of account fields.
    for (const [, className] of text.matchAll(/\bdecorate\((\w+)\.prototype/g)) found.add(className);
    const [, usage] = name.startsWith('commands/') ? (/usage: '([^']+)'/.exec(text) ?? []) : [];
    if (usage && /<username|<address>|--username|--email/.test(usage)) found.add(usage.split(/ [[<]/)[0]);
  }
  for (const [className, base] of derived) if (found.has(base)) found.add(className);
  return [...found];
}

/** Nobody has the name or mailbox of `kis` but that account, and all are stored in one form. */
export async function expectNoNameTaken(database: TestDatabase): Promise<void> {
  const rows = await database.query<
    Record<'kind' | 'username' | 'username_key', string> & Record<'email' | 'email_key', string | null>
  >(`SELECT kind, username, email, username_key, email_key FROM auth_users WHERE deleted_at IS NULL`);
  for (const row of rows) {
    expect(row.username_key).toBe(canonicalUsername(row.username));
    expect(row.username).toMatch(/^[\w.-]+$/);
    expect(row.email === null).toBe(row.kind === 'service');
    expect(row.email_key).toBe(row.email && canonicalEmail(row.email));
    if (row.email) expect(row.email.split('@')[1]).toMatch(/^[a-zA-Z0-9.-]+$/);
  }
  expect(rows.filter(({ username_key: key }) => key === 'kis')).toHaveLength(1);
  expect(rows.filter(({ email_key: key }) => key === 'kis@xn--bcher-kva.example')).toHaveLength(1);
}
