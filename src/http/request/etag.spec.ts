import { etagOf, isKnown } from './etag.js';

const etag = etagOf('content');

describe('an ETag', () => {
  it('is in quotes, and another one for other content', () => {
    expect(etag).toMatch(/^"[A-Za-z0-9_-]{22}"$/);
    expect(etagOf('Content')).not.toBe(etag);
    expect(etagOf(Buffer.from('content'))).toBe(etag);
  });

  it.each([
    ['itself', etag, true],
    ['a weak one', `W/${etag}`, true],
    ['one of several', `"x", W/${etag} ,"y"`, true],
    ['another one', '"x"', false],
    ['itself without quotes', etag.slice(1, -1), false],
    ['nothing', '', false],
    ['no header', undefined, false],
  ])('is compared with %s', (_, known, expected) => {
    expect(isKnown(etag, known)).toBe(expected);
  });
});
