/**
 * Built-in roles, from most to least privileged. Not an `enum`, so that they are comparable with a host's own
 * roles.
 */
export const Role = { Admin: 'admin', Moderator: 'moderator', User: 'user' } as const;
export type Role = (typeof Role)[keyof typeof Role];
