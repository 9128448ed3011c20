import { problemTypes, type ProblemCode } from '../../src/http/problem/problem-types.js';
import { hostKind } from './contract-host.js';
import type { Answer } from './test-service.js';

/** Expects a problem document as API.md has it, and the header fields that every answer has. */
export function expectProblem({ status, headers, body }: Answer, expected: number, code: ProblemCode): void {
  expect({ status, body }).toEqual({
    status: expected,
    body: {
      type: `/problems/${code}`,
      title: problemTypes[code].title,
      status: expected,
      detail: expect.stringMatching(/^\S[^\n]*$/),
      instance: expect.stringMatching(/^\/[^?]*$/),
      request_id: hostKind ? expect.stringMatching(/^[\w-]{1,64}$/) : headers.get('x-request-id'),
      ...(code === 'invalid-input' && { errors: expect.any(Array) }),
    },
  });
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expectGuardedHeaders(headers);
}

/** Expects a 422 that names exactly these fields and codes. */
export function expectInvalid(answer: Answer, ...errors: [loc: string, code: string][]): void {
  expectProblem(answer, 422, 'invalid-input');
  const named = (answer.body.errors as { loc: string[]; code: string }[]).map(({ loc, code }) => [
    loc.join('.'),
    code,
  ]);
  expect(named).toEqual(errors);
}

/** Expects the refusal of a form: the problem, and what OAuth2 libraries look for (RFC 6749, 5.2). */
export function expectRefusedForm(
  { status, headers, body: { error, error_description, ...body } }: Answer,
  expected: number,
  code: ProblemCode,
  oauthError: string,
): void {
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect({ error, error_description }).toEqual({
    ...{ error: oauthError, error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/) },
  });
  const problem = new Headers(headers);
  problem.set('content-type', 'application/problem+json; charset=utf-8');
  expectProblem({ status, headers: problem, body }, expected, code);
}

/** Expects the header fields of every response, from a handler, the router, Fastify or the bare socket. */
export function expectGuardedHeaders(headers: Headers): void {
  expect(headers.get('cache-control')).toBe('no-store');
  // The others are set by the edge of the service; a host has its own.
  if (hostKind) return;
  expect(Object.fromEntries(headers)).toMatchObject({
    'x-request-id': expect.stringMatching(/^[A-Za-z0-9-]{1,64}$/),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  const policy = headers.get('content-security-policy')?.split(/; */);
  expect(policy).toEqual(["default-src 'none'", "frame-ancestors 'none'"]);
  expect(headers.has('access-control-allow-origin')).toBe(false);
  expect(headers.has('server') || headers.has('x-powered-by')).toBe(false);
}
