import { errorPlaces, errorText } from './error-text.js';

describe('an error in one line', () => {
  it.each<[string, unknown, string]>([
    ['an error', new TypeError('x is not a function'), 'x is not a function'],
    ['an error without a message', new RangeError(), 'RangeError'],
    ['something else', 'no', 'no'],
    ['nothing', undefined, 'undefined'],
    [
      'what Node says of a name with several addresses',
      new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error('no')]),
      'connect ECONNREFUSED ::1:5432',
    ],
    [
      'an address with credentials',
      'cannot use postgres://ada:s3cret@db.example:5432/astra?sslmode=require, sorry',
      'cannot use postgres://db.example:5432 sorry',
    ],
    [
      'a password with signs in it',
      'at smtps://u:a/b@c?d#e"f@mail.example:465',
      'at smtps://mail.example:465',
    ],
    ['a user alone', 'redis://s3cret@127.0.0.1:6379/0', 'redis://127.0.0.1:6379'],
    ['a link', 'refused "https://a.example/account#token=s3cret".', 'refused "https://a.example".'],
    ['two addresses', 'http://a:b@c and http://d:e@f', 'http://c and http://f'],
    ['several lines', 'one\r\ntwo\u2028three\u0085four', 'one two three four'],
    ['what steers a terminal', '\x1b[2J\x9b31mred\u202e\u200b', '[2J 31mred'],
  ])('is good for %s', (_, error, text) => {
    expect(errorText(error)).toBe(text);
    expect(errorText(new Error(errorText(error)))).toBe(text);
  });

  it('is not long, and soon made, whatever the error', () => {
    const from = performance.now();
    expect(errorText('a.b+'.repeat(100_000))).toHaveLength(500);
    expect(errorText('x://'.repeat(100_000))).toBe('x://x:');
    expect(performance.now() - from).toBeLessThan(500);
  });
});

describe('the places of an error', () => {
  it('do not repeat its message', () => {
    const error = new Error('s3cret\n    and more');
    expect(errorPlaces(error)).toMatch(/^ +at .*error-text\.spec\.ts:\d+:\d+/);
    expect(errorPlaces(error)).not.toMatch(/s3cret|and more/);
  });

  it('are none where nothing is known of them', () => {
    expect(errorPlaces('no')).toBeUndefined();
    expect(errorPlaces(Object.assign(new Error('no'), { stack: 'Error: no' }))).toBeUndefined();
  });
});
