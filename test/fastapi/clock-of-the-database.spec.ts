import { clockReaders } from '../support/clock-readers.js';

/** As in `test/clock-of-the-database.spec.ts`: where the clock of the process is read, and why. */
const readers: Record<string, string> = {
  'env/legacy-conflicts.ts': 'a setting',
  'fastapi-settings.ts': 'a setting',
  'import/fastapi-import.ts': 'tells a time',
  'tokens/legacy-token.ts': 'tokens',
  'tokens/legacy-tokens.service.ts': 'a setting',
};

it('the clock of the process is read where it is known why', () => {
  expect(clockReaders('src/fastapi')).toEqual(Object.keys(readers).sort());
});
