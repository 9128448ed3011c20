import { NotFoundException, PayloadTooLargeException } from '@nestjs/common';
import { QueryFailedError } from 'typeorm';
import { NotFoundError, UnavailableError } from './problem.js';
import { isDatabaseAway, toProblem } from './to-problem.js';

const error = (message: string, properties: object = {}) => Object.assign(new Error(message), properties);
const refusedBy = (code: string) => new QueryFailedError('SELECT', [], error('it failed', { code }));

describe('isDatabaseAway', () => {
  it.each([
    ['connection exception', refusedBy('08006')],
    ['too many connections', refusedBy('53300')],
    ['disk full', refusedBy('53100')],
    ['shutting down', refusedBy('57P01')],
    ['starting up', refusedBy('57P03')],
    ['statement timeout', refusedBy('57014')],
    ['lock timeout', refusedBy('55P03')],
    ['idle in transaction', refusedBy('25P03')],
    ['serialization failure', refusedBy('40001')],
    ['deadlock', refusedBy('40P01')],
    ['a replica since a failover', refusedBy('25006')],
    ['nobody listens', error('connect ECONNREFUSED 127.0.0.1:5432', { code: 'ECONNREFUSED' })],
    ['reset', error('read ECONNRESET', { code: 'ECONNRESET' })],
    ['both families refused', new AggregateError([error('', { code: 'ECONNREFUSED' })])],
    ['the pool is exhausted', error('timeout exceeded when trying to connect')],
    ['the server is silent', error('Query read timeout')],
    ['the connection broke', error('Connection terminated unexpectedly')],
  ])('sees it: %s', (_, reason) => {
    expect(isDatabaseAway(reason)).toBe(true);
    const problem = toProblem(reason);
    expect(problem).toBeInstanceOf(UnavailableError);
    expect(problem).toMatchObject({ code: 'unavailable', headers: { 'Retry-After': '1' } });
  });

  it.each([
    ['a unique violation', refusedBy('23505')],
    ['a syntax error', refusedBy('42601')],
    ['a wrong password', refusedBy('28P01')],
    ['a bug', new TypeError(`Cannot read properties of undefined (reading 'id')`)],
    ['no error', 'ECONNREFUSED'],
    ['nothing', undefined],
  ])('does not see it in %s', (_, reason) => {
    expect(isDatabaseAway(reason)).toBe(false);
    expect(toProblem(reason)).toBeUndefined();
  });
});

describe('toProblem', () => {
  it.each(['22021', '22P05'])('blames the input for a character that the database has not: %s', (state) => {
    expect(toProblem(refusedBy(state))).toMatchObject({
      code: 'invalid-input',
      errors: [expect.objectContaining({ code: 'string_unicode' })],
    });
  });

  it('leaves a problem as it is', () => {
    const problem = new NotFoundError();
    expect(toProblem(problem)).toBe(problem);
  });

  it.each([
    ['of Nest', new NotFoundException('Cannot GET /secret'), 404, 'not-found'],
    ['of Nest', new PayloadTooLargeException(), 413, 'content-too-large'],
    ['of Fastify', error('Too large', { statusCode: 413 }), 413, 'content-too-large'],
    [
      'of Fastify',
      error('Not JSON', { code: 'FST_ERR_CTP_INVALID_JSON_BODY', statusCode: 400 }),
      400,
      'malformed-json',
    ],
    [
      'of Express',
      error('Not JSON', { type: 'entity.parse.failed', statusCode: 400 }),
      400,
      'malformed-json',
    ],
    [
      'of a parser',
      Object.assign(new SyntaxError('Unexpected token'), { statusCode: 400 }),
      400,
      'malformed-json',
    ],
    ['of a rate limiter', error('Slow down', { statusCode: 429 }), 429, 'too-many-requests'],
  ])('gives errors %s words of our own: %s', (_, reason, status, code) => {
    const problem = toProblem(reason);
    expect(problem?.toDocument('/', 'id')).toMatchObject({ status, type: `/problems/${code}` });
    expect(problem?.detail).not.toContain(reason.message);
  });

  it.each([
    ['a status that nobody foresaw', error('I am a teapot', { statusCode: 418 })],
    ['a status that is no number', error('It failed', { statusCode: '404' })],
    ['a bug', new SyntaxError('Unexpected end of JSON input')],
  ])('knows nothing of %s', (_, reason) => {
    expect(toProblem(reason)).toBeUndefined();
  });
});
