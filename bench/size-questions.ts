import type { UserFilter } from '../src/users/directory/user-directory.js';
import type { UserSort } from '../src/users/directory/user-order.js';

/** User in the database under test. */
export interface Somebody {
  username: string;
  email: string;
  full_name: string;
}

/** A request for a page of users. */
export interface Question {
  name: string;
  /** @param somebody - A different user each time. */
  filter(somebody: Somebody): UserFilter;
  /** Default: the newest first. */
  sort?: UserSort;
  /** Whether the page is one from the middle of the list. */
  isDeep?: boolean;
}

const all = () => ({});
const of = (filter: UserFilter) => () => filter;
const inWords = ({ full_name }: Somebody) => full_name.split(' ');

/** Returns a few characters from the middle of a text. */
function part(text: string, length: number): string {
  const signs = Array.from(text);
  const start = Math.floor((signs.length - length) / 2);
  return signs.slice(start, start + length).join('');
}

/** Typical requests of admins, and expensive ones. */
export const questions: Record<string, Question[]> = {
  'A page of all': [
    { name: 'the first, newest first', filter: all },
    { name: 'the first, oldest first', filter: all, sort: 'created_at' },
    { name: 'the first, by username', filter: all, sort: 'username' },
    { name: 'the first, by username backwards', filter: all, sort: '-username' },
    { name: 'in the middle, newest first', filter: all, isDeep: true },
    { name: 'in the middle, by username', filter: all, sort: 'username', isDeep: true },
  ],
  Filters: [
    { name: 'administrators', filter: of({ role: 'admin' }) },
    { name: 'moderators', filter: of({ role: 'moderator' }) },
    { name: 'moderators, by username', filter: of({ role: 'moderator' }), sort: 'username' },
    { name: 'plain users', filter: of({ role: 'user' }) },
    { name: 'active', filter: of({ isActive: true }) },
    { name: 'inactive', filter: of({ isActive: false }) },
    { name: 'inactive, by username', filter: of({ isActive: false }), sort: 'username' },
    { name: 'verified', filter: of({ emailVerified: true }) },
    { name: 'not verified', filter: of({ emailVerified: false }) },
    { name: 'not verified, by username', filter: of({ emailVerified: false }), sort: 'username' },
    { name: 'deleted', filter: of({ isDeleted: true }) },
    { name: 'deleted, by username', filter: of({ isDeleted: true }), sort: 'username' },
    { name: 'inactive and not verified', filter: of({ isActive: false, emailVerified: false }) },
    {
      name: 'moderators, inactive, not verified, by username',
      filter: of({ role: 'moderator', isActive: false, emailVerified: false }),
      sort: 'username',
    },
  ],
  'A search for': [
    { name: 'a username', filter: ({ username }) => ({ q: username }) },
    { name: 'an address', filter: ({ email }) => ({ q: email }) },
    { name: '8 signs from the middle of an address', filter: ({ email }) => ({ q: part(email, 8) }) },
    { name: '5 signs from the middle of a username', filter: ({ username }) => ({ q: part(username, 5) }) },
    { name: 'a full name', filter: ({ full_name }) => ({ q: full_name }) },
    { name: 'a given name', filter: (somebody) => ({ q: inWords(somebody)[0] }) },
    { name: 'a family name', filter: (somebody) => ({ q: inWords(somebody)[1] }) },
    {
      name: 'a family name, by username',
      filter: (somebody) => ({ q: inWords(somebody)[1] }),
      sort: 'username',
    },
    { name: '2 signs of a name', filter: ({ full_name }) => ({ q: part(full_name, 2) }) },
    { name: '1 sign of a name', filter: ({ full_name }) => ({ q: part(full_name, 1) }) },
    { name: 'a rare pair of letters, `zq`', filter: of({ q: 'zq' }) },
    { name: '`%`', filter: of({ q: '%' }) },
    { name: '`_`', filter: of({ q: '_' }) },
    { name: '`\\`', filter: of({ q: '\\' }) },
    { name: 'an emoji', filter: of({ q: '🌻' }) },
    { name: 'what nobody has, 100 signs', filter: of({ q: 'x'.repeat(100) }) },
  ],
  'A search with filters': [
    {
      name: 'a family name of moderators',
      filter: (somebody) => ({ q: inWords(somebody)[1], role: 'moderator' }),
    },
    {
      name: 'a family name of the inactive, by username',
      filter: (somebody) => ({ q: inWords(somebody)[1], isActive: false }),
      sort: 'username',
    },
    {
      name: 'part of a username of those not verified',
      filter: ({ username }) => ({ q: part(username, 5), emailVerified: false }),
    },
    { name: 'a rare pair of letters of the deleted', filter: of({ q: 'zq', isDeleted: true }) },
  ],
  'The worst': [
    {
      name: 'what 120 000 usernames begin with, by username',
      filter: of({ q: 'the_real' }),
      sort: 'username',
    },
  ],
};
