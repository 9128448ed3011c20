import { createHash, randomBytes } from 'node:crypto';
import { earlyInStep, totpCode } from './support/authenticator.js';
import { newFactorHolder } from './support/factor-holder.js';
import { type Answer, TestService } from './support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.stop());
beforeEach(() => earlyInStep());

type Holder = Awaited<ReturnType<typeof newFactorHolder>>;

/** A kind of token: where the account gets it from, where it is used, and what any other kind gets there. */
interface Kind {
  make(holder: Holder): Promise<string> | string;
  places: Record<string, (token: string, holder: Holder) => Promise<Answer>>;
  refusal: [number, string];
}

const post = (path: string, body: object) => service.post(path, body);

const mailToken = (purpose: string) => async (holder: Holder) => {
  const token = randomBytes(32).toString('base64url');
  await service.database.query(
    `INSERT INTO auth_one_time_tokens (user_id, purpose, token_hash, email, expires_at)
     VALUES ($1, $2, sha256($3), $4, now() + interval '1 hour')
     ON CONFLICT (user_id, purpose) DO UPDATE SET token_hash = EXCLUDED.token_hash, email = EXCLUDED.email`,
    [
      holder.userId,
      purpose,
      Buffer.from(token),
      purpose === 'change_email' ? `x${holder.email}` : holder.email,
    ],
  );
  return token;
};

const kinds: Record<string, Kind> = {
  access_token: {
    make: ({ access_token }) => access_token,
    places: {
      'GET /users/me': (token) => service.get('/users/me', token),
      'POST /users/me/reauthenticate': (token, { password }) =>
        service.post('/users/me/reauthenticate', { password }, token),
    },
    refusal: [401, 'invalid-token'],
  },
  refresh_token: {
    make: ({ refresh_token }) => refresh_token,
    places: { 'POST /auth/refresh': (refresh_token) => post('/auth/refresh', { refresh_token }) },
    refusal: [401, 'invalid-refresh-token'],
  },
  sign_in_token: {
    make: async ({ username, password }) =>
      (await post('/auth/login', { username, password })).body.sign_in_token,
    places: {
      'POST /auth/login/enrol': (sign_in_token) => post('/auth/login/enrol', { sign_in_token, type: 'totp' }),
      'POST /auth/login/continue': (sign_in_token, { secret }) =>
        post('/auth/login/continue', { sign_in_token, totp_code: totpCode(secret) }),
    },
    refusal: [401, 'invalid-sign-in'],
  },
  'token to verify an address': {
    make: mailToken('verify_email'),
    places: {
      'POST /auth/verify-email/preview': (token) => post('/auth/verify-email/preview', { token }),
      'POST /auth/verify-email': (token) => post('/auth/verify-email', { token }),
    },
    refusal: [400, 'invalid-token'],
  },
  'token to reset a password': {
    make: mailToken('reset_password'),
    places: {
      'POST /auth/password/reset': (token) =>
        post('/auth/password/reset', { token, new_password: 'Difference2' }),
    },
    refusal: [400, 'invalid-token'],
  },
  'token to change an address': {
    make: mailToken('change_email'),
    places: { 'POST /auth/email/confirm': (token) => post('/auth/email/confirm', { token }) },
    refusal: [400, 'invalid-token'],
  },
  'token to undo a change': {
    async make({ userId, email }) {
      const token = randomBytes(32).toString('base64url');
      const email_key = `old-${email}`;
      await service.database.query(
        `INSERT INTO auth_email_undos (token_hash, user_id, email, email_key, created_at, expires_at)
         VALUES ($1, $2, $3, $3, now(), now() + interval '1 hour')`,
        [createHash('sha256').update(token).digest(), userId, email_key],
      );
      return token;
    },
    places: { 'POST /auth/email/undo': (token) => post('/auth/email/undo', { token }) },
    refusal: [400, 'invalid-token'],
  },
};

let holders = 0;

it.each(Object.keys(kinds))(
  '%s is refused in every place but its own, and then still works there',
  async (name) => {
    const holder = await newFactorHolder(service, `holder${++holders}`);
    const token = await kinds[name].make(holder);
    for (const [other, { places, refusal }] of Object.entries(kinds)) {
      if (other === name) continue;
      for (const [place, use] of Object.entries(places)) {
        const answer = await use(token, holder);
        expect([place, answer.status, answer.body.type]).toEqual([
          place,
          refusal[0],
          `/problems/${refusal[1]}`,
        ]);
      }
    }
    // Only revocation takes both tokens of a session, and says nothing of any other.
    if (!/^(access|refresh)/.test(name)) expect((await post('/auth/revoke', { token })).status).toBe(200);
    // 403: the enrolment knows the sign-in, and says that there is a factor already.
    for (const [place, use] of Object.entries(kinds[name].places)) {
      const expected = place.endsWith('enrol') ? 403 : /reset|undo/.test(place) ? 204 : 200;
      expect([place, (await use(token, holder)).status]).toEqual([place, expected]);
    }
  },
);
