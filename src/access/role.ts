/** The roles that there are everywhere, from most to least. Not an `enum`, so that a host's own compare with them. */
export const Role = { Admin: 'admin', Moderator: 'moderator', User: 'user' } as const;
export type Role = (typeof Role)[keyof typeof Role];
