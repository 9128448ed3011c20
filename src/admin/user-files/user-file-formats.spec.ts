import { Readable } from 'node:stream';
import { Role } from '../../settings/role.js';
import type { UserRecord } from '../../users/bulk/users-in-bulk.js';
import { readLines } from './lines.js';
import type { FileRecord } from './user-file-format.js';
import { userFileFormats } from './supported-formats.js';

const { csv, jsonl } = userFileFormats;
const fields = ['id', 'username', 'email', 'full_name', 'role', 'is_active'] as const;
// The fields that are written here; an account may have others.
const ada = {
  id: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11',
  username: 'ada',
  email: 'ada@example.com',
  email_verified_at: null,
  full_name: 'Ada Lovelace',
  role: Role.User,
  is_active: true,
  created_at: '2026-11-22T10:00:00.000000Z',
  updated_at: '2026-11-22T10:00:00.000000Z',
  password_hash: null,
} as UserRecord;

async function read(format: typeof csv, ...chunks: (string | Buffer)[]): Promise<FileRecord[]> {
  const input = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  const records: FileRecord[] = [];
  for await (const record of format.read(readLines(input))) records.push(record);
  return records;
}

const header = 'username,email,full_name\n';

describe.each(Object.entries(userFileFormats))('a file in %s', (_, format) => {
  it.each([
    ['a quote, a comma and a backslash', 'Ada "the Countess", of \\ Lovelace'],
    ['a formula', '=HYPERLINK("http://evil.example")'],
    ['a formula with an apostrophe before it', `''=1+1`],
    ['a formula in wide letters', '＝1+1'],
    ['an apostrophe that is its own', `'t Hooft`],
    ['what looks like no value', 'null'],
    ['line ends that only JavaScript knows', 'a\u2028b'],
    ['other scripts', 'Ἀδα 🧮'],
    ['no value', null],
  ])('gives back %s', async (_, full_name) => {
    const text = format.header(fields) + format.write({ ...ada, full_name }, fields);
    const [{ fields: found }] = await read(format, text);
    expect(found).toEqual({
      id: ada.id,
      username: 'ada',
      email: 'ada@example.com',
      full_name,
      role: 'user',
      is_active: true,
    });
  });

  it('is the same cut anywhere, after a byte order mark, with line ends of Windows, empty lines and no end', async () => {
    const lines = [format.header(fields), format.write(ada, fields), format.write(ada, fields)];
    const whole = Buffer.from(`\uFEFF${lines.join('\n').replace(/\r?\n/g, '\r\n').trimEnd()}`);
    const records = await read(format, whole);
    expect(records).toHaveLength(2);
    for (let i = 1; i < whole.length; i += 7)
      expect(await read(format, whole.subarray(0, i), whole.subarray(i))).toEqual(records);
  });

  it('names the line that is not UTF-8, and goes on', async () => {
    const record = format.write(ada, fields);
    const latin1 = Buffer.from(record.replace('Ada', '\u00c4da'), 'latin1');
    const [bad, good] = await read(format, format.header(fields), latin1, record);
    const line = format === csv ? 2 : 1;
    expect(bad).toEqual({ line, fault: 'This line is not valid UTF-8.' });
    expect(good).toMatchObject({ line: line + 1, fields: { username: 'ada' } });
  });

  it('names the line that is too long, keeps none of it, and goes on', async () => {
    const record = format.write(ada, fields);
    const long = Array.from({ length: 100 }, () => 'x'.repeat(10_000));
    const [bad, good] = await read(format, format.header(fields), ...long, '\n', record);
    expect(bad.fault).toBe('This is longer than 65536 bytes.');
    expect(good).toMatchObject({ fields: { username: 'ada' } });
  });
});

describe('a file in csv', () => {
  it('disarms what a spreadsheet would take for a formula', () => {
    for (const full_name of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '＝1', `'=1`])
      expect(csv.write({ ...ada, full_name }, ['full_name'])).toBe(`"'${full_name}"\r\n`);
    expect(csv.write({ ...ada, email: '=1+1@example.com', username: '-a' }, ['email', 'username'])).toBe(
      `"'=1+1@example.com","'-a"\r\n`,
    );
  });

  it('takes cells with and without quotes, empty ones for no value, and words as spreadsheets write them', async () => {
    const text = `is_active,username,email,full_name\nTRUE,"ada",ada@example.com,"say ""hi"""\nfalse,true,,""\nyes,'t,,\n`;
    expect(await read(csv, text)).toEqual([
      {
        line: 2,
        fields: { is_active: true, username: 'ada', email: 'ada@example.com', full_name: 'say "hi"' },
      },
      { line: 3, fields: { is_active: false, username: 'true', email: null, full_name: null } },
      { line: 4, fields: { is_active: 'yes', username: "'t", email: null, full_name: null } },
    ]);
  });

  it.each([
    ['semicolons, as Excel writes them in much of Europe', ';'],
    ['tabs', '\t'],
  ])('may have %s between its cells', async (_, sign) => {
    const lines = [
      '\uFEFFusername,email,full_name',
      'ada,ada@example.com,"Lovelace; Ada"',
      '"bob","b@example.com",',
    ];
    const text = lines.map((line) => `${line.replaceAll(',', sign)}\r\n`).join('');
    expect(await read(csv, text)).toEqual([
      { line: 2, fields: { username: 'ada', email: 'ada@example.com', full_name: 'Lovelace; Ada' } },
      { line: 3, fields: { username: 'bob', email: 'b@example.com', full_name: null } },
    ]);
    expect(await read(csv, `username${sign}email\nada,x${sign}ada@example.com\n`)).toEqual([
      { line: 2, fields: { username: 'ada,x', email: 'ada@example.com' } },
    ]);
  });

  it('loses one line to a quote too many, and not those after it', async () => {
    const text = 'a,b,"open\nc,d,"in"side"\ne,f,g"h\ni,j,k\n';
    const quotes = expect.stringMatching(/^The quotes do not match/);
    expect(await read(csv, header, text)).toEqual([
      { line: 2, fault: quotes },
      { line: 3, fault: quotes },
      { line: 4, fault: quotes },
      { line: 5, fields: { username: 'i', email: 'j', full_name: 'k' } },
    ]);
    expect(await read(csv, header, 'a,b\n')).toEqual([{ line: 2, fault: 'This has 2 fields instead of 3.' }]);
  });

  it.each([
    ['username|email\n', /^line 1: Unknown column "username\|email"\. The first line must list columns/],
    ['username;email,full_name\n', /^line 1: Unknown column "username;email"/],
    ['username,email,shoe_size\n', /^line 1: Unknown column "shoe_size"/],
    ['username,full_name\n', /^line 1: The column email is missing\.$/],
    ['username,email,email\n', /^line 1: A column name occurs twice\.$/],
    ['username,"email\n', /^line 1: The quotes do not match/],
  ])('is not begun with the header %j', async (text, message) => {
    await expect(read(csv, text)).rejects.toThrow(message);
  });
});

describe('a file in jsonl', () => {
  it('names the line that is no JSON, without a word of what stands there', async () => {
    expect(await read(jsonl, '{"password_hash": "$canary\n{}\n')).toEqual([
      { line: 1, fault: 'This line is not a JSON object.' },
      { line: 2, fields: {} },
    ]);
  });
});
