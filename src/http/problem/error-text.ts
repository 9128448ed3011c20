/** UTF-16 units of an error's message that are told. */
const MAX_LENGTH = 500;

/** An address, with all that may stand in it: `postgres://ada:secret@db:5432/astra?sslmode=require`. */
const ADDRESS = /\b([a-z][a-z0-9+.-]*:\/\/)(?:\S*@)?([^\s/?#"'<>@]*)[^\s"'<>]*/gi;
/** What could begin a new line, steer a terminal or turn the direction of writing: controls, formats, separators. */
const NOT_PRINTABLE = /[\p{C}\p{Z}]+/gu;

/**
 * Says in one line what went wrong, for a log or a terminal, whoever reads it: drivers and servers put into their
 * messages what they were given. Of an address only the server is left, no credentials, path, query or fragment.
 */
export function errorText(error: unknown): string {
  // Node tries all addresses of a name, and has one error for each of them.
  if (error instanceof AggregateError && error.errors.length > 0) return errorText(error.errors[0]);
  return printable(isError(error) ? error.message || error.name : String(error));
}

/** Text of others as {@link errorText} tells it. */
export function printable(text: string): string {
  return text
    .slice(0, 4 * MAX_LENGTH)
    .replace(ADDRESS, '$1$2')
    .replace(NOT_PRINTABLE, ' ')
    .trim()
    .slice(0, MAX_LENGTH);
}

/**
 * Tells an error from other things that can be thrown. Where the application runs in a context of its own, as in Jest,
 * what Node throws is no instance of its `Error`.
 */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** Where an error was thrown, a place a line; without its message, which may hold anything. */
export function errorPlaces(error: unknown): string | undefined {
  return isError(error) && error.stack ? placesIn(error.stack) : undefined;
}

/** The places in a stack; `undefined` if there is none, so that it is no stack. */
export function placesIn(stack: string): string | undefined {
  const places = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return places.length > 0 ? places.join('\n') : undefined;
}
