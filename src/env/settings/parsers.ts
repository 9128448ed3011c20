import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { isEmail } from 'class-validator';
import { readEmail } from '../../names/canonical.js';
import { isUsername } from '../../names/username.js';
import { isPasskeyDomain, isPasskeyOrigin } from '../../settings/passkey-settings.js';

/** Parser of the text of a setting. */
export interface Parser<T> {
  /** Valid values, as the end of the sentence "PORT must be ...". */
  readonly mayBe: string;
  /** Returns `undefined` if the text is invalid. */
  readonly parse: (text: string) => T | undefined;
}

/** Whole number in decimal digits, without sign, blanks, exponent or leading zeros. */
export function integer(min: number, max: number): Parser<number> {
  return {
    mayBe: `a whole number from ${min} to ${max}`,
    parse: (text) => {
      const value = /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** Lists choices in a sentence. Only an error needs it, and the first list of a process costs 70 ms. */
function listed(choices: readonly string[], type: 'conjunction' | 'disjunction'): string {
  return new Intl.ListFormat('en', { type }).format(choices);
}

/** One of several words; case-sensitive. */
export function oneOf<T extends string>(...choices: readonly T[]): Parser<T> {
  return {
    get mayBe() {
      return listed(choices, 'disjunction');
    },
    parse: (text) => choices.find((choice) => choice === text),
  };
}

/** Several words, separated by commas. */
export function listOf<T extends string>(...choices: readonly T[]): Parser<readonly T[]> {
  return {
    get mayBe() {
      return `${listed(choices, 'conjunction')}, or some of them, separated by commas`;
    },
    parse: (text) => {
      const words = text.split(',').map((word) => word.trim());
      const found = choices.filter((choice) => words.includes(choice));
      return words.length === found.length ? found : undefined;
    },
  };
}

/** Name of a service in authenticator apps, whose URI separates it with a colon. */
export function issuer(): Parser<string> {
  return matching(
    '1 to 80 characters without a colon, leading or trailing spaces',
    (value) => isTidy(value) && /^[^:\p{Cc}]{1,80}$/u.test(value),
  );
}

/** `on` or `off`. */
export function onOff(): Parser<boolean> {
  const { mayBe, parse } = oneOf('on', 'off');
  return { mayBe, parse: (text) => (parse(text) === undefined ? undefined : text === 'on') };
}

/** Printable text without surrounding blanks, at most `max` bytes in UTF-8. */
export function text(max = 255): Parser<string> {
  return matching(
    `text of 1 to ${max} bytes, without leading or trailing spaces or control characters`,
    (value) => isTidy(value) && Buffer.byteLength(value) <= max,
  );
}

/** Color without `#`, which starts a comment in `.env`. */
export function color(): Parser<string> {
  return matching('six hexadecimal digits: red, green and blue', (value) => /^[0-9a-f]{6}$/i.test(value));
}

/** Username with the rules of registration. */
export function username(): Parser<string> {
  return matching('3 to 50 of the characters A-Z a-z 0-9 _ . -', isUsername);
}

/** Email address with the rules of registration. */
export function emailAddress(): Parser<string> {
  return matching('an email address of at most 254 bytes', (value) => readEmail(value) !== null);
}

/** Email address, alone or in angle brackets after a name. */
export function sender(): Parser<string> {
  return matching('an email address, with or without a name: Astra <no-reply@example.com>', (value) => {
    const [, inBrackets, alone] = /^(?:[^<>\p{Cc}]+ <([^<>]+)>|([^<>]+))$/u.exec(value) ?? [];
    return isEmail(inBrackets ?? alone, { allow_ip_domain: true, require_tld: false });
  });
}

/** Secret of at least `min` bytes in UTF-8, taken literally. */
export function secretOfBytes(min: number): Parser<string> {
  return matching(
    `${min} bytes or more from a random generator (openssl rand -base64 ${min})`,
    (value) => Buffer.byteLength(value) >= min,
  );
}

/** Password of `min` to `max` code points (counted after NFC), taken literally. */
export function password(min: number, max: number): Parser<string> {
  return matching(`${min} to ${max} characters`, (value) => {
    if (value.length > 4 * max) return false;
    const { length } = Array.from(value.normalize('NFC'));
    return length >= min && length <= max && !value.includes('\0');
  });
}

/** Host name or IP address; with `socket`, also the folder of a Unix socket. */
export function host({ socket = false } = {}): Parser<string> {
  return matching(
    `a host name or IP address, without a port${socket ? ', or the absolute path of a socket folder' : ''}`,
    (value) =>
      isIP(value) !== 0 ||
      /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(value) ||
      (socket && /^\/\P{Cc}*$/u.test(value)),
  );
}

/** Path of a certificate file; its value is the file's content. */
export function certificateFile(): Parser<string> {
  return {
    mayBe: 'the path of a readable file with certificates in PEM format',
    parse: (path) => {
      try {
        // Throws if there is none; of several, it parses the first.
        void new X509Certificate(readFileSync(path));
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
  };
}

/** Directory; its value is the absolute path. It must exist unless `create` is set. */
export function directory({ create = false } = {}): Parser<string> {
  return {
    mayBe: create ? 'a directory, created if it does not exist' : 'an existing directory',
    parse: (value) =>
      isTidy(value) && !value.includes('://') && isDirectory(value, create) ? resolve(value) : undefined,
  };
}

function isDirectory(path: string, ifMissing: boolean): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    // Otherwise a file is in the way, or a parent folder is not accessible.
    return ifMissing && (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** Domain of passkeys. */
export function passkeyDomain(): Parser<string> {
  return {
    mayBe: 'a domain in lower case, such as example.com, and no IP address',
    parse: (value) => (isPasskeyDomain(value) ? value : undefined),
  };
}

/** Origins of pages and Android apps that may use passkeys. */
export function passkeyOrigins(): Parser<readonly string[]> {
  return list(
    'origins such as https://app.example.com or android:apk-key-hash:…, separated by commas: exact, without a path, never *',
    isPasskeyOrigin,
  );
}

/** Origins as sent by browsers (RFC 6454, 6.2), separated by commas. */
export function origins(): Parser<readonly string[]> {
  return list(
    'origins such as https://app.example.com, separated by commas: exact, without a path, never *',
    (item) => /^https?:/.test(item) && !item.includes('*') && URL.parse(item)?.origin === item,
  );
}

/**
 * IP addresses and CIDR ranges, separated by commas. A range that covers everything would let clients forge their IP
 * address.
 */
export function networks(): Parser<readonly string[]> {
  return list(
    'IP addresses or CIDR ranges such as 10.0.0.0/8, separated by commas; not true, a number of hops or /0',
    (item) => {
      const [address, bits, ...more] = item.split('/');
      const kind = item.includes('%') ? 0 : isIP(address);
      const range = integer(1, kind === 6 ? 128 : 32);
      return kind !== 0 && more.length === 0 && (bits === undefined || range.parse(bits) !== undefined);
    },
  );
}

/** Parser of a comma-separated list, all items of which must be valid. */
export function list(mayBe: string, isItem: (item: string) => boolean): Parser<readonly string[]> {
  return {
    mayBe,
    parse: (value) => {
      const items = value.split(',').map((item) => item.trim());
      return items.every(isItem) ? items : undefined;
    },
  };
}

/** Returns whether text has no surrounding blanks and no control characters. */
function isTidy(value: string): boolean {
  return !/^\s|\s$|\p{Cc}/u.test(value);
}

/** Parser that keeps the text unchanged if it is valid. */
export function matching(mayBe: string, isValid: (value: string) => boolean): Parser<string> {
  return { mayBe, parse: (value) => (isValid(value) ? value : undefined) };
}
