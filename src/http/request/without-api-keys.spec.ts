import { withoutApiKeys } from './without-api-keys.js';

it.each([
  ['token astra_pat_0123456789 was sent', 'token astra_pat_… was sent'],
  [`"acme2_svc_${'x'.repeat(36)}","astra_pat_y"`, '"acme2_svc_…","astra_pat_…"'],
  ['my_patient is fine', 'my_patient is fine'],
  ['astra_pat_', 'astra_pat_'],
  ['', ''],
])('replaces API keys in %j', (text, expected) => {
  expect(withoutApiKeys(text)).toBe(expected);
});
