import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Page } from 'playwright-core';
import { ADMIN, startPopulated } from './populated.js';
import { machine, onWhat, save, table } from './report.js';
import type { Stage } from './stage.js';

/** Path in Debian. */
const CHROMIUM = '/usr/bin/chromium';
/** Typed one after the other: names, parts of names, an email address, and what nobody has. */
const SEARCHES = [
  'lovelace',
  'ada',
  'kim7',
  'zq',
  'son',
  'mary12@example',
  'w',
  'hopper9',
  'xyzzy',
  'garcia',
];
/** Milliseconds between the keys of a quick typist. */
const QUICK = 80;
/** Number of pages that are read by scrolling, of 50 users each. */
const PAGES = 60;

/**
 * Measures in the page: the time from an event of the user to the frame that shows the rows of its response. `arm` waits for
 * one; `taken` is a promise of its time in ms.
 */
const PROBE = `(() => {
  let begun;
  addEventListener('keydown', ({ timeStamp }) => (begun = timeStamp), true);
  const listing = () => document.querySelector('.listing');
  const request = () => performance.getEntriesByType('resource').findLast(({ name }) => name.includes('/admin/users')).duration;
  window.probe = {
    scroll() {
      begun = performance.now();
      scrollTo(0, document.body.scrollHeight);
    },
    arm() {
      begun = undefined;
      let wasBusy = false;
      this.taken = new Promise((resolve) => {
        const watch = new MutationObserver(() => {
          const isBusy = listing()?.getAttribute('aria-busy') === 'true';
          wasBusy ||= isBusy && begun !== undefined;
          if (!wasBusy || isBusy) return;
          watch.disconnect();
          // A message that is sent in a frame arrives after it was painted.
          requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => resolve({ whole: performance.now() - begun, request: request() });
            port2.postMessage(null);
          });
        });
        watch.observe(document.body, { subtree: true, childList: true, attributes: true });
      });
    },
  };
})()`;

/** In ms. */
interface Taken {
  whole: number;
  /** Of it, from the request to the end of its response. */
  request: number;
}

interface Series {
  name: string;
  times: Taken[];
}

/**
 * Measures how soon the console shows users, in Chromium, with many users: from a key in the search field, and from scrolling to
 * the end, to the frame with the rows.
 *
 * @returns a table in Markdown, which is also written to `console.md` in the folder.
 */
export async function measureConsole(
  stage: Stage,
  { folder, users, postgres }: { folder: string; users: number; postgres: string },
  notice: (line: string) => void,
): Promise<string> {
  const { server } = await startPopulated(stage, users, { CONSOLE: 'on', LOG_LEVEL: 'warn' }, notice);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.addInitScript({ content: PROBE });
    await page.goto(`${server.origin}/console#users`);
    await page.getByLabel('Username or email address').filter({ visible: true }).fill(ADMIN.username);
    await page.getByLabel('Password', { exact: true }).filter({ visible: true }).fill(ADMIN.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('row').nth(50).waitFor();
    // The first searches of a service are also the first of its code, and of Postgres' memory.
    await typeSlowly(page, SEARCHES.slice(0, 3));
    const load = [loadavg()[0]];
    const series = [];
    for (const measure of [typeSlowly, typeQuickly, scroll]) {
      series.push(await measure(page));
      notice(series[series.length - 1].name);
      load.push(loadavg()[0]);
    }
    return await report(folder, users, postgres, load, series);
  } finally {
    await browser.close();
  }
}

const taken = (page: Page) => page.evaluate<Taken>('probe.taken');
const arm = (page: Page) => page.evaluate('probe.arm()');

/** Leaves the field empty, with the list of all. */
async function clear(page: Page): Promise<void> {
  await page.getByLabel('Search').focus();
  await page.keyboard.press('Control+A');
  await arm(page);
  await page.keyboard.press('Delete');
  await taken(page);
}

/** Each key, after the rows of the one before. */
async function typeSlowly(page: Page, searches = [...SEARCHES, ...SEARCHES]): Promise<Series> {
  const times: Taken[] = [];
  await page.getByLabel('Search').focus();
  for (const search of searches) {
    for (const key of search) {
      await arm(page);
      await page.keyboard.press(key);
      times.push(await taken(page));
    }
    await clear(page);
  }
  return { name: 'a key in the search field', times };
}

/** Whole words; the last key counts. */
async function typeQuickly(page: Page): Promise<Series> {
  const times: Taken[] = [];
  for (const search of [...SEARCHES, ...SEARCHES]) {
    await page.keyboard.type(search.slice(0, -1), { delay: QUICK });
    await sleep(QUICK);
    await arm(page);
    await page.keyboard.press(search.slice(-1));
    times.push(await taken(page));
    await clear(page);
  }
  return { name: `the last key of a word, ${QUICK} ms after the one before`, times };
}

/** To the end of the list, again and again. */
async function scroll(page: Page): Promise<Series> {
  const times: Taken[] = [];
  for (let i = 0; i < PAGES; i++) {
    await arm(page);
    await page.evaluate('probe.scroll()');
    times.push(await taken(page));
  }
  return { name: `scrolling to the end, from 50 to ${50 * (PAGES + 1)} rows`, times };
}

async function report(
  folder: string,
  users: number,
  postgres: string,
  load: number[],
  series: Series[],
): Promise<string> {
  const where = machine(postgres);
  const quantile = (times: Taken[], part: keyof Taken, q: number) => {
    const sorted = times.map((time) => time[part]).toSorted((a, b) => a - b);
    return sorted[Math.floor(q * (sorted.length - 1))].toFixed(0);
  };
  const markdown = [
    `${onWhat(where)} ${users} users; load of the machine ${Math.min(...load).toFixed(1)} to ${Math.max(...load).toFixed(1)}.`,
    table(
      ['from', 'times', 'p50 (ms)', 'p95 (ms)', 'longest (ms)', 'p50, p95 of the request (ms)'],
      series.map(({ name, times }) => [
        name,
        String(times.length),
        ...[0.5, 0.95, 1].map((q) => quantile(times, 'whole', q)),
        [0.5, 0.95].map((q) => quantile(times, 'request', q)).join(', '),
      ]),
    ),
  ].join('\n\n');
  await save(folder, 'console', { machine: { ...where, load }, users, series }, markdown);
  return markdown;
}
