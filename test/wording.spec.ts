import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import ts from 'typescript';

/**
 * Phrases that read like a translation, each with what to write instead. Checked in all texts that people read: strings
 * and comments of the code, `.env.example`, and the prose of the Markdown pages.
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
  [/\bwho(m|so)?ever\b/i, 'a noun, such as "a user who …"'],
  [/\bfor ever\b|\bseldom\b|\bof no use\b/i, 'forever, without limit; rarely; useless'],
  [/\b(is|are|was|were) (looked at|asked for)\b/i, 'checked, read; requested'],
  [/\b(it|that) is none\b|\bis no more\b/i, 'invalid; no longer exists'],
  [/\b(it|this|they) alone (writes?|reads?)\b/i, 'Only this service writes …'],
  [/\b(colour|honour|neighbour|behaviour)/i, 'American spelling'],
];

/** Turns that are avoided in comments only, where the term comes first and the verb is plain. */
const bannedInComments: readonly [phrase: RegExp, instead: string][] = [
  [/^(what|who|whom|whose|which|how|where|when|why)\b/i, 'a noun phrase: "Input of …", "Time at which …"'],
  [/^(Tells|Says|Knows|Sees to|Finds out|Gives|Begins|Notes that)\b/, 'Returns, Checks, Starts, Records'],
  [/^(So many|Of (those|them|the|one|a)\b.*:)/, 'Maximum of …'],
  [/\bwhatever\b/i, 'regardless of …; any'],
  [/\bso many\b/i, 'a number; a maximum of'],
  [/\bby whom\b|\bto whom\b|\bwhom\b/i, 'a noun'],
  [/\blets? go of\b|\btakes? back\b|\btaken back\b/i, 'releases, closes; revokes'],
  [/\b(is|are) due to be\b|\bin two hands\b|\bhas a say\b/i, 'a plain verb'],
  [/\bto the letter\b|\bby itself alone\b|\bdearer\b/i, 'exactly; alone; more expensive'],
];

/** Words on the wire and in code, which stay. */
const exempt = /^(administrator|.*_administrator.*|first-administrator.*|astra first administrator)$/;

const files = execFileSync('git', ['ls-files', 'src'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));

const commented = execFileSync(
  'git',
  ['ls-files', 'src', 'migrations', 'bench', 'examples', 'ormconfig.ts'],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => /\.(ts|js|mjs)$/.test(file) && !/\.spec\.ts$|\/test\//.test(file));

const pages = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).split('\n').filter(Boolean);

const texts = files.flatMap(textsOf);
/** The types of the client are generated from texts of OpenAPI, which are read as such. */
const comments = commented.filter((file) => file !== 'src/client/api.ts').flatMap(commentsOf);
const prose = pages.flatMap(proseOf);

it.each(banned)('no text of the product says %p, but: %s', (phrase) => {
  const found = [...texts, ...comments, ...pageOf('.env.example'), ...prose].filter(({ text }) =>
    phrase.test(text),
  );
  expect(found).toEqual([]);
});

it.each(bannedInComments)('no comment says %p, but: %s', (phrase) => {
  expect(comments.filter(({ text }) => phrase.test(text))).toEqual([]);
});

it('finds the texts that people read', () => {
  expect(texts.length).toBeGreaterThan(700);
  expect(comments.length).toBeGreaterThan(2500);
  expect(prose.length).toBeGreaterThan(1000);
  expect(textsOf('src/mail/texts/en.ts')).toContainEqual(
    expect.objectContaining({ text: expect.stringContaining('Forgot password') as string }),
  );
});

it('reads comments of all kinds, as one text each', () => {
  const source = `
    /**
     * A summary over
     * two lines.
     *
     * @param one.option - Of two.
     * @returns a value.
     */
    const text = '// no comment';
    // The why of
    // the next line.
    call(\`/* nor this */\`); // after code
    /* a block */
  `;
  expect(commentsIn(source, 'made-up.ts').map(({ text }) => text)).toEqual([
    'A summary over two lines.',
    'Of two.',
    'a value.',
    'The why of the next line.',
    'after code',
    'a block',
  ]);
});

/** A text that people read, and the place where it is. */
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

function commentsOf(file: string): Text[] {
  return commentsIn(readFileSync(file, 'utf8'), file);
}

/** The comments of a source without their signs, a text for each paragraph and tag, without the name of the tag. */
function commentsIn(source: string, file: string): Text[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const ranges = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node): void => {
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode) return;
    const around = [
      ...(ts.getLeadingCommentRanges(source, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(source, node.getEnd()) ?? []),
    ];
    for (const range of around) ranges.set(range.pos, range);
    node.getChildren(tree).forEach(visit);
  };
  visit(tree);
  const found: { line: number; text: string; end: number }[] = [];
  for (const { pos, end } of [...ranges.values()].sort((a, b) => a.pos - b.pos)) {
    const text = source
      .slice(pos, end)
      .replace(/^\/(\/|\*\*?)|\*\/$/g, '')
      .replace(/^[ \t]*\*(?!\*)/gm, '');
    const last = found.at(-1);
    const isContinued =
      last && source.startsWith('//', pos) && /^\n[ \t]*$/.test(source.slice(last.end, pos));
    if (isContinued) Object.assign(last, { text: `${last.text} ${text}`, end });
    else found.push({ line: tree.getLineAndCharacterOfPosition(pos).line + 1, text, end });
  }
  return found.flatMap(({ line, text }) =>
    text
      .split(/\n\s*\n|\n\s*(?=@)/)
      .map((part) => part.trim().replace(/^@\w+ (\{[^}]*\} )?([\w.]+ - )?/, ''))
      .map((part) => part.replace(/`[^`]*`|\s+/g, ' ').trim())
      .filter(Boolean)
      .map((part) => ({ where: `${file}:${line}: ${part}`, text: part })),
  );
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
