// Fails if a public export has no description, or if what hosts can import has changed since it was last accepted.
// Accept a change, and look at its diff, by: npm run accept:api
import { readFile, writeFile } from 'node:fs/promises';
import { Application, ReflectionKind, TSConfigReader, TypeDocReader } from 'typedoc';

const accepted = new URL('../../docs/public-api.txt', import.meta.url);
// typedoc.json has what the pages of the site share.
const app = await Application.bootstrap({}, [new TypeDocReader(), new TSConfigReader()]);
app.options.setValue('validation', { notDocumented: true, notExported: false, invalidLink: true });
app.options.setValue('requiredToBeDocumented', [
  'Class',
  'Interface',
  'Function',
  'Enum',
  'TypeAlias',
  'Variable',
]);

const project = await app.convert();
if (!project) throw new Error('The sources have errors: npm run lint:types');
app.validate(project);

/** A line for what is exported, and one for each of its members. */
function describe(reflection, indent = '') {
  const flags = [reflection.flags.isStatic && 'static', reflection.flags.isReadonly && 'readonly'].filter(
    Boolean,
  );
  const optional = reflection.flags.isOptional ? '?' : '';
  const head = `${indent}${[...flags, ReflectionKind.singularString(reflection.kind).toLowerCase()].join(' ')} `;
  const bases = reflection.extendedTypes?.length ? ` extends ${reflection.extendedTypes.join(', ')}` : '';
  if (reflection.signatures)
    return reflection.signatures.map((one) => `${head}${one.name}${optional}${signature(one)}`);
  const type = reflection.type && !reflection.children ? `: ${typeOf(reflection.type)}` : '';
  const value =
    reflection.defaultValue && reflection.kind === ReflectionKind.EnumMember
      ? ` = ${reflection.defaultValue}`
      : '';
  return [
    `${head}${reflection.name}${optional}${bases}${type}${value}`,
    ...(reflection.children ?? [])
      .filter((child) => !child.inheritedFrom)
      .flatMap((child) => describe(child, `${indent}  `)),
  ];
}

function signature({ parameters = [], type }) {
  const list = parameters.map(
    (one) => `${one.name}${one.flags.isOptional || one.defaultValue ? '?' : ''}: ${typeOf(one.type)}`,
  );
  return `(${list.join(', ')}): ${typeOf(type)}`;
}

/** What stands for an object says what is in it. */
function typeOf(type) {
  if (type?.type === 'reflection') {
    const { signatures, children = [] } = type.declaration;
    if (signatures) return signatures.map(signature).join(' & ');
    return `{ ${children.map((child) => describe(child).join(' ')).join('; ')} }`;
  }
  // Their order depends on what was looked at before.
  if (type?.type === 'union') return type.types.map(typeOf).toSorted().join(' | ');
  if (type?.type === 'array') return `Array<${typeOf(type.elementType)}>`;
  return String(type);
}

const surface = project.children
  .flatMap((entry) => [
    `nestjs-astra${entry.name === 'index' ? '' : `/${entry.name}`}`,
    ...entry.children.flatMap((one) => describe(one, '  ')),
  ])
  .join('\n');

if (process.argv.includes('--accept')) await writeFile(accepted, `${surface}\n`);
const before = await readFile(accepted, 'utf8').catch(() => '');
if (before !== `${surface}\n`) {
  const [old, now] = [before.split('\n'), surface.split('\n')];
  for (const line of old.filter((one) => one && !now.includes(one))) console.error(`- ${line}`);
  for (const line of now.filter((one) => !old.includes(one))) console.error(`+ ${line}`);
  console.error('What hosts can import has changed. If that is meant: npm run accept:api');
  process.exitCode = 1;
}
if (app.logger.hasWarnings() || app.logger.hasErrors()) process.exitCode = 1;
