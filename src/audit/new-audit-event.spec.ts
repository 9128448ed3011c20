import { serializeData } from './new-audit-event.js';

describe('the data of an event', () => {
  it('is empty where there is none', () => {
    expect(serializeData()).toBe('{}');
  });

  it('is written as given', () => {
    const data = {
      reason: 'demoted',
      before: { role: 'admin' },
      after: { role: 'user' },
      changed: ['username'],
    };
    expect(JSON.parse(serializeData(data))).toEqual(data);
  });

  it.each([
    'password',
    'newPassword',
    'passwd',
    'refresh_token',
    'hashed_password',
    'apiKey',
    'Authorization',
    'set-cookie',
  ])('refuses the key %s, at the top and below', (key) => {
    expect(() => serializeData({ [key]: 'x' })).toThrow(key);
    expect(() => serializeData({ after: { [key]: 'x' } })).toThrow(key);
  });

  it('refuses more than 4 KiB', () => {
    expect(() => serializeData({ reason: 'é'.repeat(2048) })).toThrow('4096 bytes');
  });

  it('leaves out what Postgres could not store', () => {
    expect(serializeData({ reason: 'a\0b\ud800' })).toBe('{"reason":"ab\ufffd"}');
  });
});
