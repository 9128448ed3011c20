/** Maximum length of a shown error message in UTF-16 units. */
const MAX_LENGTH = 500;

/** URL with any of its parts: `postgres://ada:secret@db:5432/astra?sslmode=require`. */
const ADDRESS = /\b([a-z][a-z0-9+.-]*:\/\/)(?:\S*@)?([^\s/?#"'<>@]*)[^\s"'<>]*/gi;
/**
 * Characters that could start a new line, control a terminal or change the direction of text: controls, formats,
 * separators.
 */
const NOT_PRINTABLE = /[\p{C}\p{Z}]+/gu;

/**
 * Describes an error in one line that is safe for logs and terminals: drivers and servers quote their input in
 * messages. Of a URL only the server remains, without credentials, path, query and fragment.
 */
export function errorText(error: unknown): string {
  // Node.js tries all addresses of a host name, and reports one error for each.
  if (error instanceof AggregateError && error.errors.length > 0) return errorText(error.errors[0]);
  return printable(isError(error) ? error.message || error.name : String(error));
}

/** Makes text from other sources safe, like {@link errorText}. */
export function printable(text: string): string {
  return text
    .slice(0, 4 * MAX_LENGTH)
    .replace(ADDRESS, '$1$2')
    .replace(NOT_PRINTABLE, ' ')
    .trim()
    .slice(0, MAX_LENGTH);
}

/**
 * Returns whether a value is an error. In a separate context, as in Jest, errors of Node.js are not instances of the
 * context's `Error`.
 */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** Returns the stack of an error, one frame per line, without its message, which may contain anything. */
export function errorPlaces(error: unknown): string | undefined {
  return isError(error) && error.stack ? placesIn(error.stack) : undefined;
}

/** Returns the frames of a stack; `undefined` if the text is not a stack. */
export function placesIn(stack: string): string | undefined {
  const places = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return places.length > 0 ? places.join('\n') : undefined;
}
