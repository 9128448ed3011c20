import type { MailLanguage } from './mail-language.js';
import type { Mailer } from './mailer.js';
import { checkedMailBudgets, type MailBudgets } from './mail-budgets.js';
import { LOGO_MAY_BE, readLogo } from './logo.js';
import { isReadableWithWhite } from './contrast.js';
import { type MailLanguageName, mailLanguages, type MailLink, type MailOptions } from './mail-options.js';

/** Validated mail options, with defaults. {@link MailOptions} describes them. */
export class MailSettings {
  readonly mailer: Mailer | undefined;
  readonly from: string;
  readonly productName: string;
  readonly color: string;
  /** Black or white, whichever is legible on {@link color}. */
  readonly textOnColor: string;
  /** As a `data:` URL; `null` if there is none. */
  readonly logo: string | null;
  readonly language: MailLanguageName | MailLanguage;
  readonly budgets: MailBudgets;
  private hasPages = false;
  /** URL that Astra's own pages are below. */
  private pagesUrl: string;
  private readonly ownLinks: Readonly<Partial<Record<MailLink, string>>>;

  /** @throws {RangeError} with the name of an invalid option and its valid values. */
  constructor(
    options: MailOptions,
    private readonly publicUrl: string,
  ) {
    this.pagesUrl = publicUrl;
    this.mailer = options.mailer;
    this.from = options.from ?? `no-reply@${new URL(publicUrl).hostname}`;
    const [, name, address] = /^(?:([^<>\p{Cc}]+) )?<?([^\s<>@,]+@[^\s<>@,]+)>?$/u.exec(this.from) ?? [];
    if (!address) throw new RangeError('mail.from must be an email address, with or without a name');

    this.productName = options.productName ?? name ?? 'Astra';
    if (!/^\P{Cc}{1,80}$/u.test(this.productName))
      throw new RangeError('mail.productName must be one line of 1 to 80 characters');

    this.color = options.color ?? '#1f4fd8';
    if (!/^#[0-9a-f]{6}$/i.test(this.color)) throw new RangeError('mail.color must be a color as #rrggbb');
    // A color too light for white text has a contrast of at least 4.66 with black.
    this.textOnColor = isReadableWithWhite(this.color) ? '#ffffff' : '#000000';

    this.logo = options.logo === undefined ? null : readLogo(options.logo);
    if (options.logo !== undefined && !this.logo) throw new RangeError(`mail.logo must be ${LOGO_MAY_BE}`);

    this.language = options.language ?? 'en';
    if (typeof this.language === 'string' && !mailLanguages.includes(this.language))
      throw new RangeError(`mail.language must be one of: ${mailLanguages.join(', ')}`);

    this.budgets = checkedMailBudgets(options.budgets);

    this.ownLinks = { ...options.links };
    for (const [link, url] of Object.entries(this.links)) {
      const needsToken = link !== 'sessions';
      if (!/^https?:\/\/[^\s"<>]+$/.test(url) || (needsToken && !url.includes('{token}')))
        throw new RangeError(
          `mail.links.${link} must be an http:// or https:// URL${needsToken ? ' with {token} in it' : ''}`,
        );
    }
  }

  /** URLs of the links, each but `sessions` with `{token}`. Without `signIn` and `sessions` if there are no such pages. */
  get links(): Readonly<Partial<Record<MailLink, string>>> {
    return {
      verifyEmail: `${this.pagesUrl}/account/verify-email#token={token}`,
      resetPassword: `${this.pagesUrl}/account/reset-password#token={token}`,
      confirmEmail: `${this.pagesUrl}/account/confirm-email#token={token}`,
      undoEmailChange: `${this.pagesUrl}/account/undo-email-change#token={token}`,
      ...(this.hasPages && {
        signIn: `${this.pagesUrl}/account/sign-in#code={token}`,
        sessions: `${this.pagesUrl}/account#sessions`,
      }),
      ...this.ownLinks,
    };
  }

  /** Whether a link leads to a page of Astra's own that is not served. */
  get leadsNowhere(): boolean {
    return !this.hasPages && Object.keys(this.links).some((link) => !(link in this.ownLinks));
  }

  /**
   * Makes links lead to Astra's own pages, below `publicUrl` and this path.
   *
   * @param path - Empty, or with a leading slash.
   * @param inUrl - Paths that `publicUrl` may already end with, longest first; such a path is not added again.
   */
  leadToPages(path: string, inUrl: readonly string[] = [path]): void {
    const end = inUrl.find((one) => one && new URL(this.publicUrl).pathname.endsWith(one)) ?? '';
    this.pagesUrl = this.publicUrl.slice(0, this.publicUrl.length - end.length) + path;
    this.hasPages = true;
  }
}
