import { canonicalRecoveryCode, newRecoveryCode } from './recovery-codes.js';

describe('a recovery code', () => {
  it('has 50 random bits in letters that cannot be confused', () => {
    const codes = Array.from({ length: 200 }, newRecoveryCode);
    for (const code of codes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/);
    expect(new Set(codes).size).toBe(200);
  });

  it.each([
    ['3K7QD-X0FZM', '3k7qdx0fzm'],
    ['3k7qd x0fzm', '3k7qdx0fzm'],
    ['ILOU0-00000', '110v000000'],
  ])('typed as %s is read as %s', (typed, read) => {
    expect(canonicalRecoveryCode(typed)).toBe(read);
  });
});
