import type { User } from '../../../../users/user.entity.js';
import { whoItIs } from './who-it-is.js';

/** Accounts that may have the address of the identity. */
const accounts = {
  none: null,
  verified: { id: 'a', isActive: true, emailVerifiedAt: new Date() },
  unverified: { id: 'a', isActive: true, emailVerifiedAt: null },
  inactive: { id: 'a', isActive: false, emailVerifiedAt: new Date() },
} as unknown as Record<string, User | null>;
const somebody = { id: 'b', isActive: true, emailVerifiedAt: null } as unknown as User;

// Identity known, address verified by the provider, account with it, linking, registration → decision.
const table: [string, string, string, 'proof' | 'verified', string, string][] = [
  ['known', 'any', 'any', 'proof', 'any', 'known'],
  ['known', 'any', 'any', 'verified', 'any', 'known'],
  ['new', 'unverified', 'any', 'proof', 'any', 'nameless'],
  ['new', 'unverified', 'any', 'verified', 'any', 'nameless'],
  ['new', 'verified', 'none', 'proof', 'open', 'newcomer'],
  ['new', 'verified', 'none', 'verified', 'open', 'newcomer'],
  ['new', 'verified', 'none', 'proof', 'closed', 'refused'],
  ['new', 'verified', 'none', 'verified', 'closed', 'refused'],
  ['new', 'verified', 'verified', 'proof', 'any', 'account any'],
  ['new', 'verified', 'verified', 'verified', 'any', 'linkable'],
  ['new', 'verified', 'unverified', 'proof', 'any', 'account mailbox'],
  ['new', 'verified', 'unverified', 'verified', 'any', 'account mailbox'],
  ['new', 'verified', 'inactive', 'proof', 'any', 'account any'],
  ['new', 'verified', 'inactive', 'verified', 'any', 'account any'],
];

/** The values that a word of the table stands for. */
const every = <T>(word: string, values: Record<string, T>): T[] =>
  word === 'any' ? Object.values(values) : [values[word]];

describe('who a user of a provider is', () => {
  it.each(table)('%s, address %s, account %s, linking %s, registration %s: %s', (...row) => {
    const [identity, address, account, linking, registration, expected] = row;
    const known = identity === 'known' ? somebody : null;
    for (const emailVerified of every(address, { verified: true, unverified: false }))
      for (const found of every(account, accounts))
        for (const isOpen of every(registration, { open: true, closed: false })) {
          // An address that the provider has not verified is not looked up.
          const findings = { known, account: emailVerified ? found : null };
          const decision = whoItIs({ email: 'ada@example.com', emailVerified }, findings, {
            linking,
            registration: isOpen,
          });
          expect([decision.is, ...('proof' in decision ? [decision.proof] : [])].join(' ')).toBe(expected);
          if ('user' in decision) expect(decision.user).toBe(known ?? found);
        }
  });

  it('is in the table for every combination', () => {
    const combinations = new Set(
      table.flatMap(([identity, address, account, linking, registration]) =>
        every(address, { verified: 'verified', unverified: 'unverified' }).flatMap((one) =>
          every(account, Object.fromEntries(Object.keys(accounts).map((key) => [key, key]))).flatMap((two) =>
            every(registration, { open: 'open', closed: 'closed' }).map((three) =>
              [identity, one, two, linking, three].join(),
            ),
          ),
        ),
      ),
    );
    expect(combinations.size).toBe(2 * 2 * Object.keys(accounts).length * 2 * 2);
  });
});
