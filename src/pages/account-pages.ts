import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { Eta } from 'eta/core';
import { etagOf } from '../http/request/etag.js';
import { AuthSettings } from '../settings/auth-settings.js';
import type { MailSettings } from '../settings/mail/mail-settings.js';
import type { PageName, PageTexts } from './page-texts.js';
import { de } from './texts/de.js';
import { en } from './texts/en.js';

interface Page {
  /** API route that takes the token. */
  action: string;
  /** API route that sends another link, if there is one for users who are not signed in. */
  resend?: string;
  asksPassword?: boolean;
  /** API route that returns the account of the link. */
  preview?: string;
  /** API route for users who did not create the account. */
  disown?: string;
}

const pages: Record<PageName, Page> = {
  'verify-email': {
    action: 'auth/verify-email',
    resend: 'auth/verify-email/request',
    preview: 'auth/verify-email/preview',
    disown: 'auth/verify-email/disown',
  },
  'reset-password': { action: 'auth/password/reset', resend: 'auth/password/forgot', asksPassword: true },
  'confirm-email': { action: 'auth/email/confirm' },
  'undo-email-change': { action: 'auth/email/undo' },
};

/** Static file of the pages; changes only with a new version of Astra. */
interface PageFile {
  readonly text: string;
  readonly etag: string;
}

/** Renders the pages and their files once, when the application starts. */
@Injectable()
export class AccountPages {
  script: PageFile;
  style: PageFile;
  private readonly pages = new Map<PageName, string>();

  constructor(private readonly settings: AuthSettings) {}

  /**
   * Renders all pages.
   *
   * @param api - Path from the pages to the API: the part before `/auth/…`.
   */
  async write(api: string): Promise<void> {
    const { mail, passwordPolicy } = this.settings;
    const texts = textsIn(typeof mail.language === 'string' ? mail.language : mail.language.tag);
    const { tooManyTries, away, shortly, inputErrors, registration } = texts;
    const product = mail.productName;
    this.script = asFile(await ownFile('account.js'));
    this.style = asFile(
      [brandOf(mail), await ownFile('colors.css'), await ownFile('account.css')].join('\n'),
    );
    // The version in URLs makes browsers load files that match the pages, regardless of their cache.
    const version = hash('sha256', this.script.text + this.style.text, 'base64url').slice(0, 16);

    const eta = new Eta({ autoEscape: true });
    eta.loadTemplate('@page', await ownFile('account.html'));
    for (const [name, { asksPassword, ...routes }] of Object.entries(pages) as [PageName, Page][]) {
      const html = eta.render('@page', {
        ...texts.pages(product)[name],
        texts,
        product,
        initial: Array.from(product)[0].toUpperCase(),
        rules: texts.passwordRules[passwordPolicy],
        words: JSON.stringify({ product, tooManyTries, away, shortly, inputErrors, registration }),
        // Relative, so that a proxy may serve everything below a path (PUBLIC_URL).
        page: {
          asksPassword,
          ...Object.fromEntries(Object.entries(routes).map(([use, route]) => [use, `${api}/${route}`])),
        },
        version,
      });
      this.pages.set(name, html);
    }
  }

  /** Returns a page as it is served, after {@link write}. */
  html(name: PageName): string {
    return this.pages.get(name) ?? '';
  }
}

/**
 * Returns the configured color, a legible text color, and the color under the mouse pointer, which has more contrast to
 * the text.
 */
function brandOf({ color, textOnColor }: MailSettings): string {
  const away = textOnColor === '#ffffff' ? '#000000' : '#ffffff';
  return `:root{--brand:${color};--on-brand:${textOnColor};--brand-hover:color-mix(in srgb,${color},${away} 12%)}`;
}

/**
 * Returns the texts in a language; English if there is no translation.
 *
 * @param tag - BCP 47.
 */
function textsIn(tag: string): PageTexts {
  return [en, de].find((texts) => new Intl.Locale(tag).language === texts.tag) ?? en;
}

/** Reads a file of this folder; the build copies them to dist (nest-cli.json). */
function ownFile(name: string): Promise<string> {
  return readFile(new URL(`./files/${name}`, import.meta.url), 'utf8');
}

/** Returns a file with the hash of its content as ETag. */
function asFile(text: string): PageFile {
  return { text, etag: etagOf(text) };
}
