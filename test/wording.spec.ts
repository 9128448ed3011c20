import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import ts from 'typescript';

/**
 * Phrases that read like a translation, each with what to write instead. Only texts that somebody reads are looked at:
 * what the code says, `.env.example`, and the prose of the Markdown pages.
 */
const banned: readonly [phrase: RegExp, instead: string][] = [
  [/\bnot any ?more\b|\bno more\b(?! than)|\bany more\b(?! messages)/i, 'no longer'],
  [/\bgood for (nothing|one|use)\b|\bis good (no|for)\b/i, 'invalid; can be used once'],
  [/\bfor want of\b/i, 'because … is missing'],
  [/\bgets? to know\b|\b(is|are|was|were) told\b/i, 'called with; returns'],
  [/\blet in\b|\bgives? back\b|\bgiven back\b/i, 'signed in; returned'],
  [/\bproven\b/i, 'verified'],
  [/\?\s+(Then|Dann)\b/, 'If …'],
  [/\bWas it (not )?you\b|\bDas waren (nicht )?Sie\?/i, 'If this was (not) you'],
  [/\b(do|tun Sie) (nothing|nichts):/i, 'you can ignore this email'],
  [/\bthis address\b(?! ©)/i, 'this email address; this route; this URL'],
  [/\bin whatever case\b|\bwhatever the case\b/i, 'not case-sensitive'],
  [/\bto be looked at\b|\bMend\b/i, 'warning; fix'],
  [/\badministrators?\b(?! to make| +\|)/i, 'admin'],
  [/\bupper-case\b|\blower-case\b/i, 'uppercase, lowercase'],
  [/\ba mail\b(?! (server|scanner|token)|$)|\bmails\b/i, 'message, email'],
];

/** Words on the wire and in code, which stay. */
const exempt = /^(administrator|.*_administrator.*|first-administrator.*|astra first administrator)$/;

const files = execFileSync('git', ['ls-files', 'src'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));

const pages = execFileSync('git', ['ls-files', '*.md', ':!docs/architecture.md'], { encoding: 'utf8' })
  .split('\n')
  .filter(Boolean);

it.each(banned)('no text of the product says %p, but: %s', (phrase) => {
  const found = [...files.flatMap(textsOf), ...pageOf('.env.example'), ...pages.flatMap(proseOf)].filter(
    ({ text }) => phrase.test(text),
  );
  expect(found).toEqual([]);
});

it('finds the texts that people read', () => {
  expect(files.flatMap(textsOf).length).toBeGreaterThan(700);
  expect(pages.flatMap(proseOf).length).toBeGreaterThan(1000);
  expect(textsOf('src/mail/texts/en.ts')).toContainEqual(
    expect.objectContaining({ text: expect.stringContaining('Forgot password') as string }),
  );
});

interface Text {
  readonly where: string;
  readonly text: string;
}

/** The string and template literals of a file that have several words, other than SQL. */
function textsOf(file: string): Text[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: Text[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      const text = node.getText(source).slice(1, -1);
      const isProse = /\p{L}{2,}\p{P}* \p{L}/u.test(text) && !isSql(text);
      if (isProse && !exempt.test(text)) found.push({ where: `${file}: ${text}`, text });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isSql(text: string): boolean {
  return (
    /\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|GRANT|REVOKE|pg_\w+)\b/.test(text) &&
    !/[a-z]\. [A-Z]/.test(text)
  );
}

function pageOf(file: string): Text[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((text, index) => ({ where: `${file}:${index + 1}: ${text}`, text }));
}

/** The lines of a Markdown page outside of code. */
function proseOf(file: string): Text[] {
  let isCode = false;
  return pageOf(file).flatMap(({ where, text }) => {
    const isFence = text.startsWith('```');
    if (isFence) isCode = !isCode;
    return isCode || isFence ? [] : [{ where, text: text.replace(/`[^`]*`/g, '') }];
  });
}
