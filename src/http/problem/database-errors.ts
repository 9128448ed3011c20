import { isError } from './error-text.js';

/**
 * SQLSTATEs under which the database cannot do the work now, but may later (PostgreSQL manual, appendix A). Whether a
 * connection could not be made, was lost or is refused makes no difference to a request: it is nobody's fault who sent it.
 */
const awayStates = new RegExp(
  `^(${[
    '08...', // connection exception; of a pooler, whatever it has to say
    '25006', // read-only: a replica since a failover, or set so
    '25P0[34]', // a transaction was idle, or took, too long
    '26000', // a pooler gave the connection that prepared a statement to somebody else
    '28...', // the role or its password is refused: changed while the service runs
    '3D000', // there is no such database: dropped, or being restored
    '40001', // serialization failure
    '40003', // nobody knows whether it was carried out
    '40P01', // deadlock
    '42P05', // as 26000
    '53...', // out of connections, memory or disk
    '55P03', // waited too long for a lock
    '57...', // stopped, shutting down, starting up, crashed, idle for too long
    '58...', // the disk below it fails
  ].join('|')})$`,
);

/** Codes by which Node and OpenSSL report a connection that could not be made or was lost. */
const awayCodes =
  /^(E(CONN\w+|PIPE|TIMEDOUT|(HOST|NET)(UNREACH|DOWN)|NETRESET|ADDRNOTAVAIL|[MN]FILE|NOBUFS|NOTFOUND|AI_\w+|PROTO)|ERR_(SOCKET_\w+|STREAM_(DESTROYED|WRITE_AFTER_END)))$/;

/** Codes of TLS: of a certificate that is not accepted (`x509_vfy.h`), or of the protocol. */
const tlsCodes =
  /^(CERT_\w+|CRL_\w+|UNABLE_TO_\w+|(DEPTH_ZERO_)?SELF_SIGNED_\w+|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|ERROR_IN_CERT_\w+|ERR_(TLS|SSL|OSSL)_\w+)$/;

/** What the driver says of TLS without a code. */
const tlsMessages = /server does not support SSL connections|error establishing an SSL connection/;

/** What the driver says without a code. */
const awayMessages =
  /Connection terminated|Connection ended|timeout exceeded when trying to connect|timeout expired|Query read timeout|connection error and is not queryable|was closed and is not queryable|Cannot use a pool after calling end|Driver not Connected|^SASL: /i;

/** Tells whether an error means that the database could not be asked, rather than that the question was wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  if (!isError(error)) return false;
  const { code, severity, routine, syscall } = factsOf(error);
  return (
    // Postgres ends the connection with it, or does not begin one. (The word may be in the server's language.)
    severity === 'FATAL' ||
    routine === 'InitPostgres' ||
    routine === 'CheckMyDatabase' ||
    awayStates.test(code) ||
    awayCodes.test(code) ||
    // A Unix socket that is not there, or that may not be opened.
    syscall === 'connect' ||
    awayMessages.test(driverErrorOf(error).message) ||
    isTlsRefused(error)
  );
}

/**
 * Tells whether an error may pass by itself, so that it makes sense to try again for a while: not if somebody has to
 * change a setting, a password, a right or a certificate first.
 */
export function mayPass(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(mayPass);
  if (!isDatabaseAway(error) || !isError(error)) return false;
  const { code } = factsOf(error);
  return !(
    /^(28...|3D000|42501)$/.test(code) ||
    isTlsRefused(error) ||
    isParameterRefused(error) ||
    driverErrorOf(error).message.startsWith('SASL: ')
  );
}

/** Tells whether no connection is made because TLS fails: by the certificate, or because the server offers none. */
export function isTlsRefused(error: unknown): boolean {
  if (!isError(error)) return false;
  return tlsCodes.test(factsOf(error).code) || tlsMessages.test(driverErrorOf(error).message);
}

/** Tells whether a pooler refuses a parameter that the connection begins with: `options`, for one. */
export function isParameterRefused(error: unknown): boolean {
  return isError(error) && /unsupported startup parameter/.test(driverErrorOf(error).message);
}

/** Of the database (SQLSTATE), or else of Node (`ECONNREFUSED`); empty if there is none. */
export function databaseErrorCode(error: unknown): string {
  return isError(error) ? factsOf(error).code : '';
}

/** The name of the constraint that refuses a row; `undefined` if it is not one that does. */
export function violatedConstraint(error: unknown): string | undefined {
  return isError(error) ? factsOf(error).constraint : undefined;
}

interface Facts {
  code: string;
  constraint?: string;
  severity?: string;
  /** Where in the server it was raised. */
  routine?: string;
  syscall?: string;
}

function factsOf(error: Error): Facts {
  const { code, constraint, severity, routine, syscall } = driverErrorOf(error) as Error & Partial<Facts>;
  return { code: typeof code === 'string' ? code : '', constraint, severity, routine, syscall };
}

/** TypeORM wraps what the driver says; a named statement goes past it. */
function driverErrorOf(error: Error): Error {
  return 'driverError' in error && isError(error.driverError) ? error.driverError : error;
}
