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
/** Made from ui by its build. */
const BUNDLES = join('src', 'pages', 'files', 'built');
/** Of the lines that are not empty, imports included. */
const MIN_COMMENTS = 0.2;

const house: Source[] = ['src', 'ui']
  .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name))
  .filter((file) => !file.startsWith(BUNDLES))
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }));

const isCode = ({ file }: Source) => file.endsWith('.ts') && !file.endsWith('.spec.ts');
function classesOf({ file, text }: Source): ts.ClassDeclaration[] {
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  return statements.filter((statement) => ts.isClassDeclaration(statement));
}

/** Folders with more files, beside folders, than somebody takes in at a glance. */
function crowdedFolders(sources: Source[]): string[] {
  const folders = Map.groupBy(sources, ({ file }) => dirname(file));
  return [...folders].filter(([, files]) => files.length > MAX_FILES).map(([folder]) => folder);
}

function longFiles(sources: Source[]): string[] {
  return sources
    .filter(({ text }) => !text.startsWith('// Generated') && text.trimEnd().split('\n').length > MAX_LINES)
    .map(({ file }) => file);
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

/** The lines of a file that are not empty, and how many of them are comments. */
function commentsOf({ text }: Source): { lines: number; comments: number } {
  const count = (part: string) => part.split('\n').filter((line) => line.trim()).length;
  const comments = text.match(/^ *(\/\*[^]*?\*\/|\/\/.*)$/gm) ?? [];
  return { lines: count(text), comments: count(comments.join('\n')) };
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
    expect(rule(planted)).toEqual(found);
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
    expect(commentsOf({ file: 'src/planted.ts', text })).toEqual({ lines: 11, comments: 1 });
    const bare = { file: 'src/planted.ts', text: 'export const a = 1;\n'.repeat(30_000) };
    expect(shareOfComments([...house, bare])).toBeLessThan(MIN_COMMENTS);
  });
});
