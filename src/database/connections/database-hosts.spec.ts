import { placeOf, splitHosts, withCredentials } from './database-hosts.js';

describe('the URL of a database', () => {
  it.each([
    ['postgres://u:p@db:5433/x?sslmode=require'],
    ['postgres:///x?host=/tmp'],
    ['postgresql://u:a,b@db/x'],
    ['postgres://db/x?options=-c,a'],
  ])('with one host stays as it is: %s', (url) => {
    expect(splitHosts(url)).toEqual({ url, hosts: [] });
  });

  it('with several hosts is that of the first one, and a list', () => {
    expect(splitHosts('postgres://u:p,%40@one:5433,[::1]:5434,three/x?sslmode=verify-full')).toEqual({
      url: 'postgres://u:p,%40@one:5433/x?sslmode=verify-full',
      hosts: [
        { host: 'one', port: 5433 },
        { host: '::1', port: 5434 },
        { host: 'three', port: 5432 },
      ],
    });
  });

  it.each(['postgres://one,/x', 'postgres://one,two:x/y', 'postgres://one,two:70000/x'])(
    'is refused: %s',
    (url) => expect(() => splitHosts(url)).toThrow(RangeError),
  );

  it.each([
    ['postgres://u:p@one,two:1/x?a=b', 'postgres://me%40:s%2F%24%26@one,two:1/x?a=b'],
    ['postgres://one/x', 'postgres://me%40:s%2F%24%26@one/x'],
    ['postgresql:///x?host=/tmp', 'postgresql://me%40:s%2F%24%26@/x?host=/tmp'],
  ])('takes other credentials: %s', (url, other) => {
    expect(withCredentials(url, { username: 'me@', password: 's/$&' })).toBe(other);
  });

  it('is shown without credentials', () => {
    expect(placeOf('postgres://u:p@one,two:1/x')).toBe('one:5432, two:1');
    expect(placeOf('postgres://u:p@one:5/x')).toBe('one:5');
  });
});
