import { clientOf } from './client.js';

const request = {
  url: '/',
  id: '0199f3a4-8b2c-7e11-9f6a-2d4c8e1b7a90',
  ip: '::ffff:192.0.2.7',
  headers: { 'user-agent': 'curl/8.5' },
};

describe('the client of a request', () => {
  it('has the address, the user agent and the id of the request', () => {
    const { ip, userAgent, requestId } = clientOf(request);
    expect([ip, userAgent, requestId]).toEqual(['192.0.2.7', 'curl/8.5', request.id]);
  });

  it('keeps all of them in a job, which is stored as JSON, and nothing else of the request', () => {
    expect(JSON.parse(JSON.stringify(clientOf(request)))).toEqual({
      ip: '192.0.2.7',
      userAgent: 'curl/8.5',
      requestId: request.id,
    });
  });

  it('gets a server-generated id if it chose the one of the response', () => {
    const chosen = { ...request, headers: { 'x-request-id': request.id } };
    const { requestId } = clientOf(chosen);
    expect(requestId).not.toBe(request.id);
    expect(clientOf(chosen).requestId).toBe(requestId);
  });
});
