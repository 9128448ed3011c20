import { ada, TestService } from './support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.stop());

const SESSIONS = 50_000;
const BROWSERS = 43_000;

/** Gives an account sessions that ended, as a script would that signs in all day with made-up browsers. */
async function pileUp(userId: string, columns: 'as today' | 'as before they had a device'): Promise<void> {
  const device = columns === 'as today' ? `'Firefox ' || n % ${BROWSERS} || ' on Linux'` : 'NULL';
  await service.database.query(
    `INSERT INTO auth_sessions (id, user_id, user_agent, device, created_at, last_used_at, expires_at, absolute_expires_at, ended_at, end_reason)
     SELECT gen_random_uuid(), $1, 'Mozilla/5.0 (X11; Linux x86_64) Firefox/' || n % ${BROWSERS}, ${device},
            at, at, at + interval '7 days', at + interval '30 days', at + interval '1 hour', 'displaced'
       FROM (SELECT n, now() - n * interval '20 seconds' - interval '2 hours' AS at FROM generate_series(1, ${SESSIONS}) n) made`,
    [userId],
  );
  await service.database.query('VACUUM ANALYZE auth_sessions');
}

const signIn = async (username: string, userAgent: string): Promise<number> => {
  const begun = performance.now();
  const answer = await service.request('POST', '/auth/login', {
    body: { username, password: ada.password },
    headers: { 'user-agent': userAgent },
  });
  expect(answer.status).toBe(200);
  return performance.now() - begun;
};

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

describe('a sign-in to an account with 50 000 ended sessions and 43 000 user agents', () => {
  it.each(['as today', 'as before they had a device'] as const)(
    'takes as long as one to a fresh account, %s',
    async (columns) => {
      const fresh = `fresh-${columns.length}`;
      const old = `old-${columns.length}`;
      await service.signUp({ username: fresh, email: `${fresh}@example.com` });
      const { id } = await service.signUp({ username: old, email: `${old}@example.com` });
      await pileUp(id, columns);
      const took: Record<string, number[]> = { [fresh]: [], [old]: [] };
      // Each time another device, so that the known ones are looked at; the first rounds warm up.
      for (let round = 0; round < 60; round++) {
        const names = round % 2 ? [fresh, old] : [old, fresh];
        for (const name of names) {
          const time = await signIn(name, `tool${String.fromCharCode(97 + (round % 26))}/${round}`);
          if (round >= 10) took[name].push(time);
        }
      }
      const ratio = median(took[old]) / median(took[fresh]);
      expect(ratio).toBeLessThan(2);
    },
  );
});
