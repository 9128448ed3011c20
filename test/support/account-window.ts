import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { IMAGES, PATIENCE, violationsIn } from './browser.js';
import { publicUrl } from './mail-service.js';
import type { TestService } from './test-service.js';

/** Browser window on the pages that emailed links open, at the URL in the message. */
export class AccountWindow {
  private constructor(
    private readonly context: BrowserContext,
    /** Open page. */
    readonly page: Page,
    /** Complaints of a page: errors, failures, and requests to other servers. */
    private readonly complaints: string[],
  ) {}

  /** @param service - Is below the path of {@link publicUrl}, as behind a proxy. */
  static async open(browser: Browser, service: TestService): Promise<AccountWindow> {
    const complaints: string[] = [];
    const context = await browser.newContext({
      viewport: { width: 900, height: 620 },
      reducedMotion: 'reduce',
      deviceScaleFactor: 1.5,
    });
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript({ content: axe.source });
    await context.route('**/*', async (route) => {
      const url = route.request().url();
      if (!url.startsWith(`${publicUrl}/`)) {
        complaints.push(url);
        return route.abort();
      }
      const response = await route.fetch({ url: url.replace(publicUrl, service.origin) });
      const isRefused = route.request().method() === 'GET' && !response.ok();
      if (isRefused) complaints.push(`${response.status()} ${url}`);
      // A page that has gone on meanwhile, as happens on a busy machine, takes no answer.
      return route.fulfill({ response }).catch(() => undefined);
    });
    context.on('console', (message) => {
      // Chromium reports rejections of the API, too.
      const isProblem = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isProblem) complaints.push(message.text());
    });
    context.on('weberror', (error) => complaints.push(String(error.error())));
    return new AccountWindow(context, await context.newPage(), complaints);
  }

  /** @throws if there were complaints. */
  async close(): Promise<void> {
    // What a page requests at last is of no interest.
    await this.context.unrouteAll({ behavior: 'ignoreErrors' });
    await this.context.close();
    if (this.complaints.length > 0) throw new Error(this.complaints.join('\n'));
  }

  /** Makes all servers unreachable. */
  async disconnect(): Promise<void> {
    await this.context.route('**/*', (route) => route.abort());
  }

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
  }

  fill(label: string, text: string): Promise<void> {
    return this.page.getByLabel(label, { exact: true }).filter({ visible: true }).fill(text);
  }

  heading(): Promise<string> {
    return this.page.getByRole('heading', { level: 1 }).innerText();
  }

  press(button: string): Promise<void> {
    return this.page.getByRole('button', { name: button, exact: true }).click();
  }

  /** Takes a picture for the documentation. */
  async takePicture(name: string): Promise<void> {
    await this.page.mouse.move(0, 0);
    // Else, what sticks to the top of the window would be in the middle of the page.
    await this.page.evaluate('scrollTo(0, 0)');
    await this.page.screenshot({ path: `${IMAGES}${name}.png`, animations: 'disabled', fullPage: true });
  }

  /** The same on a telephone, in the dark. */
  async takeMobilePicture(name: string): Promise<void> {
    const size = this.page.viewportSize()!;
    await this.page.setViewportSize({ width: 360, height: 680 });
    await this.page.emulateMedia({ colorScheme: 'dark' });
    await this.takePicture(name);
    await this.page.emulateMedia({ colorScheme: 'light' });
    await this.page.setViewportSize(size);
  }
}

/** Expects a state of the page, announced to screen readers. */
export function expectState({ page }: AccountWindow, title: string): Promise<void> {
  return page.locator('h1:focus', { hasText: title }).waitFor();
}

/** The same, and that it is accessible, which takes longer. */
export async function expectOutcome(window: AccountWindow, title: string): Promise<void> {
  await expectState(window, title);
  expect(await window.page.title()).toMatch(title);
  await expectAccessible(window);
}

export async function expectAlert(window: AccountWindow, text: RegExp): Promise<void> {
  await window.page.getByRole('alert').filter({ hasText: text }).waitFor();
  await expectAccessible(window);
}

/** Expects that a field is focused and says what is wrong with it. */
export async function expectMistakes(
  window: AccountWindow,
  label: string,
  messages: string[],
): Promise<void> {
  await window.page.locator('input:focus[aria-invalid=true]').waitFor();
  const described = await window.page
    .getByLabel(label, { exact: true })
    .filter({ visible: true })
    .getAttribute('aria-describedby');
  const [id] = described!.split(' ');
  expect(await window.page.locator(`#${id} p`).allInnerTexts()).toEqual(messages);
  await expectAccessible(window);
}

/** Expects no violation in light and in dark, and no sideways scrolling where there is little room (WCAG 1.4.10). */
export async function expectAccessible({ page }: AccountWindow): Promise<void> {
  const size = page.viewportSize()!;
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
  await page.setViewportSize(size);

  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    expect([colorScheme, await violationsIn(page)]).toEqual([colorScheme, []]);
  }
}
