import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { Role } from '../src/settings/role.js';
import { PasswordsService } from '../src/auth/passwords/passwords.service.js';
import { TokenPairs } from '../src/auth/tokens/token-pairs.js';
import { SessionsService } from '../src/auth/sessions/sessions.service.js';
import { UsersService } from '../src/users/users.service.js';
import {
  type GeneratedRequest,
  type Operation,
  requestsFor,
  type Schema,
} from './support/generated-requests.js';
import { ada, TestService } from './support/test-service.js';

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Operation['responses'][string]> };
}

/** For each of the operations, which are about forty. */
const CASES = 270;
const roles = [Role.User, Role.Moderator, Role.Admin];

let service: TestService;
let document: Document;
let passwordHash: string;
const seen: Record<string, number> = {};

beforeAll(async () => {
  service = await TestService.start();
  document = (await service.get<Document>('//openapi.json')).body;
  passwordHash = await service.app.get(PasswordsService, { strict: false }).hash(ada.password);
});
afterAll(async () => {
  const total = Object.values(seen).reduce((sum, count) => sum + count, 0);
  console.log(`${total} requests, answered ${JSON.stringify(seen)}`);
  await service.stop();
});

let count = 0;
async function makeUser(role: Role) {
  const username = `person${count++}`;
  const users = service.app.get(UsersService, { strict: false });
  return users.create({ username, email: `${username}@example.com`, passwordHash, role });
}

type Account = Awaited<ReturnType<typeof makeUser>>;

async function signIn(user: Account): Promise<string> {
  const client = { ip: null, userAgent: null, requestId: 'generated' };
  const sessions = service.app.get(SessionsService, { strict: false });
  const session = await service.app
    .get(DataSource)
    .transaction((tx) => sessions.start(user, { client, methods: ['pwd'] }, tx));
  const { accessToken } = service.app.get(TokenPairs, { strict: false }).issue(session);
  return accessToken;
}

/** Judges answers by the document, in which whatever is not named is not there. */
function judge({ responses }: Operation): (status: number, contentType: string, body: unknown) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (formats as unknown as typeof formats.default)(ajv);
  ajv.addSchema({ $id: 'api', components: closed(document.components) });
  const validators = new Map<string, ValidateFunction>();
  return (status, contentType, body) => {
    const declared =
      responses[status] ??
      ([414, 429, 503].includes(status) ? document.components.responses.Problem : undefined);
    if (!declared) throw new Error(`The document has no ${status} here: ${JSON.stringify(body)}`);
    if (!declared.content) {
      expect(body).toBe('');
      return;
    }
    const type = contentType.split(';')[0];
    expect(Object.keys(declared.content)).toContain(type);
    const key = `${status} ${type}`;
    const validate =
      validators.get(key) ??
      ajv.compile(
        JSON.parse(
          JSON.stringify(closed(declared.content[type].schema)).replaceAll('"#/', '"api#/'),
        ) as object,
      );
    validators.set(key, validate);
    if (!validate(body)) throw new Error(`${JSON.stringify(body)}\n${ajv.errorsText(validate.errors)}`);
  };
}

function closed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(closed) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, closed(part)]));
  return ('properties' in copy && 'type' in copy ? { additionalProperties: false, ...copy } : copy) as T;
}

async function send(
  method: string,
  template: string,
  { path, query, contentType, body }: GeneratedRequest,
  token?: string,
) {
  const url = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name]));
  const search = query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
  return service.request(method, `/${url}${search && `?${search}`}`, {
    body,
    token,
    ...(contentType !== undefined && { headers: { 'content-type': contentType } }),
  });
}

describe('what is made up by the OpenAPI document', () => {
  it('is answered as the document says, and never with a fault of ours', async () => {
    const other = await makeUser(Role.User);
    await signIn(other);
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        const accept = judge(operation);
        const users = await Promise.all(roles.map(makeUser));
        const tokens = new Map<Account, string | undefined>();
        const caller = fc.constantFrom(undefined, ...users);
        const requests = requestsFor(operation, document.components.schemas, [
          other.id,
          ...users.map(({ id }) => id),
        ]);
        await fc
          .assert(
            fc.asyncProperty(caller, requests, async (user, request) => {
              const token = user && (tokens.get(user) ?? (await signIn(user)));
              const { status, headers, body } = await send(method.toUpperCase(), path, request, token);
              seen[status] = (seen[status] ?? 0) + 1;
              // The session may have ended, and the next request is to come further than that.
              if (user && token) tokens.set(user, [204, 401].includes(status) ? undefined : token);
              accept(status, headers.get('content-type') ?? '', body);
              expect(status).not.toBe(500);
              expect(headers.get('x-request-id')).toBeTruthy();
            }),
            { numRuns: CASES, seed: 1843 },
          )
          .catch((error: Error) => {
            error.message = `${method} ${path}: ${error.message}`;
            throw error;
          });
      }
    }
    expect(Object.values(seen).reduce((sum, some) => sum + some, 0)).toBeGreaterThanOrEqual(10_000);
  }, 600_000);
});
