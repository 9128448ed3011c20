import type { RunOptions } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Docs show these pictures. */
export const IMAGES = new URL('../../docs/images/', import.meta.url).pathname;

/**
 * In ms. How long a window waits for what a test expects of it: less than a test may take, so that the error says what was
 * waited for, and long enough for a machine whose processors others use, too.
 */
export const PATIENCE = 30_000;

/** Chromium, where Debian's package puts it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    // Pages open windows as in the browsers of their users, who have to press something first.
    ignoreDefaultArgs: ['--disable-popup-blocking'],
    args: [
      // The sandbox does not start as root, and the pages are our own.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Rule of axe that a page breaks, and the elements that do. */
interface Violation {
  id: string;
  html: string[];
}

/**
 * Returns the violations that axe finds in a page, which must have its script. All else that it tells is larger by far, and
 * stays in the page.
 *
 * @param of - Selector of the part to look at. Default: the whole page.
 */
export function violationsIn(
  page: Page,
  { of, ...options }: RunOptions & { of?: string } = {},
): Promise<Violation[]> {
  const part = of === undefined ? 'document' : JSON.stringify(of);
  const rules = JSON.stringify({ ...options, resultTypes: ['violations'] });
  return page.evaluate(`axe.run(${part}, ${rules}).then(({ violations }) =>
    violations.map(({ id, nodes }) => ({ id, html: nodes.map(({ html }) => html) })))`);
}
