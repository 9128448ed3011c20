import { withoutApiKeys } from '../http/request/without-api-keys.js';
import type { AuditType } from './audit-types.js';

/** Client that caused an event. */
export interface AuditClient {
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** Request id, as in the log. `null`: that of the current request, if there is one. */
  readonly requestId: string | null;
}

/** Single value in the data of an event. */
export type AuditValue = string | number | boolean | null | readonly string[];

/**
 * Details of an event: a one-word reason, the id of a session, values `before` and `after`. Never a secret, and
 * preferably no names and email addresses, which cannot be erased with the account.
 */
export type AuditData = Readonly<Record<string, AuditValue | Readonly<Record<string, AuditValue>>>>;

/** Input for an audit event. */
export interface NewAuditEvent {
  type: AuditType;
  /** User whose account the event is about; `null` if unknown. */
  userId: string | null;
  /** User who caused the event; `null` if nobody was signed in, or for the service itself. */
  actorId: string | null;
  /** Client that sent the request; `null` if there was no request. */
  client: AuditClient | null;
  /** Default: empty. */
  data?: AuditData;
}

/** Key names that suggest a secret. */
const SECRET =
  /passw|secret|token|hash|digest|authori[sz]ation|cookie|credential|signature|private|api_?key/i;
/** Maximum size of the data in bytes. */
const MAX_SIZE = 4096;

/**
 * Serializes the data of an event as the text that is stored and hashed.
 *
 * @throws {TypeError} if a key suggests a secret, or the data is too large. Both are programming errors.
 */
export function serializeData(data: AuditData = {}): string {
  const text = JSON.stringify(data, (key, value: unknown) => {
    if (SECRET.test(key)) throw new TypeError(`An audit event must not contain "${key}"`);
    return typeof value === 'string' ? storable(value) : value;
  });
  if (Buffer.byteLength(text) > MAX_SIZE)
    throw new TypeError(`The data of an audit event must have at most ${MAX_SIZE} bytes`);
  return text;
}

/**
 * Makes text acceptable to Postgres: without NUL characters, lone surrogates and API keys, and cut to `maxLength` UTF-16 units.
 */
export function storable(text: string, maxLength = MAX_SIZE): string {
  return withoutApiKeys(text.slice(0, maxLength)).replaceAll('\0', '').toWellFormed();
}
