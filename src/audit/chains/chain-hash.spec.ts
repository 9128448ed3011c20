import { digestAddress } from './chain-hash.js';

describe('an address', () => {
  it('has another digest with another salt', () => {
    const digests = [1, 2].map((fill) => digestAddress('192.0.2.17', Buffer.alloc(16, fill)).toString('hex'));
    expect(new Set(digests).size).toBe(2);
  });
});
