import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  TokenVerifier,
  type TokenVerifierOptions,
  VerifierUnavailableError,
} from '../src/verifier/token-verifier.js';
import { eventually } from './support/eventually.js';
import { type Answering, issuerKey, TokenIssuer } from './support/token-issuer.js';

const SOME_ID = '0199f3a4-7a11-7d03-8e0a-5d0f7f3a9c42';

let issuer: TokenIssuer;
let verifiers: TokenVerifier[];
let unhandled: unknown[];
const onUnhandled = (reason: unknown) => unhandled.push(reason);

beforeEach(async () => {
  issuer = await TokenIssuer.start();
  verifiers = [];
  unhandled = [];
  process.on('unhandledRejection', onUnhandled);
});

afterEach(async () => {
  for (const verifier of verifiers) await verifier.stop();
  await issuer.stop();
  process.off('unhandledRejection', onUnhandled);
  if (unhandled.length > 0) throw new AggregateError(unhandled, 'nobody caught it');
});

const start = (options: Partial<TokenVerifierOptions> = {}): TokenVerifier => {
  const verifier = new TokenVerifier({ url: issuer.url, pollEvery: 50, maxSilence: 300, ...options });
  verifiers.push(verifier);
  return verifier;
};
const good = () => issuer.keys[0].token();

/** What a verifier says of a token. */
const judge = (verifier: TokenVerifier, token: string) =>
  verifier.verify(token).then(
    (claims) => (claims ? 'good' : 'not genuine'),
    (error: unknown) => (error instanceof VerifierUnavailableError ? 'cannot know' : String(error)),
  );
const becomes = (verifier: TokenVerifier, token: string, verdict: string, within = 5_000) =>
  eventually(async () => expect(await judge(verifier, token)).toBe(verdict), within);

describe('a verifier', () => {
  it('says that it cannot know while the issuer was silent for too long, and goes on when it is back', async () => {
    const notices: [string, string | undefined][] = [];
    const verifier = start({
      url: `${issuer.url}/`,
      notice: (...notice) => notices.push([notice[0], notice[1]]),
    });
    expect(await judge(verifier, good())).toBe('good');
    issuer.instead.feed = (_, response) => response.writeHead(503).end();
    await becomes(verifier, good(), 'cannot know');
    issuer.instead = {};
    await becomes(verifier, good(), 'good');
    expect(notices).toEqual([
      ['Revocations cannot be read', 'it responded with status 503'],
      ['Revocations are available again', undefined],
    ]);
    await verifier.stop();
    const { requests } = issuer;
    await sleep(150);
    expect(issuer.requests).toBe(requests);
  });

  describe('whose clock is moved', () => {
    const { now } = performance;
    let shift = 0;
    beforeEach(() => {
      shift = 0;
      performance.now = () => now.call(performance) + shift;
    });
    afterEach(() => {
      performance.now = now;
    });
    /** Until the feed was read so often again. */
    const polls = async (count: number) => {
      const until = issuer.asked.feed + count;
      await eventually(async () => expect(issuer.asked.feed).toBeGreaterThanOrEqual(until));
    };

    it.each([
      ['a minute', {}, 60_000],
      ['a minute where the issuer permits more', { 'cache-control': 'max-age=86400' }, 60_000],
      ['what the issuer permits', { 'cache-control': 'public, max-age=30' }, 30_000],
    ])('reads the keys again after %s, and not before', async (_, headers, after) => {
      issuer.headers = headers;
      const verifier = start();
      expect(await judge(verifier, good())).toBe('good');
      shift = after - 20_000;
      await polls(3);
      expect(issuer.asked.jwks).toBe(1);
      shift = after;
      await eventually(async () => expect(issuer.asked.jwks).toBe(2));
      await polls(3);
      expect(issuer.asked.jwks).toBe(2);
    });

    it('cannot know once the keys could not be read for ten minutes, and can again when they are', async () => {
      const verifier = start();
      expect(await judge(verifier, good())).toBe('good');
      issuer.instead.jwks = (_, response) => response.writeHead(503).end();
      shift = 9 * 60_000;
      await polls(3);
      await becomes(verifier, good(), 'good');
      shift = 10 * 60_000;
      await polls(3);
      expect(await judge(verifier, good())).toBe('cannot know');
      issuer.instead = {};
      await becomes(verifier, good(), 'good');
    });
  });

  it('goes on although nobody can be told that the issuer is silent', async () => {
    issuer.instead.feed = (_, response) => response.writeHead(503).end();
    const verifier = start({
      notice: () => {
        throw new Error('the logger is closed');
      },
    });
    expect(await judge(verifier, good())).toBe('cannot know');
    issuer.instead = {};
    await becomes(verifier, good(), 'good');
  });

  it('takes every good token from the first moment on, and asks once for all of them', async () => {
    const verifier = start({ pollEvery: 2_000 });
    const verdicts = await Promise.all(Array.from({ length: 200 }, () => judge(verifier, good())));
    expect(new Set(verdicts)).toEqual(new Set(['good']));
    expect(issuer.asked).toEqual({ jwks: 1, feed: 1 });
  });

  it('takes every good token of a new key from its first moment on, and asks once for all of them', async () => {
    const verifier = start({ pollEvery: 60_000, maxSilence: 60_000 });
    expect(await judge(verifier, good())).toBe('good');
    issuer.keys.push(issuerKey('second'));
    const verdicts = await Promise.all(
      Array.from({ length: 200 }, () => judge(verifier, issuer.keys[1].token())),
    );
    expect(new Set(verdicts)).toEqual(new Set(['good']));
    expect(issuer.asked).toEqual({ jwks: 2, feed: 2 });
  });

  it.each<[string, (verifier: TokenVerifier) => void]>([
    ['is there', () => undefined],
    ['is away', () => (issuer.instead.feed = (request) => request.socket.destroy())],
    [
      'hangs',
      () => {
        issuer.instead.feed = () => undefined;
      },
    ],
  ])('asks an issuer that %s at most once a second, whatever nonsense comes', async (_, prepare) => {
    const verifier = start({ pollEvery: 2_000, maxSilence: 30_000 });
    expect(await judge(verifier, good())).toBe('good');
    prepare(verifier);
    const { requests } = issuer;
    const from = performance.now();
    const flood: Promise<string>[] = [];
    while (performance.now() - from < 3_000) {
      for (let i = 0; i < 20; i++) {
        flood.push(judge(verifier, issuerKey(randomUUID()).token()));
        flood.push(judge(verifier, `${randomUUID()}.${randomUUID()}.${randomUUID()}`));
        flood.push(judge(verifier, randomUUID()));
      }
      await sleep(10);
    }
    const seconds = (performance.now() - from) / 1_000;
    expect(issuer.requests - requests).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
    expect(await judge(verifier, good())).toBe('good');
    expect(new Set(await Promise.all(flood)).has('good')).toBe(false);
  });

  it('refuses what is no access token before anybody is asked', async () => {
    issuer.instead = { jwks: () => undefined, feed: () => undefined };
    const verifier = start();
    const { requests } = issuer;
    const [head, body, signature] = good().split('.');
    const header = (changes: object) =>
      Buffer.from(JSON.stringify({ alg: 'EdDSA', typ: 'at+jwt', kid: 'first', ...changes })).toString(
        'base64url',
      );
    const nonsense = [
      ...[
        '',
        '.',
        '..',
        'a.b.c',
        head,
        `${head}.${body}`,
        `${head}.${body}.${signature}.`,
        `.${body}.${signature}`,
      ],
      ...[{ typ: 'JWT' }, { kid: 1 }, { kid: '' }, { kid: 'x'.repeat(201) }, { crit: [] }].map(
        (changes) => `${header(changes)}.${body}.${signature}`,
      ),
      `${head}.${'a'.repeat(5_000)}.${signature}`,
    ];
    for (const token of nonsense)
      expect([token, await judge(verifier, token)]).toEqual([token, 'not genuine']);
    expect(issuer.requests - requests).toBeLessThanOrEqual(1);
  });

  it('refuses the token of an ended session, and older ones of a changed user, by no clock', async () => {
    const verifier = start();
    const [sid, sub] = [randomUUID(), randomUUID()];
    // However late it says that it was issued.
    const iat = Math.floor(Date.now() / 1000) + 25;
    const ended = issuer.keys[0].token({ sid, iat });
    const [old, renewed] = [1, 2].map((gen) => issuer.keys[0].token({ sub, gen, iat }));
    for (const token of [ended, old, renewed]) expect(await judge(verifier, token)).toBe('good');
    issuer.sessions = [{ id: sid }];
    issuer.users = [{ id: sub, generation: 2 }];
    await becomes(verifier, ended, 'not genuine');
    await becomes(verifier, old, 'not genuine');
    expect(await judge(verifier, renewed)).toBe('good');
    // A page that another instance read before does not take it back.
    issuer.users = [{ id: sub, generation: 1 }];
    await sleep(200);
    expect(await judge(verifier, old)).toBe('not genuine');
  });

  it('reads all pages before it trusts, and goes on from where it stopped', async () => {
    const ended = Array.from({ length: 5 }, () => randomUUID());
    const cursors: (string | null)[] = [];
    let isBroken = true;
    issuer.instead.feed = ({ url }, response) => {
      const cursor = new URL(url ?? '', issuer.url).searchParams.get('cursor');
      cursors.push(cursor);
      const page = cursor?.includes('-') ? Number(cursor.split('-')[0]) : 0;
      if (page === 2 && isBroken) {
        response.writeHead(429).end();
        return;
      }
      const next_page = page < 4 ? `${page + 1}-${'0'.repeat(32)}` : null;
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          ...issuer.feed(),
          sessions: [{ id: ended[page] }],
          next_page,
          cursor: `${100 + page}`,
        }),
      );
    };
    const verifier = start();
    expect(await judge(verifier, good())).toBe('cannot know');
    isBroken = false;
    await becomes(verifier, good(), 'good');
    for (const sid of ended) expect(await judge(verifier, issuer.keys[0].token({ sid }))).toBe('not genuine');
    // The pages before were not asked for again; and the next time begins where the first page says.
    expect(cursors.filter((cursor) => cursor === null)).toHaveLength(1);
    await eventually(async () => expect(cursors).toContain('100'));
    expect(cursors).not.toContain('104');
  });
});

describe('the keys of a verifier', () => {
  it('are good no longer than the issuer names them', async () => {
    const verifier = start();
    const stolen = good();
    expect(await judge(verifier, stolen)).toBe('good');
    issuer.keys = [issuerKey('second')];
    await becomes(verifier, stolen, 'not genuine');
    expect(await judge(verifier, good())).toBe('good');
  });

  it('are good no longer than the feed names them, even where a cache still has the old set', async () => {
    const verifier = start();
    const [first, second] = [issuer.keys[0], issuerKey('second')];
    issuer.keys = [first, second];
    await becomes(verifier, second.token(), 'good');
    const old = JSON.stringify(issuer.jwks());
    issuer.instead.jwks = (_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(old);
    };
    issuer.keys = [second];
    await becomes(verifier, first.token(), 'not genuine');
    expect(await judge(verifier, second.token())).toBe('good');
  });

  it('that the feed names and the set does not are not known to be none', async () => {
    const verifier = start();
    const third = issuerKey('third');
    const old = JSON.stringify(issuer.jwks());
    issuer.instead.jwks = (_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(old);
    };
    issuer.keys.push(third);
    expect(await judge(verifier, third.token())).toBe('cannot know');
    issuer.instead = {};
    await becomes(verifier, third.token(), 'good');
  });

  it('are asked for again by their ETag when max-age has passed, and not before', async () => {
    const known: (string | undefined)[] = [];
    issuer.instead.jwks = ({ headers }, response) => {
      known.push(headers['if-none-match']);
      if (headers['if-none-match']) {
        response.writeHead(304).end();
        return;
      }
      response.writeHead(200, {
        ...{ 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=1', etag: '"1"' },
      });
      response.end(JSON.stringify(issuer.jwks()));
    };
    const verifier = start();
    expect(await judge(verifier, good())).toBe('good');
    await sleep(500);
    expect(known).toEqual([undefined]);
    await eventually(async () => expect(known.slice(0, 2)).toEqual([undefined, '"1"']), 3_000);
    expect(await judge(verifier, good())).toBe('good');
  });

  it.each<[string, (jwk: Record<string, unknown>) => unknown]>([
    [
      'of RSA with 1024 bits',
      () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }),
    ],
    [
      'on another curve',
      () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }),
    ],
    ['that is a secret', () => ({ kty: 'oct', k: 'c2VjcmV0' })],
    ['for another use', (jwk) => ({ ...jwk, use: 'enc' })],
    ['of another algorithm', (jwk) => ({ ...jwk, alg: 'RS256' })],
    ['that is a private one', (jwk) => ({ ...jwk, d: jwk.x })],
    ['of an unknown kind', () => ({ kty: 'XYZ' })],
    ['without a kind', () => ({})],
    ['with another type in it', (jwk) => ({ ...jwk, x: 1 })],
  ])('leave out one %s', async (_, change) => {
    const odd = issuerKey('odd');
    issuer.keys.push({ ...odd, jwk: { ...(change(odd.jwk) as object), kid: 'odd' } });
    const verifier = start();
    expect(await judge(verifier, good())).toBe('good');
    expect(await judge(verifier, odd.token())).toBe('not genuine');
  });
});

describe('what is no answer of an issuer', () => {
  const json = (body: unknown): Answering => text(JSON.stringify(body));
  const text =
    (
      body: string,
      headers: Record<string, string> = { 'content-type': 'application/json' },
      status = 200,
    ): Answering =>
    (_, response) => {
      response.writeHead(status, headers).end(body);
    };
  const common: [string, Answering][] = [
    ['null', json(null)],
    ['a list', json([])],
    ['an object', json({ message: 'We are back soon' })],
    ['a text in JSON', json('x')],
    ['a number', json(1)],
    ['nothing', text('')],
    ['half of it', text('{"keys":[{"kid":')],
    ['a page of HTML', text('<h1>Maintenance</h1>', { 'content-type': 'text/html' })],
    ['a page of HTML that says it were JSON', text('<h1>Maintenance</h1>')],
    ['JSON that does not say so', text('{}', {})],
    [
      'bytes that are no text',
      (_, response) => response.setHeader('content-type', 'application/json').end(Buffer.from([0xff, 0xfe])),
    ],
    ['JSON of endless depth', text('['.repeat(200_000))],
    ['a redirect', text('', { location: 'https://example.com/', 'content-type': 'application/json' }, 302)],
    ['an error', text('{}', { 'content-type': 'application/json' }, 500)],
    ['no content', text('', {}, 204)],
    ['unchanged', text('', {}, 304)],
    ['a connection that is reset', (request) => request.socket.resetAndDestroy()],
    [
      'a connection that ends half-way',
      (request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"keys"', () => request.socket.destroy());
      },
    ],
    [
      '100 MB that say so',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(100e6) });
        response.write('[');
      },
    ],
    [
      'an endless answer',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const more = () => {
          while (!response.destroyed && response.write(' '.repeat(65_536)));
          response.once('drain', more);
        };
        more();
      },
    ],
    [
      'a slow drip',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write(' '), 100);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ];

  /** Each member of a good answer with each other type in its place, missing, and with what is no entry of it. */
  const spoiled = (answer: () => Record<string, unknown>): [string, Answering][] =>
    Object.keys(answer()).flatMap((name) => {
      const wrong = [
        null,
        undefined,
        1.5,
        -1,
        2 ** 60,
        'x'.repeat(300),
        '',
        true,
        {},
        [null],
        [1],
        ['', {}],
        [{ id: 1 }],
        [{ id: 'x', generation: 1 }],
        [{ id: SOME_ID, generation: '1' }],
        [{ id: SOME_ID, generation: -1 }],
        Array.from({ length: 2_000 }, () => ({ id: SOME_ID, generation: 1, kid: randomUUID() })),
      ];
      return wrong
        .filter((value) => !(name === 'next_page' && value === null))
        .filter((value) => !(name === 'sessions' && isListOfSessions(value)))
        .map((value): [string, Answering] => [
          `${name} ${JSON.stringify(value)?.slice(0, 40)}`,
          (...args) => json({ ...answer(), [name]: value })(...args),
        ]);
    });
  const isListOfSessions = (value: unknown) =>
    Array.isArray(value) && value.length === 1 && (value[0] as { id?: string } | null)?.id?.length === 36;

  const doubled: [string, Answering] = [
    'a key twice',
    (...args) => json({ keys: [issuer.keys[0].jwk, issuer.keys[0].jwk] })(...args),
  ];
  const nameless: [string, Answering] = [
    'a key without a name',
    (...args) => json({ keys: [issuer.keys[0].jwk, { kty: 'OKP' }] })(...args),
  ];

  const samples: ['jwks' | 'feed', string, Answering][] = [
    ...common.flatMap(([name, answer]): ['jwks' | 'feed', string, Answering][] => [
      ['jwks', name, answer],
      ['feed', name, answer],
    ]),
    ...[doubled, nameless, ...spoiled(() => (issuer?.jwks() as Record<string, unknown>) ?? { keys: [] })].map(
      ([name, answer]): ['jwks', string, Answering] => ['jwks', name, answer],
    ),
    ...spoiled(
      () => issuer?.feed() ?? { sessions: 0, users: 0, keys: 0, cursor: 0, next_page: 0, window: 0 },
    ).map(([name, answer]): ['feed', string, Answering] => ['feed', name, answer]),
  ];

  it.each(samples)('%s: %s is not heard, and nothing else breaks', async (what, _, answer) => {
    const reasons: (string | undefined)[] = [];
    // At the start nothing is known, so nothing is trusted.
    issuer.instead[what] = answer;
    const verifier = start({ notice: (message, reason) => reasons.push(reason ?? message) });
    expect(await judge(verifier, good())).toBe('cannot know');
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(/^(its? [a-z ]+|it responded with status \d+)$/i);
    // It recovers by itself.
    issuer.instead = {};
    await becomes(verifier, good(), 'good');
    // What was known stays good for as long as it may, and is not thrown away.
    issuer.instead[what] = answer;
    expect(await judge(verifier, good())).toBe('good');
    await sleep(100);
    issuer.instead = {};
    const sid = randomUUID();
    issuer.sessions = [{ id: sid }];
    await becomes(verifier, issuer.keys[0].token({ sid }), 'not genuine');
    expect(await judge(verifier, good())).toBe('good');
  });

  it('a feed without an end', async () => {
    let page = 0;
    issuer.instead.feed = (...args) =>
      json({ ...issuer.feed(), next_page: `${++page}-${'0'.repeat(32)}` })(...args);
    const verifier = start({ maxSilence: 60_000 });
    const verdict = judge(verifier, good());
    await sleep(500);
    issuer.instead = {};
    expect(['good', 'cannot know']).toContain(await verdict);
    await becomes(verifier, good(), 'good');
  });
});

describe('the options of a verifier', () => {
  it.each<[string, Partial<TokenVerifierOptions>, RegExp]>([
    ['http:// to another machine', { url: 'http://accounts.example.com' }, /^url must begin with https:/],
    [
      'http:// to an address of another machine',
      { url: 'http://127.0.0.1.example.com' },
      /^url must begin with https:/,
    ],
    ['no URL', { url: 'accounts.example.com' }, /^url must be/],
    ['another scheme', { url: 'file:///etc/keys' }, /^url must be/],
    ['a user in the URL', { url: 'https://me@accounts.example.com' }, /^url must be/],
    ['a query', { url: 'https://accounts.example.com?x=1' }, /^url must be/],
    ['no time to poll', { pollEvery: 0 }, /^pollEvery must be/],
    ['no time', { maxSilence: Number.NaN }, /^maxSilence must be/],
  ])('are refused with %s', (_, options, message) => {
    expect(() => start(options)).toThrow(RangeError);
    expect(() => start(options)).toThrow(message);
  });

  it.each([
    'https://accounts.example.com',
    'http://localhost:1',
    'http://127.0.0.1:1',
    'http://[::1]:1/base/',
  ])('take %s', async (url) => {
    expect(await judge(start({ url }), issuerKey('x').token())).toBe('cannot know');
  });

  it('take http:// where they say so', async () => {
    const verifier = start({ url: 'http://accounts.invalid', allowHttp: true });
    expect(await judge(verifier, good())).toBe('cannot know');
  });
});
