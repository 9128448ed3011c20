import { InvalidInputError } from '../http/problem/problem.js';

/** The sort key of the last item shown, its most significant part first. */
export type Position = readonly (string | number | null)[];

/** UTF-16 units. */
export const MAX_CURSOR_LENGTH = 1_000;

/** Makes of a position the text that clients hand back unread. */
export function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/**
 * Reads a cursor. It is input like any other: whoever wants to can write one, hence the check.
 *
 * @param isPosition - Whether the parts are of the types and in the range that the list's query takes.
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

function parse(cursor: string): Position | null {
  if (cursor.length > MAX_CURSOR_LENGTH) return null;
  const bytes = Buffer.from(cursor, 'base64url');
  // Node skips over what is no base64url.
  if (bytes.toString('base64url') !== cursor) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return Array.isArray(value) && value.every(isStorable) ? value : null;
  } catch {
    return null;
  }
}

/** Postgres refuses text with a NUL or half a surrogate pair, which JSON can escape. */
function isStorable(part: unknown): part is string | number | null {
  if (typeof part === 'string') return part.isWellFormed() && !part.includes('\0');
  return part === null || typeof part === 'number';
}
