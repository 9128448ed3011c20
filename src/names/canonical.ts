import { domainToASCII, domainToUnicode } from 'node:url';

/**
 * The longest login name, in UTF-16 units. An email address has at most 254 bytes (RFC 5321, 4.5.3.1.3; errata 1690), a
 * username at most 50 characters. Nothing here works on longer text: normalization takes time in the square of its length.
 */
export const MAX_LOGIN_LENGTH = 254;

/**
 * Removes blanks and tabs at the ends of a login name, which the keyboards of phones add. A line break is none: it comes
 * from no keyboard.
 */
export function trimBlanks(text: string): string {
  return text.length > MAX_LOGIN_LENGTH ? text : text.replace(/^[\t\p{Zs}]+|[\t\p{Zs}]+$/gu, '');
}

/**
 * Returns the one form of a username that look-ups, uniqueness, and counters share: without blanks at its ends, in lower
 * case. Usernames are ASCII, so only `A` to `Z` change: İ and the Kelvin sign are not spellings of i and k.
 */
export function canonicalUsername(username: string): string {
  return username.length > MAX_LOGIN_LENGTH ? username : toAsciiLowerCase(trimBlanks(username));
}

/**
 * Returns the one form of an email address that look-ups, uniqueness, and counters share, however it was typed: that of
 * {@link storableEmail} in lower case. Text that is no address has a form as well, and no account has it.
 */
export function canonicalEmail(email: string): string {
  return toAsciiLowerCase(storableEmail(email));
}

/** Returns the one form of what was typed as a login name: a username, or an email address, which has an `@`. */
export function canonicalLogin(login: string): string {
  return login.includes('@') ? canonicalEmail(login) : canonicalUsername(login);
}

/**
 * Returns an email address as it is stored and shown: without blanks at its ends, a domain of other letters in ASCII (UTS
 * #46, as mail servers look it up), a local part of other letters in small ones (NFC), the rest as it was typed. Longer text than {@link MAX_LOGIN_LENGTH} is returned as it is.
 */
export function storableEmail(email: string): string {
  if (email.length > MAX_LOGIN_LENGTH) return email;
  const { local, domain } = splitEmail(trimBlanks(email));
  return domain === undefined ? local : `${toOneForm(local)}@${toAsciiDomain(domain)}`;
}

/**
 * Reads an email address for an account.
 *
 * @param options.isFromElsewhere - The account was made by another system or an older version: then the local part may
 * have letters beyond ASCII or begin with a hyphen, which those of new accounts do not.
 * @returns the address as in {@link storableEmail}; `null` unless it is one that every mail server understands in the
 * same way: a plain local part without routes (`%`, `!`) or encoded words (`=?`), and a domain that is a name, not
 * disguised by characters that are ignored or replaced on the way to it.
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

/** Dot-atom (RFC 5322, 3.2.3) without a leading hyphen, which programs take for an option, and without shell and route signs. */
const LOCAL_PART = /^(?!-)[\w#$&'*+/=?^{}~-]+(\.[\w#$&'*+/=?^{}~-]+)*$/;

/** The same with letters and digits of any script (RFC 6531, 3.3), and with a hyphen before them. */
const ANY_LOCAL_PART = /^[\w#$&'*+/=?^{}~\p{L}\p{M}\p{N}-]+(\.[\w#$&'*+/=?^{}~\p{L}\p{M}\p{N}-]+)*$/u;

/** Two or more labels of letters, digits, and hyphens; the last one is not a number, as that of an IP address is. */
const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})$/i;

function splitEmail(email: string): { local: string; domain?: string } {
  const at = email.lastIndexOf('@');
  return at === -1 ? { local: email } : { local: email.slice(0, at), domain: email.slice(at + 1) };
}

/** What is ASCII stays as it was typed: its case is for people, and no key has it. */
function toOneForm(local: string): string {
  // Small letters may compose where capitals did not.
  return /[^ -~]/.test(local) ? toSimpleLowerCase(local.normalize('NFC')).normalize('NFC') : local;
}

/** What is ASCII already stays as it is, and so does what cannot be a domain. */
function toAsciiDomain(domain: string): string {
  // The parser of URLs would also decode percent signs, and end at a slash.
  const isName = /^[A-Za-z0-9.\-\u0080-\uffff]*[\u0080-\uffff]/.test(domain);
  return (isName && domainToASCII(domain)) || domain;
}

/** Tells whether a domain differs from how it was typed in case and IDN encoding only (RFC 5890). */
function isUndisguised(typed: string, domain: string): boolean {
  const typedLabels = (splitEmail(typed).domain ?? '').normalize('NFC').split('.');
  const labels = toAsciiLowerCase(domain).split('.');
  return (
    labels.length === typedLabels.length &&
    labels.every((label, i) => {
      const unicode = domainToUnicode(label);
      // A label that claims to be encoded, and is not.
      if (label.startsWith('xn--') && (unicode === label || unicode.startsWith('-') || unicode.endsWith('-')))
        return false;
      return [label, unicode].includes(toSimpleLowerCase(typedLabels[i]));
    })
  );
}

function toAsciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Letter by letter, as UTS #46 does: a Σ at the end of a word is not another one. */
function toSimpleLowerCase(text: string): string {
  return Array.from(text, (letter) => letter.toLowerCase()).join('');
}
