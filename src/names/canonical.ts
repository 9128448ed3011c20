import { domainToASCII, domainToUnicode } from 'node:url';

/**
 * Maximum length of a login name in UTF-16 units. An email address has at most 254 bytes (RFC 5321, 4.5.3.1.3; errata
 * 1690), a username at most 50 characters. Longer text is not processed, because normalization takes quadratic time.
 */
export const MAX_LOGIN_LENGTH = 254;

/**
 * Removes surrounding blanks and tabs of a login name, which keyboards of phones add. Line breaks are kept: no keyboard
 * adds them.
 */
export function trimBlanks(text: string): string {
  return text.length > MAX_LOGIN_LENGTH ? text : text.replace(/^[\t\p{Zs}]+|[\t\p{Zs}]+$/gu, '');
}

/**
 * Returns the canonical form of a username, used by look-ups, uniqueness and counters: without surrounding blanks, in
 * lowercase. Usernames are ASCII, so only `A` to `Z` change: İ and the Kelvin sign are not spellings of i and k.
 */
export function canonicalUsername(username: string): string {
  return username.length > MAX_LOGIN_LENGTH ? username : toAsciiLowerCase(trimBlanks(username));
}

/**
 * Returns the canonical form of an email address, used by look-ups, uniqueness and counters: {@link storableEmail} in
 * lowercase. Text that is not an email address has a form, too, which no account has.
 */
export function canonicalEmail(email: string): string {
  return toAsciiLowerCase(storableEmail(email));
}

/** Returns the canonical form of a login name: of an email address if it contains an `@`, otherwise of a username. */
export function canonicalLogin(login: string): string {
  return login.includes('@') ? canonicalEmail(login) : canonicalUsername(login);
}

/**
 * Returns the column of accounts in which to look up a {@link canonicalLogin}. An email address contains an `@` and a username
 * cannot, so no account is found by the name of another.
 */
export function loginKeyOf(login: string): 'username_key' | 'email_key' {
  return login.includes('@') ? 'email_key' : 'username_key';
}

/**
 * Returns an email address as stored and shown: without surrounding blanks, an internationalized domain in ASCII (UTS
 * #46, as mail servers look it up), a non-ASCII local part in lowercase (NFC), and everything else as typed. Text
 * longer than {@link MAX_LOGIN_LENGTH} is returned unchanged.
 */
export function storableEmail(email: string): string {
  if (email.length > MAX_LOGIN_LENGTH) return email;
  const { local, domain } = splitEmail(trimBlanks(email));
  return domain === undefined ? local : `${toOneForm(local)}@${toAsciiDomain(domain)}`;
}

/**
 * Validates an email address for an account.
 *
 * @param options.isFromElsewhere - Whether the account was created by another system or an older version. The local
 *   part may then contain non-ASCII letters or start with a hyphen, which new accounts may not. Default `false`.
 * @returns the email address as in {@link storableEmail}; `null` unless all mail servers interpret it in the same way:
 *   a plain local part without routes (`%`, `!`) or encoded words (`=?`), and a domain name that contains no characters
 *   that are ignored or replaced during look-up.
 */
export function readEmail(email: string, { isFromElsewhere = false } = {}): string | null {
  const storable = storableEmail(email);
  if (storable.length > MAX_LOGIN_LENGTH || Buffer.byteLength(storable) > MAX_LOGIN_LENGTH) return null;
  const { domain = '' } = splitEmail(storable);
  const { local } = splitEmail(trimBlanks(email));
  const pattern = isFromElsewhere ? ANY_LOCAL_PART : LOCAL_PART;
  const isPlain = pattern.test(local) && Buffer.byteLength(local) <= 64 && !local.includes('=?');
  return isPlain && DOMAIN.test(domain) && isUndisguised(trimBlanks(email), domain) ? storable : null;
}

/**
 * Dot-atom (RFC 5322, 3.2.3) without a leading hyphen, which programs mistake for an option, and without characters of
 * shells and routes.
 */
const LOCAL_PART = /^(?!-)[\w#$&'*+/=?^{}~-]+(\.[\w#$&'*+/=?^{}~-]+)*$/;

/** The same with letters and digits of any script (RFC 6531, 3.3), and with a leading hyphen. */
const ANY_LOCAL_PART = /^[\w#$&'*+/=?^{}~\p{L}\p{M}\p{N}-]+(\.[\w#$&'*+/=?^{}~\p{L}\p{M}\p{N}-]+)*$/u;

/** Two or more labels of letters, digits and hyphens. The last one is not a number, unlike that of an IP address. */
const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})$/i;

/** Splits an email address at its last `@`. */
function splitEmail(email: string): { local: string; domain?: string } {
  const at = email.lastIndexOf('@');
  return at === -1 ? { local: email } : { local: email.slice(0, at), domain: email.slice(at + 1) };
}

/**
 * Converts a local part to its stored form. ASCII is kept as typed: its case only matters to people, and canonical
 * forms ignore it.
 */
function toOneForm(local: string): string {
  // Lowercase letters may compose where uppercase ones do not.
  return /[^ -~]/.test(local) ? toSimpleLowerCase(local.normalize('NFC')).normalize('NFC') : local;
}

/** Converts a domain to ASCII. ASCII, and text that cannot be a domain, is kept. */
function toAsciiDomain(domain: string): string {
  // The URL parser would also decode percent signs, and stop at a slash.
  const isName = /^[A-Za-z0-9.\-\u0080-\uffff]*[\u0080-\uffff]/.test(domain);
  return (isName && domainToASCII(domain)) || domain;
}

/** Returns whether a domain differs from the typed one only in case and IDN encoding (RFC 5890). */
function isUndisguised(typed: string, domain: string): boolean {
  const typedLabels = (splitEmail(typed).domain ?? '').normalize('NFC').split('.');
  const labels = toAsciiLowerCase(domain).split('.');
  return (
    labels.length === typedLabels.length &&
    labels.every((label, i) => {
      const unicode = domainToUnicode(label);
      // A label with the prefix of encoded ones that is not validly encoded.
      if (label.startsWith('xn--') && (unicode === label || unicode.startsWith('-') || unicode.endsWith('-')))
        return false;
      return [label, unicode].includes(toSimpleLowerCase(typedLabels[i]));
    })
  );
}

function toAsciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Converts letter by letter, as UTS #46 does: a Σ at the end of a word is not a special case. */
function toSimpleLowerCase(text: string): string {
  return Array.from(text, (letter) => letter.toLowerCase()).join('');
}
