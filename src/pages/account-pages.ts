import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { Eta } from 'eta/core';
import { etagOf } from '../http/request/etag.js';
import { AuthSettings } from '../settings/auth-settings.js';
import type { MailSettings } from '../settings/mail/mail-settings.js';
import type { PageName, PageTexts, SignInTexts } from './page-texts.js';
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

/** Scripts and style sheets of the pages by the name in their URLs, with the files that each consists of. */
const sources = {
  'account.css': ['colors.css', 'base.css', 'account.css', 'sign-in/sign-in.css'],
  'app.css': ['colors.css', 'base.css', 'built/app.css'],
  'forms.js': ['forms.js'],
  'account.js': ['account.js'],
  'sign-in.js': ['sign-in/sign-in.js'],
  'client.js': ['sign-in/client.js'],
  'passkeys.js': ['sign-in/passkeys.js'],
  'proofs.js': ['sign-in/proofs.js'],
  'setup.js': ['sign-in/setup.js'],
  'signed-in.js': ['sign-in/signed-in.js'],
  'app.js': ['sign-in/app.js'],
  'console.js': ['built/console.js'],
  'sign-up.js': ['sign-in/ways-in/sign-up.js'],
  'my-account.js': ['built/my-account.js'],
  'email-code.js': ['sign-in/ways-in/email-code.js'],
  'providers.js': ['sign-in/ways-in/providers.js'],
  'visit.js': ['sign-in/ways-in/visit.js'],
  'provider-return.js': ['sign-in/ways-in/provider-return.js'],
} as const;

/** Name of a static file of the pages. */
export type PageFileName = keyof typeof sources;
/** Applications after the sign-in, each with a page of its own beside the folder of the other pages. */
type AppName = 'my-account' | 'console';
const named = (end: string) => Object.keys(sources).filter((name) => name.endsWith(end)) as PageFileName[];
/** All scripts. */
export const SCRIPTS = named('.js');
/** All style sheets. */
export const STYLES = named('.css');

/** Static file of the pages; changes only with a new version of Astra. */
interface PageFile {
  readonly text: string;
  readonly etag: string;
}

/** Renders the pages and their files once, when the application starts. */
@Injectable()
export class AccountPages {
  private readonly files = new Map<string, PageFile>();
  private readonly pages = new Map<string, string>();

  constructor(private readonly settings: AuthSettings) {}

  /**
   * Renders all pages.
   *
   * @param api - Path from the pages to the API: the part before `/auth/…`.
   */
  async write(api: string): Promise<void> {
    const { mail, passwordPolicy } = this.settings;
    const texts = textsIn(typeof mail.language === 'string' ? mail.language : mail.language.tag);
    const { tooManyTries, away, shortly, messages, registration } = texts;
    const product = mail.productName;
    const words = { product, tooManyTries, away, shortly, registration, ...messages };
    const { maxDays, scopes } = this.settings.apiKeys;
    const keys = { maxDays, scopes: [...scopes] };
    const shared = { files: '', texts, product, initial: Array.from(product)[0].toUpperCase() };
    const version = await this.writeFiles();

    const eta = new Eta({ autoEscape: true });
    eta.loadTemplate('@frame', await ownFile('frame.html'));
    eta.loadTemplate('@new-password', await ownFile('new-password.html'));
    eta.loadTemplate('@page', await ownFile('account.html'));
    for (const [name, { asksPassword, ...routes }] of Object.entries(pages) as [PageName, Page][]) {
      const html = eta.render('@page', {
        ...texts.pages(product)[name],
        signOf: (state: string) => (state === 'done' || state === 'sent' ? 'good' : 'bad'),
        ...shared,
        rules: texts.passwordRules[passwordPolicy],
        words: JSON.stringify(words),
        // Relative, so that a proxy may serve everything below a path (PUBLIC_URL).
        page: {
          asksPassword,
          ...Object.fromEntries(Object.entries(routes).map(([use, route]) => [use, `${api}/${route}`])),
        },
        version,
      });
      this.pages.set(name, html);
    }

    eta.loadTemplate('@sign-in', await ownFile('sign-in/sign-in.html'));
    eta.loadTemplate('@codes', await ownFile('sign-in/ways-in/codes.html'));
    eta.loadTemplate('@sign-up', await ownFile('sign-in/ways-in/sign-up.html'));
    eta.loadTemplate('@providers', await ownFile('sign-in/ways-in/providers.html'));
    eta.loadTemplate('@visit', await ownFile('sign-in/ways-in/visit.html'));
    eta.loadTemplate('@provider-proofs', await ownFile('sign-in/ways-in/provider-proofs.html'));
    eta.loadTemplate('@provider-return', await ownFile('sign-in/ways-in/provider-return.html'));
    eta.loadTemplate('@field', await ownFile('sign-in/field.html'));
    const own = JSON.parse(await ownFile(`sign-in/${texts.tag}.json`)) as SignInTexts;
    const outcomesOf = texts.pages(product);
    const signIn = {
      ...shared,
      rules: texts.passwordRules[passwordPolicy],
      own,
      outcomes: {
        ...own.outcomes,
        'reset-sent': outcomesOf['reset-password'].outcomes.sent,
        'verify-sent': outcomesOf['verify-email'].outcomes.sent,
      },
      words: JSON.stringify({ ...words, ...own.words, rules: texts.passwordRules[passwordPolicy], keys }),
      features: this.features().join(' '),
      roles: [...this.settings.roles.keys()].join(' '),
      providers: [...this.settings.providers.all.values()],
      version,
    };
    const canSignUp = this.settings.features.registration;
    this.pages.set('sign-in', eta.render('@sign-in', { ...signIn, api, canSignUp }));
    this.pages.set('provider-return', eta.render('@provider-return', signIn));
    // Not in the folder of the other pages, but beside it.
    const apiBeside = api.replace(/^\.\.(\/|$)/, './');
    for (const app of ['my-account', 'console'] satisfies AppName[])
      this.pages.set(app, eta.render('@sign-in', { ...signIn, app, api: apiBeside, files: 'account/' }));
  }

  /** Returns a page as it is served, after {@link write}. */
  html(name: PageName | 'sign-in' | 'provider-return' | AppName): string {
    return this.pages.get(name) ?? '';
  }

  /** Returns a static file, after {@link write}. */
  file(name: PageFileName): PageFile | undefined {
    return this.files.get(name);
  }

  /**
   * Reads the static files.
   *
   * @returns their version. In URLs, it makes browsers load files that match the pages, regardless of their cache.
   */
  private async writeFiles(): Promise<string> {
    const texts: [PageFileName, string][] = [];
    for (const [name, parts] of Object.entries(sources) as [PageFileName, readonly string[]][]) {
      if (name === 'console.js' && !this.settings.features.console) continue;
      const read = await Promise.all(parts.map(ownFile));
      const { mail } = this.settings;
      texts.push([name, (name.endsWith('.css') ? [brandOf(mail), ...read, logoOf(mail)] : read).join('\n')]);
    }
    const version = hash('sha256', texts.map(([, text]) => text).join(), 'base64url').slice(0, 16);
    for (const [name, text] of texts) {
      const served = text.replace(/ from '\.[^']*\/([a-z-]+\.js)';/g, ` from './$1?v=${version}';`);
      this.files.set(name, { text: served, etag: etagOf(served) });
    }
    return version;
  }

  /** Returns the features that the sign-in page, and what follows it, offer. */
  private features(): string[] {
    const { emailVerification, features, refreshCookieOrigins, passkeys } = this.settings;
    const offered = {
      cookie: refreshCookieOrigins !== undefined,
      factors: features.secondFactor,
      passkeys: passkeys !== null,
      mail: features.mail,
      codes: features.emailCode,
      webhooks: features.webhooks,
      passwordless: features.passwordless,
      // A new account cannot sign in before.
      'verify-first': features.passwordless || emailVerification === 'required',
      apiKeys: features.apiKeys,
      identities: this.settings.providers.all.size > 0,
    };
    return Object.entries(offered).flatMap(([name, isOffered]) => (isOffered ? [name] : []));
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

/** Returns a rule that shows the logo, if there is one, instead of the first letter of the name. */
function logoOf({ logo }: MailSettings): string {
  return logo
    ? `header>span[aria-hidden],.logo{background:center/contain no-repeat url("${logo}");border-radius:0;font-size:0}`
    : '';
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
