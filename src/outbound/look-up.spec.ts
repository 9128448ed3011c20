import { type LookUp, lookUpWithoutThreads } from './look-up.js';

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
const giving = (addresses: string[]) => () => Promise.resolve(addresses);
const system: LookUp = () => Promise.resolve([{ address: '192.0.2.9', family: 4 }]);
/** A DNS server that answers like this. */
const dns = (resolve4: () => Promise<string[]>, resolve6: () => Promise<string[]> = failing('ENODATA')) =>
  ({ resolve4, resolve6 }) as never;

describe('a look-up without threads', () => {
  it.each([
    [
      'both kinds',
      dns(giving(['192.0.2.1', '192.0.2.2']), giving(['2001:db8::1'])),
      ['192.0.2.1', '192.0.2.2', '2001:db8::1'],
    ],
    ['one kind', dns(failing('ENODATA'), giving(['2001:db8::1'])), ['2001:db8::1']],
    ['one kind while the other fails', dns(giving(['192.0.2.1']), failing('ETIMEOUT')), ['192.0.2.1']],
    ['those that only the system knows', dns(failing('ENOTFOUND'), failing('ENOTFOUND')), ['192.0.2.9']],
    [
      'those of the system without a DNS server',
      dns(failing('ECONNREFUSED'), failing('ECONNREFUSED')),
      ['192.0.2.9'],
    ],
  ])('finds %s', async (_, resolver, expected) => {
    const found = await lookUpWithoutThreads(system, resolver)('hooks.example.com');
    expect(found.map(({ address }) => address)).toEqual(expected);
    expect(found.map(({ family }) => family)).toEqual(expected.map((one) => (one.includes(':') ? 6 : 4)));
  });

  it.each(['ETIMEOUT', 'ESERVFAIL', 'EREFUSED', 'ECANCELLED'])(
    'does not ask the system after %s',
    async (code) => {
      let count = 0;
      const counting: LookUp = (name) => (count++, system(name));
      const lookUp = lookUpWithoutThreads(counting, dns(failing(code), failing('ENOTFOUND')));
      await expect(lookUp('hooks.example.com')).rejects.toThrow(code);
      expect(count).toBe(0);
    },
  );

  it('has the system look up one name at a time, and each once', async () => {
    let active = 0;
    const asked: string[] = [];
    const ends: (() => void)[] = [];
    const silent: LookUp = async (name) => {
      expect(++active).toBe(1);
      asked.push(name);
      await new Promise<void>((end) => ends.push(end));
      active--;
      if (name === 'b') throw new Error('gone');
      return system(name);
    };
    const lookUp = lookUpWithoutThreads(silent, dns(failing('ENOTFOUND')));
    const all = Promise.allSettled(['a', 'b', 'a', 'b', 'c'].map(lookUp));
    const pump = setInterval(() => ends.shift()?.(), 5);
    expect((await all).map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
    ]);
    expect(asked).toEqual(['a', 'b', 'c']);
    await lookUp('a');
    clearInterval(pump);
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });
});
