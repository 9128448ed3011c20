// Who may import whom. The arrows never turn back; `npm run lint:arrows` checks them.

/** From the top down: a room knows those below it, never those above. */
const rooms = {
  testing: '^src/testing/',
  main: '^src/(main|cli)\\.ts$|^src/(commands|fastapi/command)/',
  app: '^src/(app\\.\\w+|env|version)\\.ts$|^src/(env|service|docs|health|logs|metrics|tracing|fastapi/env)/',
  schema: '^src/schema/',
  // The guest is one folder, to be deleted as one: its command and its settings stand there, on the floors above.
  fastapi: '^src/fastapi/(?!command/|env/)',
  astra: '^src/astra\\.module\\.ts$',
  admin: '^src/admin/',
  pages: '^src/pages/',
  client: '^src/client/',
  schematics: '^src/schematics/',
  verifier: '^src/verifier/',
  openapi: '^src/openapi/',
  webhooks: '^src/webhooks/',
  auth: '^src/auth/[^/]+\\.ts$',
  registration: '^src/auth/registration/',
  emailVerification: '^src/auth/email-verification/',
  pendingRegistration: '^src/auth/pending-registration/',
  account: '^src/auth/account/',
  emailChange: '^src/auth/email-change/',
  passwordReset: '^src/auth/password-reset/',
  signIn: '^src/auth/sign-in/',
  reauthentication: '^src/auth/reauthentication/',
  providers: '^src/auth/providers/',
  factors: '^src/auth/factors/',
  waysIn: '^src/auth/ways-in/',
  emailCodes: '^src/auth/email-codes/',
  passwords: '^src/auth/passwords/',
  refresh: '^src/auth/refresh/',
  apiKeys: '^src/auth/api-keys/',
  sessions: '^src/auth/sessions/',
  oneTimeTokens: '^src/auth/one-time-tokens/',
  tokens: '^src/auth/tokens/',
  users: '^src/users/',
  access: '^src/access/',
  mail: '^src/mail/',
  rateLimit: '^src/rate-limit/',
  audit: '^src/audit/',
  jobs: '^src/jobs/',
  paging: '^src/paging/',
  settings: '^src/settings/',
  database: '^src/database/',
  names: '^src/names/',
  keys: '^src/keys/',
  outbound: '^src/outbound/',
  http: '^src/http/',
  spans: '^src/spans/',
};
/** Those that open no database. */
const middle = Object.entries(rooms)
  .slice(Object.keys(rooms).indexOf('fastapi'))
  .map(([, room]) => room)
  .filter((room) => room !== rooms.database);

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
      comment: 'A new folder is a room, and this file says where it stands.',
      severity: 'error',
      from: { path: '^src/', pathNot: [...Object.values(rooms), '^src/index\\.ts$', spec] },
      to: {},
    },
    {
      name: 'entities-lists-entities',
      comment:
        'TypeORM is told every table by name, because globs break in ESM. The list is for nothing else.',
      severity: 'error',
      from: { path: '^src/schema/entities\\.ts$' },
      to: { pathNot: '\\.entity\\.ts$' },
    },
    {
      name: 'middle-opens-no-database',
      comment:
        'It works on the DataSource it is given. To connect, migrate or bring a server is for the top.',
      severity: 'error',
      from: {
        path: middle,
        pathNot: spec,
      },
      to: {
        path: '^src/database/',
        pathNot:
          '^src/database/(after-commit|notices/access-changes|delete-in-batches|found-by-id|named-statements|own-tables|once-per|query-rows|transactions|connections/(pool|session-settings)|database\\.module)\\.ts$',
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
      to: {
        path: [rooms.main, rooms.app, '^src/database/embedded/embedded-postgres\\.ts$'],
        reachable: true,
      },
    },
    {
      name: 'the-client-stands-alone',
      comment: 'It runs in browsers, so it takes nothing from the service and no package, but for bindings.',
      severity: 'error',
      from: { path: '^src/client/(?:(react)/)?' },
      to: { pathNot: ['^src/client/', '^node_modules/(@types/)?$1/'] },
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
      from: { pathNot: ['^src/schema/migrations\\.ts$', spec] },
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
      // An optional peer is installed for the tests, and in the applications that use it.
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
    {
      name: 'dependencies-are-declared',
      comment: 'What another package happens to bring may be gone tomorrow, or be another version.',
      severity: 'error',
      from: {},
      // The tool takes peerDependenciesMeta, which says that a peer is optional, for a kind that it does not know.
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
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
