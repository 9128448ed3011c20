import { querySummary, queryText } from './query-text.js';

describe('the summary of a statement', () => {
  it.each([
    ['SELECT "User"."id" FROM "auth_users" "User" WHERE "User"."id" = $1', 'SELECT auth_users'],
    ['\n  select * from only auth_sessions s join auth_users u on true', 'SELECT auth_sessions'],
    ['INSERT INTO auth_sign_ins (id) VALUES ($1)', 'INSERT auth_sign_ins'],
    [
      'INSERT INTO auth_one_time_tokens(user_id) VALUES ($1) ON CONFLICT (user_id) DO UPDATE SET email = $2',
      'INSERT auth_one_time_tokens',
    ],
    ['UPDATE "auth_users" SET "role" = $1 WHERE "id" = $2', 'UPDATE auth_users'],
    ['DELETE FROM astra_jobs.job_common WHERE id = $1', 'DELETE astra_jobs.job_common'],
    ['DELETE FROM "astra_jobs"."job_common" WHERE id = $1', 'DELETE astra_jobs.job_common'],
    ['WITH head AS (UPDATE auth_audit_chains SET seq = $1 RETURNING id) SELECT 1', 'WITH auth_audit_chains'],
    [
      'SELECT extract(epoch FROM now()) FROM (SELECT 1) x JOIN auth_webhooks w ON true',
      'SELECT auth_webhooks',
    ],
    ['SELECT id FROM unnest ($1::uuid[]) FOR UPDATE SKIP LOCKED', 'SELECT'],
    ['START TRANSACTION', 'START'],
    ['COMMIT', 'COMMIT'],
    ['', 'QUERY'],
  ])('of %j is %s', (text, summary) => expect(querySummary(text)).toBe(summary));
});

describe('the text of a statement', () => {
  it.each([
    ['SELECT $1', 'SELECT $1'],
    ["SELECT 'a', 'it''s', $1, ''", "SELECT '?', '?', $1, '?'"],
    ["SELECT 'not closed", "SELECT '?'"],
  ])('of %j is %j, without its literals', (text, shown) => expect(queryText(text)).toBe(shown));

  it('is cut, also inside a literal', () => {
    expect(queryText(`SELECT ${'1'.repeat(2_000)}`)).toHaveLength(1_000);
    expect(queryText(`SELECT '${'s3cret'.repeat(1_000)}'`)).toBe("SELECT '?'");
  });

  it.each([`SELECT ${"'".repeat(1e6)}`, `FROM ${'a."'.repeat(1e6)}(`, `INTO${' '.repeat(1e6)}`])(
    'takes no time that grows out of proportion: %.20s …',
    (text) => expect((querySummary(text) + queryText(text)).length).toBeLessThan(2_100),
  );
});
