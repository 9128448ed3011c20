import type { AuditType } from './audit-types.js';

/** From where it was done. */
export interface AuditClient {
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** The id under which the request is logged; `null` for that of the request at work, if there is one. */
  readonly requestId: string | null;
}

export type AuditValue = string | number | boolean | null | readonly string[];

/**
 * What else is to be known: a reason in one word, a session's id, values `before` and `after`. Never a secret; and
 * rather no names and addresses of people, which a deletion could not take out again.
 */
export type AuditData = Readonly<Record<string, AuditValue | Readonly<Record<string, AuditValue>>>>;

/** Something that happened. */
export interface NewAuditEvent {
  type: AuditType;
  /** Whose account it is about; `null` if none is known. */
  userId: string | null;
  /** Who did it; `null` if it was nobody who signed in, or the service itself. */
  actorId: string | null;
  /** From where; `null` if not by a request. */
  client: AuditClient | null;
  /** Default: nothing. */
  data?: AuditData;
}

/** Names under which a secret could slip in. */
const SECRET =
  /passw|secret|token|hash|digest|authori[sz]ation|cookie|credential|signature|private|api_?key/i;
/** Bytes. An event tells what happened; it is no place for documents. */
const MAX_SIZE = 4096;

/**
 * Writes the data of an event as the text that is stored and hashed.
 *
 * @throws {TypeError} naming the key, if it is one of a secret; or if there is too much. Either is a slip in the code.
 */
export function serializeData(data: AuditData = {}): string {
  const text = JSON.stringify(data, (key, value: unknown) => {
    if (SECRET.test(key)) throw new TypeError(`An audit event must not hold "${key}"`);
    return typeof value === 'string' ? storable(value) : value;
  });
  if (Buffer.byteLength(text) > MAX_SIZE)
    throw new TypeError(`The data of an audit event has at most ${MAX_SIZE} bytes`);
  return text;
}

/** Text as Postgres takes it, cut to as many UTF-16 units. */
export function storable(text: string, maxLength = MAX_SIZE): string {
  return text.slice(0, maxLength).replaceAll('\0', '').toWellFormed();
}
