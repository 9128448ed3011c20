/** Values of a `.env` file, and its problems: a sentence per line, without the line's content, which may be secret. */
export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** Parsed value, or the end of a sentence that says what is wrong. */
type Reading = { readonly value: string } | { readonly wrong: string };

/**
 * Parses a `.env` file like Docker Compose, so that a value is the same inside and outside a container. A line that
 * Compose, its older versions or other parsers would interpret differently (variables, escapes, text after a quote) is
 * rejected with its number: a password that is silently cut is noticed late.
 *
 * @see https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax
 */
export function parseEnvFile(content: Uint8Array): EnvFile {
  const text = decode(content);
  if (text === undefined)
    return { values: {}, problems: ['.env must be UTF-8 text; Windows PowerShell writes UTF-16 by ">"'] };
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, given] = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*(.*)$/.exec(line) ?? [];
    const reading = name === undefined ? { wrong: 'must be NAME=value, or a comment after #' } : read(given);
    if ('value' in reading) values[name] = reading.value;
    else problems.push(`.env, line ${index + 1}${name ? `: ${name}` : ''} ${reading.wrong}`);
  }
  return { values, problems };
}

/** Decodes UTF-8; `undefined` for other encodings. UTF-16 has a NUL beside each ASCII character. */
function decode(content: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content); // removes the byte order mark
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Parses a value. Anything that parsers of `.env` files treat differently is rejected. */
function read(given: string): Reading {
  if (given.startsWith("'")) return readQuoted(given, /^'((?:[^'\\]|\\(?!'))*)'(.*)$/, (text) => text);
  if (given.startsWith('"')) {
    if (given.includes('$')) return { wrong: inSingleQuotes('has a $, which Docker Compose would replace') };
    if (/\\[^"\\]/.test(given)) return { wrong: inSingleQuotes('has a backslash in double quotes') };
    return readQuoted(given, /^"((?:[^"\\]|\\.)*)"(.*)$/, (text) => text.replace(/\\(.)/g, '$1'));
  }
  // A # starts a comment only after a blank.
  const value = given.replace(/ #.*$/, '').trimEnd();
  if (/^#|\s#/.test(value)) return { wrong: inSingleQuotes('has a # that may start a comment') };
  if (value.includes('$')) return { wrong: inSingleQuotes('has a $, which Docker Compose would replace') };
  return { value };
}

/** Parses a quoted value, which may be followed by a comment only. */
function readQuoted(given: string, pattern: RegExp, unescape: (text: string) => string): Reading {
  const [, text, rest] = pattern.exec(given) ?? [];
  if (text === undefined) return { wrong: 'has no closing quote on its line, or a quote after a backslash' };
  if (!/^\s*( #.*)?$/.test(rest)) return { wrong: 'has text after its closing quote' };
  return { value: unescape(text) };
}

function inSingleQuotes(what: string): string {
  return `${what}: put the value in single quotes`;
}
