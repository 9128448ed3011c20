/** What a `.env` says, or what is wrong with it: a sentence for each line, without what the line holds. */
export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** A value, or what has to be done about it, as the end of a sentence that begins with the line's number. */
type Reading = { readonly value: string } | { readonly wrong: string };

/**
 * Reads a `.env` as Docker Compose does, so that a value is the same in a container and out of it. Where Compose, its
 * older versions or other readers would take a line for something else (variables, escapes, text after a quote), it is
 * refused by its number: a password that is silently cut is found late.
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

/** `undefined` if it is no UTF-8. UTF-16 has a NUL beside each ASCII sign. */
function decode(content: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content); // without its byte order mark
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

function read(given: string): Reading {
  if (given.startsWith("'")) return readQuoted(given, /^'((?:[^'\\]|\\(?!'))*)'(.*)$/, (text) => text);
  if (given.startsWith('"')) {
    if (given.includes('$')) return { wrong: inSingleQuotes('has a $, which Docker Compose would replace') };
    if (/\\[^"\\]/.test(given)) return { wrong: inSingleQuotes('has a backslash in double quotes') };
    return readQuoted(given, /^"((?:[^"\\]|\\.)*)"(.*)$/, (text) => text.replace(/\\(.)/g, '$1'));
  }
  // Only after a blank does a # begin a comment.
  const value = given.replace(/ #.*$/, '').trimEnd();
  if (/^#|\s#/.test(value)) return { wrong: inSingleQuotes('has a # that may start a comment') };
  if (value.includes('$')) return { wrong: inSingleQuotes('has a $, which Docker Compose would replace') };
  return { value };
}

function readQuoted(given: string, pattern: RegExp, unescape: (text: string) => string): Reading {
  const [, text, rest] = pattern.exec(given) ?? [];
  if (text === undefined) return { wrong: 'has no closing quote on its line, or a quote after a backslash' };
  if (!/^\s*( #.*)?$/.test(rest)) return { wrong: 'has text after its closing quote' };
  return { value: unescape(text) };
}

function inSingleQuotes(what: string): string {
  return `${what}: put the value in single quotes`;
}
