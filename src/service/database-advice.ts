import type { Environment } from '../env.js';
import {
  databaseErrorCode,
  isDatabaseAway,
  isParameterRefused,
  isTlsRefused,
} from '../http/problem/database-errors.js';

/** Returns advice about an unusable database, based on the error of Postgres, the driver or Node.js. */
export function databaseAdvice(error: unknown, { serviceRole, database }: Environment): string {
  const named = (...names: string[]) => ('url' in database ? 'DATABASE_URL' : names.join(' and '));
  if (isTlsRefused(error)) return tlsAdvice(error, 'url' in database);
  if (isParameterRefused(error))
    return 'A pooler refused the start-up options: remove "options" from DATABASE_URL, and set them on the role (ALTER ROLE … SET …).';
  const code = databaseErrorCode(error);
  if (code === '3D000') return `Create the database, or check its name in ${named('POSTGRES_DB')}.`;
  if (code.startsWith('28') || (error as Error).message.startsWith('SASL: ')) {
    if ('embedded' in database) return 'The next start creates the role of the service: npm start';
    return serviceRole
      ? 'Check POSTGRES_SERVICE_USER and POSTGRES_SERVICE_PASSWORD. "astra migrate" creates a new role; "astra migrate --set-password" changes its password.'
      : `Check the user and the password in ${named('POSTGRES_USER', 'POSTGRES_PASSWORD')}.`;
  }
  if (code === '42501' && isDatabaseAway(error))
    return 'Grant the role the right to connect: GRANT CONNECT ON DATABASE … TO …';
  if (code === '25006')
    return `${named('POSTGRES_HOST')} must name the primary, and the database must not be set to read-only (default_transaction_read_only).`;
  const names = named('POSTGRES_HOST', 'POSTGRES_PORT');
  return `Check ${names}, that the server is running, and that it is reachable.`;
}

/** Returns advice about a failed TLS connection, in terms of the settings in use. */
function tlsAdvice(error: unknown, hasUrl: boolean): string {
  const [mode, root] = hasUrl
    ? ['sslmode in DATABASE_URL', 'sslrootcert in DATABASE_URL']
    : ['POSTGRES_SSLMODE', 'POSTGRES_SSLROOTCERT'];
  const { message } = error as Error;
  if (/does not support SSL/.test(message))
    return `The server does not support TLS. Enable it there (ssl = on), or set ${mode} to disable.`;
  const code = databaseErrorCode(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH')
    return `The server's certificate is for another host name. Connect with a name in the certificate, or set ${mode} to verify-ca.`;
  if (/EXPIRED|NOT_YET_VALID/.test(code))
    return "The server's certificate is not valid at this time. Renew it, or check the clocks of both machines.";
  return `The server's certificate is not signed by a trusted authority. Set ${root} to the file of the certificate that signed it.`;
}
