import type { RolesOption } from 'nestjs-astra';

declare module 'nestjs-astra' {
  interface CustomPermissions {
    'note:hide': unknown;
    'note:purge': unknown;
  }
}

/** What each role permits here. */
export const roles: RolesOption = {
  moderator: ['note:hide'],
  admin: ['note:hide', 'note:purge'],
};
