import { integer, issuer, listOf, onOff, oneOf, passkeyDomain, passkeyOrigins } from './parsers.js';
import type { Setting } from './setting.js';

/** Settings of the ways to sign in and of second factors, in the order of `.env.example`. */
export const signInSettings = {
  SIGN_IN_METHODS: {
    is: listOf('password', 'passkey', 'email-code'),
    default: 'password,passkey',
    means: 'Ways to sign in. Without passkey, there are no passkeys at all; email-code sends codes by email.',
  },
  PASSWORDLESS: {
    is: onOff(),
    default: 'off',
    means:
      'Allows registration without a password: the link in the message lets the user add a passkey or a password.',
  },
  EMAIL_CODE_TTL_SECONDS: {
    is: integer(60, 900),
    default: '600',
    means: 'Lifetime of a code by email.',
  },
  REAUTHENTICATION_TTL_SECONDS: {
    is: integer(60, 3_600),
    default: '300',
    means: 'How long a sign-in counts as recent, as sensitive operations require.',
  },
  SECOND_FACTOR: {
    is: oneOf('off', 'optional', 'required'),
    default: 'optional',
    means: 'Second factors: users may add one, or all must have one.',
  },
  SECOND_FACTOR_ROLES: {
    is: listOf('admin', 'moderator', 'user'),
    unset: 'none',
    means: 'Roles whose users must have a second factor. They add it when they sign in.',
  },
  TOTP_ISSUER: {
    is: issuer(),
    unset: 'the name in MAIL_FROM',
    means: 'Name of the service in authenticator apps.',
  },
  PASSKEY_RP_ID: {
    is: passkeyDomain(),
    unset: 'the host of PUBLIC_URL',
    means: 'Domain that passkeys are bound to. Never change it: passkeys of another domain no longer work.',
  },
  PASSKEY_ORIGINS: {
    is: passkeyOrigins(),
    unset: 'the origin of PUBLIC_URL',
    means: 'Origins whose pages and apps may use passkeys.',
  },
} as const satisfies Record<string, Setting>;
