import { readEnvironment, SettingsError, type Variables } from '../../src/env.js';

const key = 'k3y/Rh8vQ0mZ5tXwP1sLdN7bCfJ2gEyA6uT4';
const production: Variables = { NODE_ENV: 'production', SECRET_KEY: key, POSTGRES_HOST: 'db' };

/** What stops a start with these variables, line by line; none if it does not stop. */
function refusals(variables: Variables): readonly string[] {
  try {
    readEnvironment(variables);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

describe('settings for the tokens of the FastAPI service', () => {
  it.each<[string, Variables, string]>([
    [
      'a key of the FastAPI service without an end',
      { LEGACY_SECRET_KEY: key },
      'LEGACY_TOKENS_UNTIL must be set, as LEGACY_SECRET_KEY is',
    ],
    [
      'an end without a key of the FastAPI service',
      { LEGACY_TOKENS_UNTIL: '2024-12-31' },
      'LEGACY_SECRET_KEY must be set, as LEGACY_TOKENS_UNTIL is',
    ],
    [
      'an end that is far away',
      { LEGACY_SECRET_KEY: key, LEGACY_TOKENS_UNTIL: new Date(Date.now() + 30.1 * 86_400_000).toISOString() },
      'LEGACY_TOKENS_UNTIL must be at most 30 days from now',
    ],
    [
      'sessions that are forgotten before tokens of the FastAPI service end',
      {
        ...{ LEGACY_SECRET_KEY: key, LEGACY_TOKENS_UNTIL: '2024-12-31' },
        ...{ SESSION_MAX_AGE_DAYS: '6', REFRESH_TOKEN_EXPIRE_MINUTES: '60' },
      },
      'SESSION_MAX_AGE_DAYS must be at least 7, as LEGACY_SECRET_KEY is set',
    ],
  ])('are refused: %s', (_, variables, line) => {
    expect(refusals(variables)).toEqual([line]);
    expect(refusals({ ...production, ...variables })).toContain(line);
  });

  it('refuses an example as the key of the FastAPI service, whoever knows it could make tokens', () => {
    const legacy = { LEGACY_SECRET_KEY: 'secret'.repeat(6), LEGACY_TOKENS_UNTIL: '2024-12-31' };
    expect(refusals({ ...production, ...legacy })).toEqual([
      'LEGACY_SECRET_KEY must not be an example or a pattern in production: anyone could forge tokens of the FastAPI service',
    ]);
  });
});
