import pg from 'pg';
import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';
import { isDatabaseAway, isTlsRefused, mayPass, violatedConstraint } from './database-errors.js';
import { UnavailableError } from './problem.js';
import { toProblem } from './to-problem.js';

const error = (message: string, properties: object = {}) => Object.assign(new Error(message), properties);
const refusedBy = (code: string, properties: object = {}) =>
  new QueryFailedError('SELECT', [], error('it failed', { code, ...properties }));

/** All classes of SQLSTATE (PostgreSQL manual, appendix A), so that a new one is a decision: what is away, and passes? */
const classes: Record<string, 'passes' | 'away' | 'ours'> = {
  '08000': 'passes',
  '08001': 'passes',
  '08003': 'passes',
  '08004': 'passes',
  '08006': 'passes',
  '08007': 'passes',
  '08P01': 'passes',
  '09000': 'ours',
  '0A000': 'ours',
  '0B000': 'ours',
  '0F000': 'ours',
  '0L000': 'ours',
  '0P000': 'ours',
  '0Z000': 'ours',
  '20000': 'ours',
  '21000': 'ours',
  '22003': 'ours',
  '23505': 'ours',
  '24000': 'ours',
  '25001': 'ours',
  '25006': 'passes',
  '25P02': 'ours',
  '25P03': 'passes',
  '25P04': 'passes',
  '26000': 'passes',
  '27000': 'ours',
  '28000': 'away',
  '28P01': 'away',
  '2B000': 'ours',
  '2D000': 'ours',
  '2F000': 'ours',
  '34000': 'ours',
  '38000': 'ours',
  '39000': 'ours',
  '3B000': 'ours',
  '3D000': 'away',
  '3F000': 'ours',
  '40000': 'ours',
  '40001': 'passes',
  '40003': 'passes',
  '40P01': 'passes',
  '42501': 'ours',
  '42601': 'ours',
  '42P01': 'ours',
  '42P05': 'passes',
  '44000': 'ours',
  '53000': 'passes',
  '53100': 'passes',
  '53200': 'passes',
  '53300': 'passes',
  '53400': 'passes',
  '54000': 'ours',
  '55000': 'ours',
  '55006': 'ours',
  '55P03': 'passes',
  '57000': 'passes',
  '57014': 'passes',
  '57P01': 'passes',
  '57P02': 'passes',
  '57P03': 'passes',
  '57P04': 'passes',
  '57P05': 'passes',
  '58000': 'passes',
  '58030': 'passes',
  '58P01': 'passes',
  F0000: 'ours',
  HV000: 'ours',
  P0001: 'ours',
  XX000: 'ours',
  XX001: 'ours',
};

describe('a failure of the database', () => {
  it.each(Object.entries(classes))('with SQLSTATE %s is known for what it is: %s', (code, kind) => {
    const failure = refusedBy(code, { severity: 'ERROR' });
    expect([isDatabaseAway(failure), mayPass(failure)]).toEqual([kind !== 'ours', kind === 'passes']);
    if (kind !== 'ours') expect(toProblem(failure)).toBeInstanceOf(UnavailableError);
    else expect(toProblem(failure)).toBeUndefined();
  });

  it.each([
    ['no right to connect', refusedBy('42501', { severity: 'FATAL' }), false],
    [
      'no right to connect, in Russian',
      refusedBy('42501', { severity: 'ВАЖНО', routine: 'CheckMyDatabase' }),
      false,
    ],
    ['a database that takes no connections', refusedBy('55000', { severity: 'FATAL' }), true],
    ['nobody listens', error('connect ECONNREFUSED 127.0.0.1:5432', { code: 'ECONNREFUSED' }), true],
    ['no socket', error('connect ENOENT /run/postgresql', { code: 'ENOENT', syscall: 'connect' }), true],
    ['no name', error('getaddrinfo ENOTFOUND db', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), true],
    ['no resolver', error('getaddrinfo EAI_AGAIN db', { code: 'EAI_AGAIN' }), true],
    ['no way', error('connect EHOSTUNREACH', { code: 'EHOSTUNREACH' }), true],
    ['no file descriptors', error('connect EMFILE', { code: 'EMFILE' }), true],
    ['reset', error('read ECONNRESET', { code: 'ECONNRESET' }), true],
    ['both families refused', new AggregateError([error('', { code: 'ECONNREFUSED' })]), true],
    ['the pool is exhausted', error('timeout exceeded when trying to connect'), true],
    ['the server is silent', error('Query read timeout'), true],
    ['the connection broke', error('Connection terminated unexpectedly'), true],
    ['the connection broke in a transaction', new QueryRunnerAlreadyReleasedError(), true],
    ['the connection broke, for a repository', new QueryRunnerProviderAlreadyReleasedError(), true],
    ['the pool has ended', error('Cannot use a pool after calling end on the pool'), true],
    ['no password', error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'), false],
    ['no TLS', error('The server does not support SSL connections'), false],
    ['an unknown authority', error('unable to verify', { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }), false],
    ['a name of another', error('altnames', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), false],
    ['an old certificate', error('certificate has expired', { code: 'CERT_HAS_EXPIRED' }), false],
    [
      'a pooler without options',
      error('unsupported startup parameter: options', { code: '08P01', severity: 'FATAL' }),
      false,
    ],
    [
      'a pooler without a server',
      error('server login has been failing', { code: '08P01', severity: 'FATAL' }),
      true,
    ],
  ])('is away: %s (passes: %#)', (_, failure, passes) => {
    expect([isDatabaseAway(failure), mayPass(failure)]).toEqual([true, passes]);
    expect(toProblem(failure)).toMatchObject({ code: 'unavailable', headers: { 'Retry-After': '1' } });
  });

  it.each([
    ['a bug', new TypeError(`Cannot read properties of undefined (reading 'id')`)],
    ['a file that is not there', error('ENOENT: no such file', { code: 'ENOENT', syscall: 'open' })],
    ['no error', 'ECONNREFUSED'],
    ['nothing', undefined],
  ])('is not seen in %s', (_, failure) => {
    expect([isDatabaseAway(failure), mayPass(failure)]).toEqual([false, false]);
    expect(toProblem(failure)).toBeUndefined();
  });

  it.each<[string, (refusal: Error) => unknown, string | undefined]>([
    ['as the driver says it', (refusal) => refusal, 'auth_users_email_key'],
    ['as TypeORM wraps it', (refusal) => new QueryFailedError('INSERT', [], refusal), 'auth_users_email_key'],
    ['and by none in another error', () => error('it failed', { code: '23502' }), undefined],
    ['and by none in what is no error', () => ({ constraint: 'auth_users_email_key' }), undefined],
  ])('names the constraint that refuses a row, %s', (_, wrap, name) => {
    const refusal = error('duplicate key', { code: '23505', constraint: 'auth_users_email_key' });
    expect(violatedConstraint(wrap(refusal))).toBe(name);
  });

  it('is told from one of TLS by real ones', async () => {
    const refused = await new pg.Client({ host: '127.0.0.1', port: 1 }).connect().catch((e: unknown) => e);
    expect([isDatabaseAway(refused), isTlsRefused(refused)]).toEqual([true, false]);
    const unknown = await new pg.Client({ host: 'db.invalid' }).connect().catch((e: unknown) => e);
    expect([isDatabaseAway(unknown), mayPass(unknown)]).toEqual([true, true]);
  });
});
