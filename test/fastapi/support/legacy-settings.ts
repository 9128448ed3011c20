import type { Environment, Variables } from '../../../src/env.js';
import type { legacySettings } from '../../../src/fastapi/env/legacy-settings.js';

type Name = keyof typeof legacySettings;
type Taken = [Name, string, (environment: Environment) => unknown, unknown, Variables?];

const key = 'k3y/Rh8vQ0mZ5tXwP1sLdN7bCfJ2gEyA6uT4';

/** For `src/env/settings/accepted-values.spec.ts`: name, a text that is taken, how it is read, as what, and what goes with it. */
export const legacySettingsTaken: Taken[] = [
  [
    'LEGACY_SECRET_KEY',
    key,
    (e) => e.fastapi.legacyTokens?.secretKey,
    key,
    { LEGACY_TOKENS_UNTIL: '2024-12-31' },
  ],
  ...[
    ['2024-12-31', '2024-12-31T00:00:00.000Z'],
    ['2024-02-29T12:30Z', '2024-02-29T12:30:00.000Z'],
    ['2024-12-31T23:59:59.5-05:00', '2025-01-01T04:59:59.500Z'],
  ].map(([given, expected]): Taken => [
    ...([
      'LEGACY_TOKENS_UNTIL',
      given,
      (e: Environment) => e.fastapi.legacyTokens?.until.toISOString(),
    ] as const),
    ...([expected, { LEGACY_SECRET_KEY: key }] as const),
  ]),
];

/** For `src/env/settings/refused-values.spec.ts`: texts that are refused. */
export const legacySettingsRefused: Record<Name, string[]> = {
  LEGACY_SECRET_KEY: ['secret', 'x'.repeat(31)],
  LEGACY_TOKENS_UNTIL: [
    ...['soon', '2024', '2024-13-01', '2024-02-30', '2024-12-31T25:00Z', '31.12.2024', ' 2024-12-31'],
    '2024-12-31T12:00:00', // of which time zone?
    '1735603200',
  ],
};
