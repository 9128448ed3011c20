import type { Conflict } from '../../env/rules/conflict.js';
import { isGuessableSecret } from '../../settings/secrets/guessable-secret.js';

const DAY = 24 * 60 * 60;

/** Conflicts between settings that involve tokens of the FastAPI service. */
export const legacyConflicts: readonly Conflict[] = [
  [
    'LEGACY_TOKENS_UNTIL',
    'must be set, as LEGACY_SECRET_KEY is',
    (v) => v.LEGACY_SECRET_KEY !== undefined && v.LEGACY_TOKENS_UNTIL === undefined,
  ],
  [
    'LEGACY_SECRET_KEY',
    'must be set, as LEGACY_TOKENS_UNTIL is',
    (v) => v.LEGACY_TOKENS_UNTIL !== undefined && v.LEGACY_SECRET_KEY === undefined,
  ],
  [
    'LEGACY_TOKENS_UNTIL',
    'must be at most 30 days from now',
    (v) => Number(v.LEGACY_TOKENS_UNTIL) > Date.now() + 30 * DAY * 1000,
  ],
  [
    'SESSION_MAX_AGE_DAYS',
    'must be at least 7, as LEGACY_SECRET_KEY is set',
    (v) => v.LEGACY_SECRET_KEY !== undefined && v.SESSION_MAX_AGE_DAYS < 7,
  ],
];

/** Additional conflicts in production. */
export const legacyProductionConflicts: readonly Conflict[] = [
  [
    'LEGACY_SECRET_KEY',
    'must not be an example or a pattern in production: anyone could forge tokens of the FastAPI service',
    (v) => v.LEGACY_SECRET_KEY !== undefined && isGuessableSecret(v.LEGACY_SECRET_KEY),
  ],
];
