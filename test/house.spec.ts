import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

interface Source {
  file: string;
  text: string;
}

const MAX_FILES = 12;
const MAX_LINES = 250;
const MAX_DEPENDENCIES = 6;
/** Of the lines that are neither empty nor imports. */
const MIN_COMMENTS = 0.2;

const house: Source[] = readdirSync('src', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name))
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }));

const isCode = ({ file }: Source) => file.endsWith('.ts') && !file.endsWith('.spec.ts');
const parse = ({ file, text }: Source) => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

function classesOf(source: Source): ts.ClassDeclaration[] {
  const found: ts.ClassDeclaration[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isClassDeclaration(node)) found.push(node);
    ts.forEachChild(node, look);
  };
  look(parse(source));
  return found;
}

/** Folders with more files, beside folders, than somebody takes in at a glance. */
function crowdedFolders(sources: Source[]): string[] {
  const folders = Map.groupBy(sources, ({ file }) => dirname(file));
  return [...folders].filter(([, files]) => files.length > MAX_FILES).map(([folder]) => folder);
}

function longFiles(sources: Source[]): string[] {
  return sources.filter(({ text }) => text.trimEnd().split('\n').length > MAX_LINES).map(({ file }) => file);
}

/** Classes that need so many others that they have two jobs. */
function needyClasses(sources: Source[]): string[] {
  return sources.filter(isCode).flatMap((source) =>
    classesOf(source)
      .filter(({ members }) =>
        members.some(
          (member) => ts.isConstructorDeclaration(member) && member.parameters.length > MAX_DEPENDENCIES,
        ),
      )
      .map(() => source.file),
  );
}

/** Services in other files, and files of services that hold none. */
function misnamedServices(sources: Source[]): string[] {
  return sources
    .filter(isCode)
    .filter((source) => {
      const hasService = classesOf(source).some(({ name }) => name?.text.endsWith('Service'));
      return hasService !== source.file.endsWith('.service.ts');
    })
    .map(({ file }) => file);
}

/** The lines of a file that are no imports, and how many of them are comments. */
function commentsOf(source: Source): { lines: number; comments: number } {
  const tree = parse(source);
  const lineOf = (position: number) => tree.getLineAndCharacterOfPosition(position).line;
  const comments = new Set<number>();
  const imports = new Set<number>();
  const add = (lines: Set<number>, from: number, to: number) => {
    for (let line = lineOf(from); line <= lineOf(to); line++) lines.add(line);
  };
  const look = (node: ts.Node): void => {
    const ranges = [
      ...(ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(source.text, node.getEnd()) ?? []),
    ];
    for (const { pos, end } of ranges) add(comments, pos, end - 1);
    if (ts.isImportDeclaration(node)) add(imports, node.getStart(), node.getEnd());
    node.getChildren(tree).forEach(look);
  };
  look(tree);
  const lines = source.text.split('\n').flatMap((line, i) => (line.trim() && !imports.has(i) ? [i] : []));
  return { lines: lines.length, comments: lines.filter((line) => comments.has(line)).length };
}

function shareOfComments(sources: Source[]): number {
  const counts = sources.filter(isCode).map(commentsOf);
  const sum = (key: 'lines' | 'comments') => counts.reduce((total, count) => total + count[key], 0);
  return sum('comments') / sum('lines');
}

describe('the house', () => {
  it('has no folder with more than 12 files', () => {
    expect(crowdedFolders(house)).toEqual([]);
  });

  it('has no file with more than 250 lines', () => {
    expect(longFiles(house)).toEqual([]);
  });

  it('has no class with more than six dependencies', () => {
    expect(needyClasses(house)).toEqual([]);
  });

  it('has a service in each file of a service, and nowhere else', () => {
    expect(misnamedServices(house)).toEqual([]);
  });

  it('is a fifth comments or more', () => {
    expect(shareOfComments(house)).toBeGreaterThanOrEqual(MIN_COMMENTS);
  });
});

describe('a violation is found:', () => {
  const needy = (count: number) =>
    `export class X { constructor(${Array.from({ length: count }, (_, i) => `private readonly a${i}: A`).join()}) {} }`;

  it.each<[string, (sources: Source[]) => string[], Source[], string[]]>([
    [
      'a thirteenth file',
      crowdedFolders,
      Array.from({ length: 13 }, (_, i) => ({ file: `src/planted/${i}.ts`, text: '' })),
      ['src/planted'],
    ],
    [
      'a line too many',
      longFiles,
      [{ file: 'src/planted.css', text: 'x\n'.repeat(251) }],
      ['src/planted.css'],
    ],
    ['a seventh dependency', needyClasses, [{ file: 'src/planted.ts', text: needy(7) }], ['src/planted.ts']],
    [
      'a service in another file',
      misnamedServices,
      [{ file: 'src/planted.ts', text: 'export class PlantedService {}' }],
      ['src/planted.ts'],
    ],
    [
      'another class in the file of a service',
      misnamedServices,
      [{ file: 'src/planted.service.ts', text: 'export class Planted {}' }],
      ['src/planted.service.ts'],
    ],
  ])('%s', (_, rule, planted, found) => {
    expect(rule([...house, ...planted])).toEqual(found);
  });

  it.each<[string, (sources: Source[]) => string[], Source[]]>([
    ['12 files', crowdedFolders, Array.from({ length: 12 }, (_, i) => ({ file: `src/x/${i}.ts`, text: '' }))],
    ['250 lines', longFiles, [{ file: 'src/x.ts', text: 'x\n'.repeat(250) }]],
    ['six dependencies', needyClasses, [{ file: 'src/x.ts', text: needy(6) }]],
  ])('not %s', (_, rule, sources) => {
    expect(rule(sources)).toEqual([]);
  });

  it('code without comments', () => {
    const text =
      '/** Why. */\nexport const a = 1; // one\n\nimport x from "y";\n' + 'export const b = 2;\n'.repeat(8);
    expect(commentsOf({ file: 'src/planted.ts', text })).toEqual({ lines: 10, comments: 2 });
    const bare = { file: 'src/planted.ts', text: 'export const a = 1;\n'.repeat(30_000) };
    expect(shareOfComments([...house, bare])).toBeLessThan(MIN_COMMENTS);
  });
});
