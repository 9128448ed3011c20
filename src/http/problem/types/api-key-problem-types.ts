/** Problem types of API keys, a part of the list of all types. */
export const apiKeyProblemTypes = {
  'ambiguous-credentials': {
    title: 'Ambiguous credentials',
    meaning:
      'The request has both an access token in `Authorization` and an API key in `X-API-Key`. Send one of them.',
  },
  'insufficient-scope': {
    title: 'Insufficient scope',
    meaning:
      'The API key lacks a scope that this operation requires; `detail` and the header `WWW-Authenticate` name it. Create a key with this scope.',
  },
  'api-key-not-accepted': {
    title: 'API key not accepted',
    meaning:
      'This operation accepts no API keys, such as all that concerns passwords, sessions, keys and roles. Sign in with `POST /auth/login` instead.',
  },
  'too-many-api-keys': {
    title: 'Too many API keys',
    meaning:
      'The account has as many unexpired API keys as possible. Revoke one that is no longer used first.',
  },
  'service-account': {
    title: 'Service account',
    meaning:
      'A service account is used by programs with API keys. It has no email address, no password and no sessions, so this operation does not apply to it.',
  },
  'not-for-persons': {
    title: 'Not for persons',
    meaning:
      'Nobody else can create an API key for a person, who does it with `POST /users/me/api-keys`. Create a service account for a program instead.',
  },
} as const;
