import { AuthSettings } from '../settings/auth-settings.js';
import type { MailOptions } from '../settings/mail/mail-options.js';
import type { MailData, MailLanguage, MailTemplate } from '../settings/mail/mail-language.js';
import { MailRenderer } from './mail-renderer.js';
import { en } from './texts/en.js';

const link = { token: 'to-ken_1', expiresAt: new Date('2099-01-02T03:04:05Z') };
const somewhere = { device: 'Firefox on Linux', ip: '2001:db8::1' };
const at = new Date('2099-12-31T23:59:00Z');
const data: MailData = {
  'verify-email': { ...link, username: 'ada', registeredAt: at, origin: 'Firefox on Linux' },
  'reset-password': link,
  'email-code': { ...somewhere, code: '1234 5678', expiresAt: at },
  'password-ended': link,
  'set-password': { ...link, username: 'ada' },
  'confirm-email-change': link,
  'email-change-notice': { newEmail: 'new@example.com' },
  'email-changed': { ...link, newEmail: 'new@example.com', changedAt: at },
  'email-change-undone': { changedAt: at },
  'password-changed': { changedAt: at },
  'password-removed': { removedAt: at },
  'factor-added': { addedAt: at },
  'factor-removed': { removedAt: at },
  'recovery-code-used': { usedAt: at, left: 7 },
  'recovery-codes-replaced': { replacedAt: at },
  'password-known': {},
  'username-changed': { changedAt: at },
  'new-sign-in': { ...somewhere, signedInAt: at },
  'session-replayed': { ...somewhere, endedAt: at },
  'api-key-created': { scopes: 'profile:read', createdAt: at, expiresAt: at },
  'api-key-expires': { hint: '0Xk9', expiresAt: at },
  'passkey-added': { authenticator: 'Apple Passwords', addedAt: at },
  'passkey-removed': { authenticator: 'Windows Hello', removedAt: at },
  'identity-linked': { provider: 'Google', linkedAt: at },
  'identity-unlinked': { provider: 'Google', unlinkedAt: at },
  'passkey-copied': { authenticator: 'YubiKey 5', usedAt: at },
  'account-deactivated': {},
  'account-deleted': { erasedAt: at },
  'webhook-disabled': { host: 'hooks.example.com', disabledAt: at },
  'registration-attempt': {},
  digest: { changes: 3 },
};
const templates = Object.keys(data) as MailTemplate[];

const renderer = (mail: MailOptions = {}) =>
  new MailRenderer(
    new AuthSettings({
      secretKey: 'x'.repeat(32),
      publicUrl: 'https://id.example/base/',
      mail: { productName: 'Astra', ...mail },
    }),
  );

/** The renderer of a service that has the pages. */
function served(): MailRenderer {
  const settings = new AuthSettings({ secretKey: 'x'.repeat(32), publicUrl: 'https://id.example/base/' });
  settings.mail.leadToPages('/auth');
  return new MailRenderer(settings);
}

describe.each(['en', 'de'] as const)('Messages in %s', (language) => {
  it.each(templates)('say of %s all there is to say, as text and as HTML', (template) => {
    const { subject, text, html } = renderer({ language }).render(template, data[template]);
    for (const part of [subject, text, html]) expect(part).not.toMatch(/undefined|null|\[object|NaN|<%/);
    expect(subject).toMatch(/^\P{Cc}{10,78}$/u);
    expect(subject).toContain('Astra');
    expect(html).toContain(`<html lang="${language === 'en' ? 'en-GB' : 'de-DE'}">`);
    expect(html).not.toMatch(/<(script|img|link|iframe|form)\b|@import|url\(/);

    const said = Object.entries(data[template]).filter(([name]) => name !== 'token');
    for (const [name, value] of said as [string, unknown][]) {
      const written = value instanceof Date ? '2099' : String(value);
      expect([name, text]).toEqual([name, expect.stringContaining(written)]);
      expect([name, html]).toEqual([name, expect.stringContaining(written)]);
    }
    expect(text.includes('#token=to-ken_1')).toBe('token' in data[template]);
    expect(html.includes('#token=to-ken_1"')).toBe('token' in data[template]);
  });
});

describe('A message', () => {
  it('shows the words of strangers as words, and not as HTML', () => {
    const device = '<img src="https://evil.example/x"> & \'"';
    const { html, text } = renderer().render('new-sign-in', { device, ip: null, signedInAt: at });
    expect(html).toContain('&lt;img src=&quot;https://evil.example/x&quot;&gt; &amp; &#39;&quot;');
    expect(text).toContain(device);
  });

  it('tells times in UTC', () => {
    const { text } = renderer().render('password-changed', { changedAt: at });
    expect(text).toContain('31 December 2099 at 23:59 UTC');
    expect(renderer({ language: 'de' }).render('password-changed', { changedAt: at }).text).toContain(
      '31. Dezember 2099 um 23:59 UTC',
    );
  });

  it.each([
    ['verify-email', 'https://id.example/base/account/verify-email#token=to-ken_1'],
    ['reset-password', 'https://id.example/base/account/reset-password#token=to-ken_1'],
    ['set-password', 'https://id.example/base/account/reset-password#token=to-ken_1'],
    ['confirm-email-change', 'https://id.example/base/account/confirm-email#token=to-ken_1'],
  ] as const)('of %s links to the page for it', (template, url) => {
    expect(renderer().render(template, data[template]).text).toContain(`\n${url}\n`);
  });

  it("links to the host's own page where it names one", () => {
    const links = { verifyEmail: 'https://app.example/welcome?lang=en#t={token}' };
    const { html, text } = renderer({ links }).render('verify-email', link);
    expect(text).toContain('https://app.example/welcome?lang=en#t=to-ken_1');
    expect(html).toContain('href="https://app.example/welcome?lang=en#t=to-ken_1"');
  });

  it('has a code, and a link only to a page that there is', () => {
    const code = { ...data['email-code'], token: '12345678' };
    expect(renderer().render('email-code', code).text).not.toContain('https://');
    const links = { signIn: 'https://app.example/sign-in#{token}' };
    expect(renderer({ links }).render('email-code', code).text).toContain(
      '\nSign in:\nhttps://app.example/sign-in#12345678\n',
    );
    expect(served().render('email-code', code).html).toContain(
      'href="https://id.example/base/auth/account/sign-in#code=12345678"',
    );
  });

  it.each(['new-sign-in', 'session-replayed'] as const)(
    'of %s links to the sessions of the account, if there is a page of them',
    (template) => {
      expect(renderer().render(template, data[template]).text).not.toContain('https://');
      const links = { sessions: 'https://app.example/devices' };
      expect(renderer({ links }).render(template, data[template]).text).toContain(
        '\nSee where you are signed in:\nhttps://app.example/devices\n',
      );
      expect(served().render(template, data[template]).html).toContain(
        'href="https://id.example/base/auth/account#sessions"',
      );
    },
  );

  it('has the name, the colour and the language that were chosen', () => {
    const frisian: MailLanguage = { ...en, tag: 'fy', greeting: 'Goeie,' };
    const chosen = renderer({ productName: 'Shop & Co', color: '#c0ffee', language: frisian });
    const { html, text, subject } = chosen.render('reset-password', link);
    expect(subject).toContain('Shop & Co');
    expect(html).toContain('Shop &amp; Co');
    expect(html).toContain('background:#c0ffee;color:#000000');
    expect(html).toContain('color:#1d2129;word-break');
    expect(html).toContain('lang="fy"');
    expect(text).toMatch(/^Goeie,\n/);
  });
});

describe('The options for mail', () => {
  it.each<[string, MailOptions]>([
    ['mail.from', { from: 'Astra' }],
    ['mail.from', { from: 'Astra <a@b.example>\r\nBcc: c@d.example' }],
    ['mail.productName', { productName: 'As\ntra' }],
    ['mail.productName', { productName: '' }],
    ['mail.color', { color: 'red;}' }],
    ['mail.logo', { logo: '/no/such/logo.png' }],
    ['mail.language', { language: 'fr' as 'en' }],
    ['mail.links.verifyEmail', { links: { verifyEmail: 'javascript:alert(1)//{token}' } }],
    ['mail.links.resetPassword', { links: { resetPassword: 'https://app.example/reset' } }],
  ])('are refused by the name %s', (name, options) => {
    expect(() => renderer(options)).toThrow(name);
  });

  it.each([
    ['Shop <mail@shop.example>', 'Shop'],
    ['mail@shop.example', 'Astra'],
  ])('take the name of the product from the sender %s', (from, name) => {
    expect(new AuthSettings({ secretKey: 'x'.repeat(32), mail: { from } }).mail.productName).toBe(name);
  });
});
