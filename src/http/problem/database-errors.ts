import { isError } from './error-text.js';

/**
 * SQLSTATEs of temporary failures of the database (PostgreSQL manual, appendix A). Whether a connection could not be
 * made, was lost or is rejected makes no difference to a request: its sender is not at fault.
 */
const awayStates = new RegExp(
  `^(${[
    '08...', // connection exception; poolers use it for all their errors
    '25006', // read-only: a replica since a failover, or configured so
    '25P0[34]', // a transaction was idle or ran too long
    '26000', // a pooler assigned the connection that prepared a statement to somebody else
    '28...', // the role or its password was rejected: changed while the service runs
    '3D000', // the database does not exist: dropped, or being restored
    '40001', // serialization failure
    '40003', // statement completion unknown
    '40P01', // deadlock
    '42P05', // like 26000
    '53...', // out of connections, memory or disk space
    '55P03', // lock timeout
    '57...', // stopped, shutting down, starting up, crashed, or idle for too long
    '58...', // I/O error of the server
  ].join('|')})$`,
);

/** Codes of Node.js and OpenSSL for a connection that could not be made or was lost. */
const awayCodes =
  /^(E(CONN\w+|PIPE|TIMEDOUT|(HOST|NET)(UNREACH|DOWN)|NETRESET|ADDRNOTAVAIL|[MN]FILE|NOBUFS|NOTFOUND|AI_\w+|PROTO)|ERR_(SOCKET_\w+|STREAM_(DESTROYED|WRITE_AFTER_END)))$/;

/** TLS codes: of a rejected certificate (`x509_vfy.h`) or of the protocol. */
const tlsCodes =
  /^(CERT_\w+|CRL_\w+|UNABLE_TO_\w+|(DEPTH_ZERO_)?SELF_SIGNED_\w+|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|ERROR_IN_CERT_\w+|ERR_(TLS|SSL|OSSL)_\w+)$/;

/** Messages of the driver about TLS that have no code. */
const tlsMessages = /server does not support SSL connections|error establishing an SSL connection/;

/** Messages of the driver, and of TypeORM about a connection that broke between two statements, that have no code. */
const awayMessages =
  /Connection terminated|Connection ended|timeout exceeded when trying to connect|timeout expired|Query read timeout|connection error and is not queryable|was closed and is not queryable|Cannot use a pool after calling end|Driver not Connected|query runner (was )?already released|^SASL: /i;

/** Returns whether an error means that the database is unavailable, rather than that a statement is wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  if (!isError(error)) return false;
  const { code, severity, routine, syscall } = factsOf(error);
  return (
    // Postgres closes or refuses the connection with it. (The word may be in the server's language.)
    severity === 'FATAL' ||
    routine === 'InitPostgres' ||
    routine === 'CheckMyDatabase' ||
    awayStates.test(code) ||
    awayCodes.test(code) ||
    // A Unix socket that does not exist or cannot be opened.
    syscall === 'connect' ||
    awayMessages.test(driverErrorOf(error).message) ||
    isTlsRefused(error)
  );
}

/**
 * Returns whether an error may resolve itself, so that retrying makes sense; not if somebody has to change a setting, a
 * password, a privilege or a certificate first.
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

/**
 * Returns whether a connection fails because of TLS: the certificate is rejected, or the server does not support TLS.
 */
export function isTlsRefused(error: unknown): boolean {
  if (!isError(error)) return false;
  return tlsCodes.test(factsOf(error).code) || tlsMessages.test(driverErrorOf(error).message);
}

/** Returns whether a pooler rejects a startup parameter, such as `options`. */
export function isParameterRefused(error: unknown): boolean {
  return isError(error) && /unsupported startup parameter/.test(driverErrorOf(error).message);
}

/** Returns the SQLSTATE of an error, otherwise the code of Node.js (`ECONNREFUSED`); empty if there is none. */
export function databaseErrorCode(error: unknown): string {
  return isError(error) ? factsOf(error).code : '';
}

/** Returns the name of the violated constraint; `undefined` for other errors. */
export function violatedConstraint(error: unknown): string | undefined {
  return isError(error) ? factsOf(error).constraint : undefined;
}

interface Facts {
  code: string;
  constraint?: string;
  severity?: string;
  /** Function of the server that raised it. */
  routine?: string;
  syscall?: string;
}

function factsOf(error: Error): Facts {
  const { code, constraint, severity, routine, syscall } = driverErrorOf(error) as Error & Partial<Facts>;
  return { code: typeof code === 'string' ? code : '', constraint, severity, routine, syscall };
}

/** Returns the error of the driver, which TypeORM wraps. Prepared statements bypass TypeORM. */
function driverErrorOf(error: Error): Error {
  return 'driverError' in error && isError(error.driverError) ? error.driverError : error;
}
