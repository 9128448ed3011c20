import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** Every line that a sample of the docs shows of a command must be one that the source can print. */
const pages = execFileSync('git', ['ls-files', 'README.md', 'docs/*.md'], { encoding: 'utf8' })
  .trim()
  .split('\n');
const sources = execFileSync('git', ['ls-files', 'src/*.ts'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));

const printable = sources.flatMap(templatesOf);
const samples = pages.flatMap(samplesOf);

it('finds samples and texts', () => {
  expect(samples.length).toBeGreaterThan(30);
  expect(printable.length).toBeGreaterThan(500);
});

it.each(samples)('$page shows what is printed: $line', ({ line }) => {
  const text = bare(line);
  expect(printable.some((template) => template.test(text)) ? text : undefined).toBe(text);
});

/** What a line says without its mark, the name of a check, a bar or the place in a file. */
function bare(line: string): string {
  return line
    .replace(/^[✓!✗] .{14}/, '')
    .replace(/^ +→ /, '')
    .replace(/ {2}█.*$/, '')
    .replace(/^line \d+: (email: )?/, '')
    .replace(/^ {2}id \d+, "[^"]*": [\w-]+\. /, '')
    .trim();
}

interface Sample {
  readonly page: string;
  readonly line: string;
}

/** The lines that a page shows after a command of Astra, up to the next command. */
function samplesOf(page: string): Sample[] {
  const blocks = readFileSync(page, 'utf8').matchAll(/^```console\n(.*?)^```/gms);
  return [...blocks].flatMap(([, block]) => {
    let isOurs = false;
    return block.split('\n').flatMap((line) => {
      if (line.startsWith('$ ')) isOurs = /npm run astra -- \w/.test(line);
      // A version, a number or a word alone says nothing.
      const isText = (bare(line).match(/[a-z]/gi) ?? []).length > 8;
      return isOurs && isText && !line.startsWith('$ ') ? [{ page, line }] : [];
    });
  });
}

/** The literals of a file, as patterns of what comes of them. Of those with hardly a letter nothing could be told. */
function templatesOf(file: string): RegExp[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: RegExp[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      const pattern = patternOf(node);
      if ((pattern.match(/[a-z]/gi) ?? []).length > 4) found.push(new RegExp(`^${pattern.trim()}$`, 'u'));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/** A literal as a pattern: `${a ? 'b' : 'c'}` is either of them, any other expression is something. */
function patternOf(node: ts.Expression): string {
  if (ts.isParenthesizedExpression(node)) return patternOf(node.expression);
  if (ts.isStringLiteralLike(node)) return escaped(node.text);
  if (ts.isConditionalExpression(node)) return `(?:${patternOf(node.whenTrue)}|${patternOf(node.whenFalse)})`;
  if (!ts.isTemplateExpression(node)) return '(.+)';
  const rest = node.templateSpans.map(
    ({ expression, literal }) => patternOf(expression) + escaped(literal.text),
  );
  return escaped(node.head.text) + rest.join('');
}
