import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { ConsoleLogger, Logger, RequestMethod, type VersioningOptions, VersioningType } from '@nestjs/common';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { astraEntities, AstraModule, type MailLink } from '../src/index.js';
import { TestMailbox } from '../src/testing/test-mailbox.js';
import { TestDatabase } from './support/test-database.js';

const ORIGIN = 'https://app.example';
const uri: VersioningOptions = { type: VersioningType.URI, defaultVersion: '2' };

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.create();
});
afterAll(() => database.drop());

interface Host {
  express?: boolean;
  publicUrl?: string;
  pages?: boolean;
  links?: Partial<Record<MailLink, string>>;
  mount?: string;
  setUp?: (app: INestApplication) => unknown;
}

/** A host for as long as `use` takes, with what it warned of at its start. */
async function withHost(
  { express, publicUrl = ORIGIN, pages = true, links, mount, setUp }: Host,
  use: (origin: string, mailbox: TestMailbox, warnings: string[]) => Promise<void>,
): Promise<void> {
  const mailbox = new TestMailbox();
  const astra = AstraModule.forRoot({
    secretKey: 'a secret key for the links of a host',
    publicUrl,
    features: { pages: pages && { path: mount } },
    mail: { mailer: mailbox, links },
    rateLimits: false,
  });
  @Module({})
  class Root {}
  const imports = [
    TypeOrmModule.forRoot({
      type: 'postgres',
      ...database.connection,
      entities: astraEntities,
      installExtensions: false,
      retryAttempts: 0,
    }),
    astra,
  ];
  const warnings: string[] = [];
  class Collects extends ConsoleLogger {
    override log() {}
    override warn(message: unknown) {
      warnings.push(String(message));
    }
  }
  const adapter = express ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create({ module: Root, imports }, adapter, {
    logger: new Collects(),
    abortOnError: false,
  });
  try {
    setUp?.(app);
    await app.listen(0, '127.0.0.1');
    await use(await app.getUrl(), mailbox, warnings);
  } finally {
    await app.close();
    Logger.overrideLogger(false);
  }
}

/** Where people follow a link to, behind the proxy that serves the application at `publicUrl`. */
async function follow(origin: string, link: string): Promise<{ page: number; api: number }> {
  expect(link.startsWith(ORIGIN)).toBe(true);
  const url = new URL(link.replace(ORIGIN, origin));
  const page = await fetch(url);
  const [, action = ''] = / action="(.*?)"/.exec(await page.text()) ?? [];
  const api = await fetch(new URL(action, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: url.hash.slice('#token='.length) }),
  });
  return { page: page.status, api: api.status };
}

/** The page loads all of these, but for the script of a page of its own. */
const scripts = globSync('src/pages/files/{forms.js,sign-in/**/*.js}').filter(
  (path) => !path.endsWith('provider-return.js'),
);
const needed = ['account.css', ...scripts.map((path) => basename(path))].sort();

it.each([false, true])('the sign-in page of a host has its scripts (on Express: %s)', async (express) => {
  const setUp = (app: INestApplication) => app.setGlobalPrefix('my/api').enableVersioning(uri);
  await withHost({ express, setUp }, async (origin) => {
    const url = `${origin}/my/api/account/sign-in`;
    const html = await (await fetch(url)).text();
    expect(html).toContain(' data-api="../v2"');
    const urls = new Set([...html.matchAll(/ (?:src|href)="(.+?\?v=.+?)"/g)].map(([, file]) => file));
    for (const file of urls) {
      const response = await fetch(new URL(file, url));
      expect([file, response.status]).toEqual([file, 200]);
      expect(response.headers.get('content-type')).toMatch(/^text\/(css|javascript); charset=utf-8$/);
      for (const [, imported] of (await response.text()).matchAll(/ from '(.+?)';/g)) urls.add(imported);
    }
    expect([...urls].map((file) => /(\w[\w-]*\.\w+)\?/.exec(file ?? '')?.[1]).sort()).toEqual(needed);
    expect((await fetch(`${url}.js`)).status).toBe(200);
    expect((await fetch(`${origin}/my/api/account/other.js`)).status).toBe(404);
  });
});

let people = 0;

describe.each([false, true])('links in the mail of a host (on Express: %s)', (express) => {
  it.each<[string, string, Host]>([
    ['with nothing in front', '', {}],
    ['with a prefix', '/api', { setUp: (app) => app.setGlobalPrefix('api') }],
    ['with a prefix that begins with a slash', '/api', { setUp: (app) => app.setGlobalPrefix('/api') }],
    ['with a prefix of two parts', '/my/api', { setUp: (app) => app.setGlobalPrefix('my/api') }],
    ['with versions', '/v2', { setUp: (app) => app.enableVersioning(uri) }],
    [
      'with versions of another prefix',
      '/version-2',
      { setUp: (app) => app.enableVersioning({ ...uri, prefix: 'version-' }) },
    ],
    [
      'with a prefix and versions',
      '/api/v2',
      { setUp: (app) => app.setGlobalPrefix('api').enableVersioning(uri) },
    ],
    [
      'whose publicUrl has the prefix',
      '/api/v2',
      { publicUrl: `${ORIGIN}/api`, setUp: (app) => app.setGlobalPrefix('api').enableVersioning(uri) },
    ],
    [
      'whose publicUrl has the prefix and the version',
      '/api/v2',
      { publicUrl: `${ORIGIN}/api/v2/`, setUp: (app) => app.setGlobalPrefix('api').enableVersioning(uri) },
    ],
    [
      'whose prefix does not hold for the pages',
      '/api',
      {
        setUp: (app) =>
          app.setGlobalPrefix('api', { exclude: [{ path: 'account/{*path}', method: RequestMethod.ALL }] }),
      },
    ],
    [
      'whose pages are mounted elsewhere',
      '/api',
      { mount: 'people', setUp: (app) => app.setGlobalPrefix('api') },
    ],
  ])('lead to the page, and that to the API: %s', async (_, api, host) => {
    await withHost({ ...host, express }, async (origin, mailbox, warnings) => {
      const username = `person-${++people}`;
      const email = `${username}@example.com`;
      const registered = await fetch(`${origin}${api}/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, email, password: 'Analytical1' }),
      });
      expect(registered.status).toBe(201);
      const { link } = await mailbox.latest(email);
      expect({ link, ...(await follow(origin, link)) }).toEqual({ link, page: 200, api: 200 });
      expect(warnings.filter((one) => one.includes('Links in mail'))).toEqual([]);
    });
  });
});

describe('a host whose mail has links that lead to no page', () => {
  const url = 'https://app.example/#{token}';
  it.each<[string, number, Host]>([
    ['without pages', 1, { pages: false }],
    ['with some pages of its own', 1, { pages: false, links: { verifyEmail: url } }],
    [
      'with all pages of its own',
      0,
      {
        pages: false,
        links: { verifyEmail: url, resetPassword: url, confirmEmail: url, undoEmailChange: url },
      },
    ],
  ])('is warned once at its start: %s', async (_, count, host) => {
    await withHost(host, async (_origin, _mailbox, warnings) => {
      expect(warnings.filter((one) => one.includes('features.pages'))).toHaveLength(count);
    });
  });
});
