import { InvalidInputError } from '../http/problem/problem.js';

/** Sort key of the last item of a page, most significant part first. */
export type Position = readonly (string | number | null)[];

/** Maximum length in UTF-16 units. */
export const MAX_CURSOR_LENGTH = 1_000;

/** Encodes a position as opaque text for clients. */
export function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/**
 * Decodes a cursor. Its content is checked, because clients can forge it.
 *
 * @param isPosition - Checks that the parts have the types and ranges that the list's query accepts.
 * @throws {InvalidInputError} unless it is a cursor of this list.
 */
export function decodeCursor<T extends Position>(
  cursor: string,
  isPosition: (position: Position) => position is T,
): T {
  const position = parse(cursor);
  if (position && isPosition(position)) return position;
  throw new InvalidInputError([
    {
      loc: ['query', 'cursor'],
      code: 'value_error',
      msg: 'This cursor is not valid for this list. Omit it to start with the first page.',
    },
  ]);
}

/** Parses the content of a cursor; `null` if it is malformed. */
function parse(cursor: string): Position | null {
  if (cursor.length > MAX_CURSOR_LENGTH) return null;
  const bytes = Buffer.from(cursor, 'base64url');
  // Node.js ignores characters that are not base64url.
  if (bytes.toString('base64url') !== cursor) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return Array.isArray(value) && value.every(isStorable) ? value : null;
  } catch {
    return null;
  }
}

/** Postgres rejects text with NUL or lone surrogates, which JSON can contain as escapes. */
function isStorable(part: unknown): part is string | number | null {
  if (typeof part === 'string') return part.isWellFormed() && !part.includes('\0');
  return part === null || typeof part === 'number';
}
