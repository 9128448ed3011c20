import { readRedisUrl } from './redis-servers.js';

describe('the URL of Redis', () => {
  it('may lead to one server', () => {
    expect(readRedisUrl('rediss://me:p%40s@cache:6380/1')).toEqual({
      ...{ kind: 'single', isEncrypted: true, hosts: [{ host: 'cache', port: 6380 }] },
      ...{ username: 'me', password: 'p@s', db: 1 },
    });
    expect(readRedisUrl('redis://[::1]')).toMatchObject({ hosts: [{ host: '::1', port: 6379 }] });
  });

  it('may lead to the sentinels of a master', () => {
    expect(readRedisUrl('redis+sentinel://:p@one,two:26380/mymaster/2?sentinel_password=s%26')).toEqual({
      ...{ kind: 'sentinel', isEncrypted: false, password: 'p', master: 'mymaster', db: 2 },
      hosts: [
        { host: 'one', port: 26379 },
        { host: 'two', port: 26380 },
      ],
      sentinelPassword: 's&',
    });
  });

  it('may lead to a cluster', () => {
    expect(readRedisUrl('redis+cluster://one,two:7000')).toMatchObject({
      kind: 'cluster',
      hosts: [
        { host: 'one', port: 6379 },
        { host: 'two', port: 7000 },
      ],
    });
  });

  it.each([
    'redis://',
    'redis://one,two',
    'redis://cache:x',
    'redis://:%@cache',
    'redis://cache/x',
    'redis+sentinel://one',
    'redis+sentinel://one,/master',
    'redis+sentinel://one/master/x',
    'redis+sentinel://one/master/0/1',
    'redis+cluster://one/1',
    'redis+other://one',
    'http://cache',
  ])('is refused: %s', (url) => expect(readRedisUrl(url)).toBeUndefined());
});
