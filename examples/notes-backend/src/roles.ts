import type { RolesOption } from 'nestjs-astra';

declare module 'nestjs-astra' {
  interface CustomPermissions {
    'note:hide': unknown;
    'note:purge': unknown;
  }
}

/** Permissions of each role. */
export const roles: RolesOption = {
  moderator: ['note:hide'],
  admin: ['note:hide', 'note:purge'],
};
