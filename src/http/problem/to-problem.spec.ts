import { NotFoundException, PayloadTooLargeException } from '@nestjs/common';
import { QueryFailedError } from 'typeorm';
import { NotFoundError } from './problem.js';
import { toProblem } from './to-problem.js';

const error = (message: string, properties: object = {}) => Object.assign(new Error(message), properties);
const refusedBy = (code: string) => new QueryFailedError('SELECT', [], error('it failed', { code }));

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
