// The documentation as a site, built as .github/workflows/site.yml does, but for the API pages, which `npm run lint:api` converts.
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { pages } from '../../site/chapters.js';
import { launchBrowser, violationsIn } from '../support/browser.js';
import { repository, run } from '../support/outside.js';

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

let out: string;
let server: Server;
let origin: string;
/** The root of the site, below a path as on GitHub Pages. */
let root: string;
let browser: Browser;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'astra-site-'));
  server = createServer((request, answer) => void serve(request.url ?? '').then((end) => end(answer))).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  root = `${origin}/astra`;
  await run('npm ci --no-audit --no-fund --prefer-offline && npm run pages', join(repository, 'site'), {
    ...{ SITE_OUT: out, SITE_BASE: '/astra/', SITE_FILES: 'https://github.com/someone/astra/blob/main' },
    SITE_VERSION: 'v0.2.0',
    SITE_VERSIONS: JSON.stringify([
      { name: 'v0.2.0', url: `${root}/` },
      { name: 'v0.1.3', url: `${root}/v0.1/` },
    ]),
  });
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  server?.close();
  await rm(out, { recursive: true, force: true });
});

/** As GitHub Pages answers: x.html for x, and 404.html where there is nothing. */
async function serve(url: string) {
  const path = new URL(url, 'http://x').pathname.replace(/^\/astra\//, '');
  for (const end of path === '' ? ['index.html'] : ['', '.html']) {
    const body = await readFile(join(out, path + end)).catch(() => undefined);
    const type = TYPES[extname(path + end)] ?? 'application/octet-stream';
    if (body) return (answer: ServerAnswer) => answer.writeHead(200, { 'content-type': type }).end(body);
  }
  return (answer: ServerAnswer) => answer.writeHead(404).end();
}
type ServerAnswer = Parameters<Parameters<typeof createServer>[1] & object>[1];

/** Opens a page of the site, which must not complain, fail, or ask another server. */
async function open(path: string, width: number, colorScheme: 'light' | 'dark') {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(`${root}/`))
      complaints.push(request.url());
  });
  page.on('response', (response) => {
    if (!response.ok()) complaints.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(`${root}/${path}`);
  return { page, complaints };
}

/** The pictures of a page that cannot be shown; they load when they come near the window. */
async function brokenPictures(page: Page): Promise<string[]> {
  const pictures = await page.locator('img').all();
  const widths = pictures.map((picture) =>
    picture.evaluate(async (element) => {
      const img = element as HTMLElement & { decode(): Promise<void>; naturalWidth: number; src: string };
      await img.decode().catch(() => undefined);
      return img.naturalWidth > 0 ? '' : img.src;
    }),
  );
  return (await Promise.all(widths)).filter(Boolean);
}

it('has a file for each page', async () => {
  const paths = pages.map((page) => page.replace('README.md', 'index.md').replace(/md$/, 'html'));
  const lengths = await Promise.all(
    paths.map(async (path) => (await readFile(join(out, path), 'utf8')).length),
  );
  expect(Math.min(...lengths)).toBeGreaterThan(2000);
});

// Short pages, because axe takes long for long ones: with pictures, and with diagrams and code.
it.each([
  ['docs/sign-in-page', 'on a desktop', 1280, 'light'],
  ['docs/mail', 'on a phone, in the dark', 360, 'dark'],
] as const)('shows /%s %s so that axe finds nothing', async (path, _, width, scheme) => {
  const { page, complaints } = await open(path, width, scheme);
  await page.locator('h1').waitFor();
  await page.evaluate(axe.source);
  expect(await violationsIn(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  expect(await brokenPictures(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await page.close();
});

it('finds a page by its words, turns dark, leads to files of the repository and to other versions', async () => {
  const { page, complaints } = await open('docs/releases', 1280, 'light');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('searchbox').fill('recovery codes');
  await page.getByRole('option', { name: 'Second factors' }).first().click();
  await page.waitForURL(`${root}/docs/second-factors#*`);

  await page.getByRole('switch').click();
  await page.locator('html.dark').waitFor();

  await page.goto(`${root}/docs/releases`);
  const workflow = page.getByRole('link', { name: 'release.yml' });
  expect(await workflow.getAttribute('href')).toBe(
    'https://github.com/someone/astra/blob/main/.github/workflows/release.yml',
  );
  await page.getByRole('link', { name: 'changelog' }).first().click();
  await page.waitForURL(`${root}/CHANGELOG`);
  await page.getByRole('button', { name: 'v0.2.0' }).hover();
  const earlier = page.getByRole('link', { name: 'v0.1.3' });
  await earlier.waitFor();
  expect(await earlier.getAttribute('href')).toBe(`${root}/v0.1/`);
  expect(complaints).toEqual([]);
});

it('is not built with a link to a file that does not exist', async () => {
  const path = join(repository, 'site/.vitepress/markdown.mjs');
  const { resolveLink } = (await import(path)) as {
    resolveLink(href: string, from: string, files?: string): string | undefined;
  };
  expect(() => resolveLink('../src/nothing.ts', 'docs')).toThrow(
    'links to ../src/nothing.ts, which does not exist',
  );
  expect(resolveLink('../README.md#start', 'docs')).toBe('../index.md#start');
  expect(resolveLink('../examples/notes-backend', 'docs', 'https://x/blob/v1')).toBe(
    'https://x/tree/v1/examples/notes-backend',
  );
  expect(resolveLink('../LICENSE', 'docs')).toBeUndefined();
});
