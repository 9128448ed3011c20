// Who may import whom. The arrows never turn back; `npm run lint:arrows` checks them.

/** From the top down: a room knows those below it, never those above. */
const rooms = {
  testing: '^src/testing/',
  main: '^src/(main|cli)\\.ts$|^src/commands/',
  app: '^src/(app\\.\\w+|env|version)\\.ts$|^src/(env|service|docs|health|logs|metrics)/',
  admin: '^src/admin/',
  pages: '^src/pages/',
  verifier: '^src/verifier/',
  auth: '^src/auth/',
  users: '^src/users/',
  access: '^src/access/',
  problem: '^src/problem/',
};
/** Used by the rooms in the middle. */
const leaves = '^src/(database|settings|audit|jobs|mail|names|paging|rate-limit)/';

/** What is shipped, and what is not. */
const shipped = '^(src|migrations)/|^ormconfig\\.ts$';
const spec = '\\.spec\\.ts$';

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const arrows = Object.keys(rooms).map((name, i, names) => ({
  name: `${name}-looks-down`,
  comment: `The order is ${names.join(' → ')}. What is above ${name} is unknown to it.`,
  severity: 'error',
  from: { path: rooms[name], pathNot: spec },
  to: { path: names.slice(0, i).map((above) => rooms[above]) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...arrows.slice(1),
    {
      name: 'all-code-has-a-place',
      comment: 'A new folder is a room or a leaf, and this file says which.',
      severity: 'error',
      from: { path: '^src/', pathNot: [...Object.values(rooms), leaves, '^src/index\\.ts$', spec] },
      to: {},
    },
    {
      name: 'problem-knows-nobody',
      comment: 'Every room answers errors with it, so whatever it needed would be needed by all of them.',
      severity: 'error',
      from: { path: rooms.problem, pathNot: spec },
      to: { path: '^src/', pathNot: rooms.problem },
    },
    {
      name: 'leaves-know-no-room',
      comment: 'A leaf serves all rooms alike. It knows other leaves, and how an error is said.',
      severity: 'error',
      from: { path: leaves, pathNot: [spec, '^src/database/entities\\.ts$'] },
      to: { path: '^src/', pathNot: [leaves, rooms.problem] },
    },
    {
      name: 'entities-lists-entities',
      comment:
        'TypeORM is told every table by name, because globs break in ESM. The list is for nothing else.',
      severity: 'error',
      from: { path: '^src/database/entities\\.ts$' },
      to: { pathNot: '\\.entity\\.ts$' },
    },
    {
      name: 'middle-opens-no-database',
      comment:
        'It works on the DataSource it is given. To connect, migrate or bring a server is for the top.',
      severity: 'error',
      from: {
        path: [rooms.admin, rooms.auth, rooms.users, rooms.access, leaves],
        pathNot: [spec, '^src/database/'],
      },
      to: {
        path: '^src/database/',
        pathNot:
          '^src/database/(after-commit|changes|delete-in-batches|named-statements|per-data-source|session-settings|database\\.module)\\.ts$',
      },
    },
    {
      name: 'environment-is-read-once',
      comment: 'By main and cli, which hand it on: others see its type. In a host it is not ours at all.',
      severity: 'error',
      from: { path: '^src/', pathNot: [rooms.main, spec] },
      to: { path: '^src/env\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'guests-bring-no-service',
      comment: 'What a host imports must not, by any way round, load the service or its embedded Postgres.',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: [rooms.main, rooms.app, '^src/database/embedded-postgres\\.ts$'], reachable: true },
    },
    {
      name: 'migrations-are-history',
      comment: 'A migration stays as it ran while the code moves on, so it takes nothing from the code.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^(src|test|migrations)/' },
    },
    {
      name: 'migrations-are-listed-once',
      comment: 'Their order is decided in one place.',
      severity: 'error',
      from: { pathNot: ['^src/database/migrations\\.ts$', spec] },
      to: { path: '^migrations/' },
    },
    {
      name: 'shipped-code-needs-no-tests',
      comment: 'They are not in the image, and not in the package.',
      severity: 'error',
      from: { path: shipped, pathNot: spec },
      to: { path: ['^(test|bench|examples)/', spec] },
    },
    {
      name: 'shipped-code-needs-no-dev-dependency',
      comment:
        'It is missing in production. The embedded Postgres looks for its binaries only when it is started.',
      severity: 'error',
      from: { path: shipped, pathNot: spec },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'dependencies-are-declared',
      comment: 'What another package happens to bring may be gone tomorrow, or be another version.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'imports-lead-somewhere',
      comment: 'There is no such file: a slip of the pen, or it moved.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-circles',
      comment: 'Files that need one another can only be understood, tested and loaded together.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Types are knowledge too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
