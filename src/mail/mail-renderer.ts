import { Injectable } from '@nestjs/common';
import { Eta } from 'eta/core';
import { AuthSettings } from '../settings/auth-settings.js';
import type { MailLink } from '../settings/mail/mail-options.js';
import { htmlLayout, textLayout } from './layout.js';
import type {
  MailData,
  MailLanguage,
  MailTemplate,
  MailText,
  TextData,
} from '../settings/mail/mail-language.js';
import { de } from './texts/de.js';
import { en } from './texts/en.js';

/** Target of the link in each message. */
const links: Partial<Record<MailTemplate, MailLink>> = {
  'verify-email': 'verifyEmail',
  'reset-password': 'resetPassword',
  'password-ended': 'resetPassword',
  'set-password': 'resetPassword',
  'confirm-email-change': 'confirmEmail',
  'email-changed': 'undoEmailChange',
  'email-code': 'signIn',
  'new-sign-in': 'sessions',
  'session-replayed': 'sessions',
};

/** Rendered content of a message. */
export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

/** Renders messages as plain text and as HTML. */
@Injectable()
export class MailRenderer {
  private readonly html = new Eta({ autoEscape: true });
  private readonly text = new Eta({ autoEscape: false });
  private readonly language: MailLanguage;
  private readonly dates: Intl.DateTimeFormat;

  constructor(private readonly settings: AuthSettings) {
    const { language } = settings.mail;
    this.language = typeof language === 'string' ? { en, de }[language] : language;
    this.dates = new Intl.DateTimeFormat(this.language.tag, {
      dateStyle: 'long',
      timeStyle: 'short',
      timeZone: 'UTC',
    });
    this.html.loadTemplate('@layout', htmlLayout);
    this.text.loadTemplate('@layout', textLayout);
  }

  /**
   * Renders a message in the configured language.
   *
   * @param data - Data of this template.
   */
  render<T extends MailTemplate>(template: T, data: MailData[T]): RenderedMail {
    const { productName: product, color, textOnColor } = this.settings.mail;
    const { tag, greeting, linkHint, footer, texts } = this.language;
    // The compiler cannot relate the text of a template to its data.
    const write = texts[template] as (data: TextData<T>) => MailText;
    const { subject, paragraphs, button, afterwards = [] } = write(this.textData(data));
    const page = {
      lang: tag,
      subject,
      product,
      color,
      textOnColor,
      greeting,
      paragraphs,
      button,
      afterwards,
      linkHint,
      footer: footer(product),
      link: button && this.link(template, data),
    };
    return { subject, html: this.html.render('@layout', page), text: this.text.render('@layout', page) };
  }

  /** Formats dates in the language of the messages, in UTC. */
  private textData<T extends MailTemplate>(data: MailData[T]): TextData<T> {
    const written = Object.entries(data).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Date ? `${this.dates.format(value)} UTC` : value,
    ]);
    return { ...Object.fromEntries(written), product: this.settings.mail.productName } as TextData<T>;
  }

  /** Returns the URL of the message's button; `undefined` if the message has no link. */
  private link(template: MailTemplate, data: object): string | undefined {
    const link = links[template];
    const url = link && this.settings.mail.links[link];
    if (!url?.includes('{token}')) return url;
    return 'token' in data ? url.replaceAll('{token}', encodeURIComponent(String(data.token))) : undefined;
  }
}
