import { type Browser, chromium } from 'playwright-core';

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
