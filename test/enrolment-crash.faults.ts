import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FactorEnrolmentRequiredError } from '../src/auth/sign-in/continuation/continuation.errors.js';
import { SignInService } from '../src/auth/sign-in/sign-in.service.js';
import { asUser } from '../src/testing/as-user.js';
import { UsersService } from '../src/users/users.service.js';
import { totpCode } from './support/authenticator.js';
import { mailsOf, settled } from './support/mail-service.js';
import { ServiceProcess } from './support/service-process.js';
import { TestSmtpServer } from './support/smtp-server.js';
import { TestDatabase } from './support/test-database.js';
import { TestService } from './support/test-service.js';

const KILLS = 15;
/** More of each kind than can enrol in all of the lives of the service. */
const PEOPLE = 400;

/** Somebody who adds an app, and what came of it, if the service lived to say so. */
interface Enrolling {
  username: string;
  /** Of the sign-in whose role requires a factor, or of the session that adds one by choice. */
  token: string;
  status?: number;
  codes?: string[];
}

/** Adds an app, as far as the service lives. */
type Enrol = (url: string, person: Enrolling) => Promise<void>;

let database: TestDatabase;
let smtp: TestSmtpServer;

async function ask(url: string, path: string, body: object, token?: string) {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as any };
}

/** While signing in: the code starts the session, too. */
const required: Enrol = async (url, person) => {
  const { token: sign_in_token } = person;
  const setup = await ask(url, '/auth/login/enrol', { sign_in_token, type: 'totp' });
  if (setup.status !== 200) return;
  const code = { sign_in_token, totp_code: totpCode(setup.body.secret) };
  const { status, body } = await ask(url, '/auth/login/continue', code);
  Object.assign(person, { status, codes: body.recovery_codes });
};

/** In a session: the code ends the other one. */
const chosen: Enrol = async (url, person) => {
  const setup = await ask(url, '/users/me/factors/totp', {}, person.token);
  if (setup.status !== 201) return;
  const confirmation = { id: setup.body.id, totp_code: totpCode(setup.body.secret) };
  const { status, body } = await ask(url, '/users/me/factors/totp/confirm', confirmation, person.token);
  Object.assign(person, { status, codes: body.recovery_codes });
};

const lanes = [
  { enrol: required, people: [] as Enrolling[], done: 0 },
  { enrol: chosen, people: [] as Enrolling[], done: 0 },
];

beforeAll(async () => {
  database = await TestDatabase.create();
  smtp = await TestSmtpServer.start();
  const local = await TestService.start({ on: database, auth: { secondFactor: { required: ['admin'] } } });
  const users = local.app.get(UsersService, { strict: false });
  const signIns = local.app.get(SignInService, { strict: false });
  const client = { ip: null, userAgent: null, requestId: randomUUID() };
  const proof = { method: 'pwd', hold: () => Promise.resolve(true) } as const;
  for (let i = 0; i < PEOPLE; i++) {
    const username = `required${i}`;
    const email = `${username}@example.com`;
    const account = { username, email, emailVerified: true, role: 'admin', passwordHash: null } as const;
    const refusal: unknown = await signIns.prove(await users.create(account), proof, client).catch((e) => e);
    if (!(refusal instanceof FactorEnrolmentRequiredError)) throw refusal;
    lanes[0].people.push({ username, token: refusal.signInToken() });

    const { id, accessToken } = await asUser(local.app, 'user', { username: `chosen${i}` });
    const user = await users.get(id);
    await signIns.prove(user, proof, client);
    lanes[1].people.push({ username: `chosen${i}`, token: accessToken });
  }
  // It must not send the messages of the others.
  await settled(database, 60_000);
  await local.stop();
}, 120_000);
afterAll(async () => {
  await smtp.stop();
  await database.drop();
});

const prepare = () =>
  ServiceProcess.prepare(database.connection, {
    ...{ SMTP_URL: smtp.url, MAIL_FROM: 'Astra <no-reply@astra.example>' },
    ...{ PUBLIC_URL: 'https://accounts.example', SECOND_FACTOR_ROLES: 'admin' },
  });

/** What is stored of somebody. */
interface Stored {
  username: string;
  confirmed: boolean;
  codesLeft: number;
  sessions: number;
  waiting: number;
  events: string[];
}

const readAll = () =>
  database.query<Stored>(`
    SELECT username,
           EXISTS (SELECT FROM auth_totp t WHERE t.user_id = u.id AND confirmed_at IS NOT NULL) AS confirmed,
           (SELECT count(*)::int FROM auth_recovery_codes c WHERE c.user_id = u.id) AS "codesLeft",
           (SELECT count(*)::int FROM auth_sessions s WHERE s.user_id = u.id AND ended_at IS NULL) AS sessions,
           (SELECT count(*)::int FROM auth_sign_ins s WHERE s.user_id = u.id) AS waiting,
           (SELECT coalesce(json_agg(type), '[]') FROM auth_audit_events e WHERE e.user_id = u.id) AS events
      FROM auth_users u`);

it(`leaves no factor or a whole one over ${KILLS} power cuts while apps are added`, async () => {
  const ahead = [prepare(), prepare()];
  const answered = () => lanes.flatMap(({ people }) => people).filter(({ status }) => status).length;
  for (let kill = 0; kill < KILLS; kill++) {
    ahead.push(prepare());
    const service = ahead.shift()!;
    const url = await service.start();
    const asking = lanes.map(async (lane) => {
      for (;;) {
        const person = lane.people[lane.done++];
        try {
          await lane.enrol(url, person);
        } catch {
          return;
        }
      }
    });
    const enough = answered() + randomInt(0, 8);
    while (answered() < enough) await sleep(1);
    await sleep(randomInt(0, 30));
    await service.kill();
    await Promise.all(asking);
  }
  await database.query(
    `UPDATE astra_jobs.job SET heartbeat_on = now() - interval '1 hour' WHERE state = 'active'`,
  );
  const last = ahead.shift()!;
  const url = await last.start();

  const stored = new Map((await readAll()).map((row) => [row.username, row]));
  await settled(database, 40_000);
  const tried = lanes.flatMap(({ enrol, people, done }) =>
    people.slice(0, done).map((person) => ({ ...person, enrol, ...stored.get(person.username)! })),
  );
  const facts = tried.map(({ username, status, confirmed, ...row }) => ({
    username,
    answers: status === undefined || status === 200 || status === 503 || `${status}`,
    keepsItsPromise: status !== 200 || confirmed,
    codes: row.codesLeft,
    sessions: row.sessions,
    waiting: row.waiting,
    event: row.events.filter((type) => type === 'authn_factor_added').length,
    message: mailsOf(smtp.received, 'factor-added', `${username}@example.com`).length > 0,
  }));
  expect(facts).toEqual(
    tried.map(({ username, enrol, confirmed }) => ({
      ...{ username, answers: true, keepsItsPromise: true, codes: confirmed ? 10 : 0 },
      // The session that the sign-in has started, or the one of two that is left.
      sessions: enrol === required ? (confirmed ? 1 : 0) : confirmed ? 1 : 2,
      waiting: enrol === required && !confirmed ? 1 : 0,
      ...{ event: confirmed ? 1 : 0, message: confirmed },
    })),
  );

  const cut = tried.filter(({ status }) => status === undefined).length;
  const whole = tried.filter(({ status, confirmed }) => status === undefined && confirmed).length;
  // Those who were cut off begin again where they stood, and the codes of the others work.
  const again = tried.filter(({ confirmed }) => !confirmed);
  for (const person of again) {
    await person.enrol(url, person);
    expect([person.username, person.status]).toEqual([person.username, 200]);
  }
  await Promise.all([last, ...ahead].map((service) => service.kill()));
  expect(cut).toBeGreaterThanOrEqual(KILLS);
  expect(again.length).toBeGreaterThan(0);
  expect(tried.length - cut).toBeGreaterThan(KILLS);
  console.log(`${tried.length} enrolments, ${cut} cut off by ${KILLS} kills, of which ${whole} were whole`);
}, 300_000);
