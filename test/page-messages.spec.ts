import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getMetadataStorage } from 'class-validator';
import { problemTypes } from '../src/http/problem/problem-types.js';
import { messages as german } from '../src/pages/texts/messages.de.js';
import { messages as english } from '../src/pages/texts/messages.en.js';

const root = new URL('../', import.meta.url).pathname;
const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const sources = filesIn('src').filter(
  (name) => name.endsWith('.ts') && !/\.spec\.|^src\/(client|docs)\//.test(name),
);

interface Rule {
  field: string;
  constraint: string;
  code: string | undefined;
}

/** Rules of all DTOs, as class-validator has them. Records of files reach no form. */
async function rulesOfAllInput(): Promise<Rule[]> {
  for (const name of sources) if (/(?<!user-record)\.dto\.ts$/.test(name)) await import(join(root, name));
  const { validationMetadatas } = getMetadataStorage() as unknown as {
    validationMetadatas: Map<
      unknown,
      { type: string; propertyName: string; name?: string; context?: { code: string } }[]
    >;
  };
  return [...validationMetadatas.values()]
    .flat()
    .filter(({ type }) => type !== 'conditionalValidation')
    .map(({ propertyName, name = '', context }) => ({
      field: propertyName,
      constraint: name,
      code: context?.code,
    }));
}

/** Names of the fields of all forms, in the applications and in the pages. */
const inForms = new Set(
  [...filesIn('ui'), ...filesIn('src/pages/files')]
    .filter((name) => /\.(tsx|html)$/.test(name))
    .flatMap((name) =>
      [...read(name).matchAll(/\bname(?:=|: |: it\.own\.)["'](\w+)["']/g)].map(([, field]) => field),
    ),
);

it('knows the fields of the forms', () => {
  const some = ['username', 'email', 'new_email', 'password', 'new_password', 'full_name', 'scopes', 'url'];
  for (const name of [...some, 'types', 'totp_code', 'email_code', 'recovery_code', 'expires_in_days'])
    expect(inForms).toContain(name);
});

it('has each error of a field in German, by a text of its own where the code alone says too little', async () => {
  const rules = await rulesOfAllInput();
  expect(rules.length).toBeGreaterThan(150);
  const text = sources.map(read).join('\n');
  const written = [
    ...text.matchAll(/\bcode: '([a-z]+(?:_[a-z]+)*)'|\b(password_(?:too|needs|is)_[a-z]+)'/g),
  ].map(([, a, b]) => a ?? b);
  const [, table] =
    /const codes: Record<string, string> = {([^}]*)}/.exec(read('src/http/input/input.pipe.ts')) ?? [];
  const byConstraint = Object.fromEntries(
    [...table.matchAll(/(\w+): '(\w+)'/g)].map(([, name, code]) => [name, code]),
  );
  const codes = new Set([...written, ...Object.values(byConstraint), 'value_error']);
  expect(codes.size).toBeGreaterThan(30);
  const problems = new Set(Object.keys(problemTypes));
  expect(
    [...codes].filter((code) => !(code in german.fields) && !problems.has(code) && code.includes('_')),
  ).toEqual([]);
  expect(german.fields.missing).toBeDefined();

  const vague = rules
    .map(({ field, code, constraint }) => ({
      field,
      code: code ?? byConstraint[constraint] ?? 'value_error',
    }))
    .filter(({ field, code }) => inForms.has(field) && /^(value_error|enum)$/.test(code))
    .filter(({ field, code }) => !(`${field}.${code}` in german.fields));
  expect(vague).toEqual([]);
});

it('has no German text for what does not exist', async () => {
  const rules = await rulesOfAllInput();
  const fields = new Set(rules.map(({ field }) => field));
  for (const key of Object.keys(german.fields).filter((name) => name.includes('.')))
    expect(fields).toContain(key.split('.')[0]);
});

it('has a German sentence for each problem, and English ones only for some of them', () => {
  const sentence = /^[A-ZÄÖÜ][^\n]*[.?!]$/;
  for (const code of Object.keys(problemTypes))
    expect(german.problems[code as keyof typeof problemTypes]).toMatch(sentence);
  for (const text of Object.values(german.fields)) expect(text).toMatch(sentence);
  for (const [code, text] of Object.entries(english.problems)) {
    expect(german.problems).toHaveProperty([code]);
    expect(german.problems[code as keyof typeof problemTypes]).not.toBe(text);
  }
});
