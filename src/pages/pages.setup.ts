import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Eta } from 'eta/core';
import type { FastifyInstance } from 'fastify';
import { serveFile } from '../docs/static-files.js';
import { AuthSettings } from '../settings/auth-settings.js';
import type { PageName, PageTexts } from './page-texts.js';
import { de } from './texts/de.js';
import { en } from './texts/en.js';

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  // The script sends the forms; by themselves they would put what is typed into an address.
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface Page {
  /** The route of the API that takes the token. */
  action: string;
  /** The route of the API that sends another link, if there is one for people who are not signed in. */
  resend?: string;
  asksPassword?: boolean;
}

const pages: Record<PageName, Page> = {
  'verify-email': { action: 'auth/verify-email', resend: 'auth/verify-email/request' },
  'reset-password': { action: 'auth/password/reset', resend: 'auth/password/forgot', asksPassword: true },
  'confirm-email': { action: 'auth/email/confirm' },
};

/**
 * Serves the pages that links in mail open. To open one changes nothing, because programs that guard mailboxes open
 * every link; its button does. The token is in the fragment, so that it is neither sent nor logged before that.
 *
 * @param apiPrefix - With a slash before and none after.
 */
export async function setUpPages(app: NestFastifyApplication, apiPrefix: string): Promise<void> {
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  const { mail, passwordPolicy } = app.get(AuthSettings);
  const texts = textsIn(typeof mail.language === 'string' ? mail.language : mail.language.tag);
  const { tooManyTries, away, shortly, inputErrors } = texts;

  const script = await ownFile('account.js');
  const style = Buffer.concat([Buffer.from(`:root{--brand:${mail.color}}\n`), await ownFile('account.css')]);
  serveFile(server, '/account/account.js', script);
  serveFile(server, '/account/account.css', style);

  const eta = new Eta({ autoEscape: true });
  eta.loadTemplate('@page', (await ownFile('account.html')).toString());
  for (const [name, { action, resend, asksPassword }] of Object.entries(pages)) {
    const html = eta.render('@page', {
      ...texts.pages(mail.productName)[name as PageName],
      texts,
      product: mail.productName,
      initial: Array.from(mail.productName)[0].toUpperCase(),
      rules: texts.passwordRules[passwordPolicy],
      words: JSON.stringify({ product: mail.productName, tooManyTries, away, shortly, inputErrors }),
      // Relative, so that a proxy may serve all of it below a path (PUBLIC_URL).
      page: {
        action: `..${apiPrefix}/${action}`,
        resend: resend && `..${apiPrefix}/${resend}`,
        asksPassword,
      },
      // With new pages come the new files, whatever the browser keeps.
      version: createHash('sha256').update(script).update(style).digest('hex').slice(0, 16),
    });
    server.get(`/account/${name}`, (_request, reply) =>
      reply.header('Content-Security-Policy', PAGE_POLICY).type('text/html; charset=utf-8').send(html),
    );
  }
}

/** @param tag - BCP 47. In a language that the pages are not written in they are English. */
function textsIn(tag: string): PageTexts {
  return [en, de].find((texts) => new Intl.Locale(tag).language === texts.tag) ?? en;
}

/** Reads a file of ours; the build copies them to dist (nest-cli.json). */
function ownFile(name: string): Promise<Buffer> {
  return readFile(new URL(`./files/${name}`, import.meta.url));
}
