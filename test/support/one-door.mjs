// What no arrow tells: who begins sessions, who writes which table, and who does cryptography with our keys.
// `npm run lint:arrows` checks all three.
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import ts from 'typescript';

/** The one door for signing in. */
const DOOR = 'src/auth/sign-in/sign-in.service.ts';

/** Methods that begin a session without a check of the account: the file of each, and the one file that may call it. */
const doors = new Map([
  ['start', { of: 'src/auth/sessions/sessions.service.ts', from: DOOR }],
  ['finish', { of: DOOR, from: 'src/auth/sign-in/continuation/continuation.service.ts' }],
]);

/** What only the room of keys takes from node:crypto; a digest or random bytes need no key. */
const WITH_KEYS = /^(hkdf|hkdfSync|createHmac|createCipheriv|createDecipheriv|timingSafeEqual)$/;
/** Formats that are not ours, which others compute as well: passwords as they are imported, and as Postgres keeps them. */
const OWN_CRYPTO =
  /^src\/(keys|auth\/passwords\/hashing\/imported-hashes)\/|^src\/service\/scram-verifier\.ts$/;

const root = process.cwd();
const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram(
  fileNames.filter((file) => relative(root, file).startsWith('src/') && !file.endsWith('.spec.ts')),
  options,
);
const checker = program.getTypeChecker();
const files = program
  .getSourceFiles()
  .filter(({ fileName }) => relative(root, fileName).startsWith('src/'))
  .map((source) => ({ source, file: relative(root, source.fileName) }));

/** A folder of src, or of src/auth. */
const roomOf = (file) => /^src\/(?:auth\/)?[^/]+/.exec(file)[0];

/** Table → the room of its entity, which alone writes it. */
const owners = new Map(
  files
    .filter(({ file }) => file.endsWith('.entity.ts'))
    .flatMap(({ source, file }) =>
      [...source.text.matchAll(/@Entity\(\{ name: '(\w+)'/g)].map(([, table]) => [table, roomOf(file)]),
    ),
);
if (owners.size < 10)
  throw new Error(`Found only ${owners.size} tables: the entities are written otherwise now`);

const isText = (node) => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
const wrong = [];
const say = (source, node, file, text) => {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
  wrong.push(`${file}:${line + 1}: ${text}`);
};

/**
 * The door whose method a node takes, whether or not it is called there: `sessions.start`, `sessions['start']` or
 * `{ start } = sessions`.
 */
function doorOf(node) {
  let name;
  let symbol;
  if (ts.isPropertyAccessExpression(node)) {
    name = node.name.text;
    if (doors.has(name)) symbol = checker.getSymbolAtLocation(node.name);
  } else if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    name = node.argumentExpression.text;
    if (doors.has(name)) symbol = checker.getTypeAtLocation(node.expression).getProperty(name);
  } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
    name = (node.propertyName ?? node.name).text;
    if (doors.has(name)) symbol = checker.getTypeAtLocation(node.parent).getProperty(name);
  }
  const declared = symbol?.declarations?.[0].getSourceFile().fileName;
  const door = doors.get(name);
  return declared && relative(root, resolve(declared)) === door?.of ? door : undefined;
}

for (const { source, file } of files) {
  const look = (node) => {
    const door = doorOf(node);
    if (door && file !== door.from)
      say(source, node, file, `begins a session. Only ${door.from} may: call SignInService.prove`);
    if (
      ts.isImportSpecifier(node) &&
      WITH_KEYS.test((node.propertyName ?? node.name).text) &&
      !OWN_CRYPTO.test(file)
    )
      say(source, node, file, 'does cryptography of its own: take a helper of src/keys');
    // A statement, and no sentence that mentions one.
    if (isText(node) && /^.\s*(?:WITH|INSERT|UPDATE|DELETE|SELECT|COPY)\s/i.test(node.getText(source))) {
      const writes = node
        .getText(source)
        .matchAll(/\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?"?(auth_\w+)/gi);
      for (const [, table] of writes) {
        const owner = owners.get(table);
        if (owner && !file.startsWith(`${owner}/`))
          say(source, node, file, `writes ${table}, which only ${owner} may`);
      }
    }
    if (!ts.isTemplateExpression(node)) ts.forEachChild(node, look);
    else node.templateSpans.forEach(({ expression }) => look(expression));
  };
  look(source);
}

// The methods are where they were, or this looks at nothing.
for (const [method, { of }] of doors)
  if (!new RegExp(`\\basync ${method}\\(`).test(readFileSync(of, 'utf8')))
    wrong.push(`${of} has no method ${method}: mend ${import.meta.filename}`);
if (wrong.length > 0) {
  console.error(wrong.join('\n'));
  process.exitCode = 1;
} else console.log(`One door for signing in, one owner for each of ${owners.size} tables, one room of keys`);
