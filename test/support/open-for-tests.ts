import type { Browser } from 'playwright-core';
import { AccountWindow } from './account-window.js';
import { launchBrowser } from './browser.js';
import { MailService } from './mail-service.js';
import type { TestServiceOptions } from './test-service.js';

/** What the tests of a file share, and the window of the current one. */
export interface Opened {
  app: MailService;
  browser: Browser;
  window: AccountWindow;
}

/**
 * Starts a service and a browser before the tests of a file, and opens a window before each of them. All of it is closed afterwards.
 *
 * @param set - Called whenever one of them is new.
 */
export function openForTests(options: TestServiceOptions, set: (opened: Opened) => void): void {
  const opened = {} as Opened;
  beforeAll(async () => {
    opened.app = await MailService.start(options);
    opened.browser = await launchBrowser();
    set(opened);
  });
  afterAll(async () => {
    await opened.browser?.close();
    await opened.app?.stop();
  });
  beforeEach(async () => {
    opened.window = await AccountWindow.open(opened.browser, opened.app.service);
    set(opened);
  });
  afterEach(() => opened.window.close());
}
