import { webhookProblemTypes } from './types/webhook-problem-types.js';
import { apiKeyProblemTypes } from './types/api-key-problem-types.js';

/**
 * All problem types of Astra by code, which is the last part of a problem document's `type` (RFC 9457).
 * Clients branch on the code, so a published code never changes its meaning. `GET /problems/<code>` shows
 * these texts.
 */
export const problemTypes = {
  'bad-request': {
    title: 'Bad request',
    meaning: 'The request is not valid HTTP, so it was not processed. Correct it before you send it again.',
  },
  'malformed-json': {
    title: 'Malformed JSON',
    meaning: 'The body is not well-formed JSON. Check quotes, commas and the encoding (UTF-8).',
  },
  'invalid-input': {
    title: 'Invalid input',
    meaning:
      'At least one field or parameter is missing, unknown, of the wrong type or out of range. `errors` lists each one: `loc` is its location, `code` is meant for programs and `msg` for people. Nothing was changed.',
  },
  'not-authenticated': {
    title: 'Not authenticated',
    meaning:
      'This route requires an access token in the header `Authorization: Bearer <token>`. To get one, sign in with `POST /auth/login`.',
  },
  'invalid-token': {
    title: 'Invalid token',
    meaning:
      'The token is malformed, expired, already used or replaced, its session has ended, or its user is inactive or deleted. The response does not say which. If it is an access token (401), refresh it or sign in again. If it is a token from an email (400), request a new email.',
  },
  'reauthentication-required': {
    title: 'Reauthentication required',
    meaning:
      'You are signed in, but this operation requires a recent proof of your identity. Send one to `POST /users/me/reauthenticate`, then repeat the request; some operations also accept `current_password` in the body. In the header `WWW-Authenticate` (RFC 9470), `max_age` is the allowed age in seconds, and `acr_values="aal2"` means that a second factor is required.',
  },
  'invalid-credentials': {
    title: 'Invalid credentials',
    meaning:
      'The username or the password is incorrect. The response does not say which, so that nobody can find out who has an account.',
  },
  'unknown-passkey': {
    title: 'Unknown passkey',
    meaning:
      'There is no passkey with this credential id any longer. A page can have the authenticator hide it, with `PublicKeyCredential.signalUnknownCredential()`.',
  },
  'invalid-passkey': {
    title: 'Invalid passkey',
    meaning:
      'The passkey was not accepted. The response does not say why: its options have expired or were used already, it is for another site, or the user was not verified by a PIN or biometrics. Get new options and try again.',
  },
  'challenge-expired': {
    title: 'Challenge expired',
    meaning:
      'The options of the passkey have expired, were used already, or were issued to another session. Get new options and try again. Nothing was changed.',
  },
  'passkey-exists': {
    title: 'Passkey exists',
    meaning: 'This passkey is already registered. Nothing was changed.',
  },
  'too-many-passkeys': {
    title: 'Too many passkeys',
    meaning: 'You have as many passkeys as possible. Remove one that you no longer use first.',
  },
  ...apiKeyProblemTypes,
  'last-sign-in-method': {
    title: 'Last sign-in method',
    meaning:
      'Without it, nobody could sign in to the account any longer. `detail` says what to add first. Nothing was changed.',
  },
  'password-exists': {
    title: 'Password exists',
    meaning: 'The account has a password. Change it with `POST /users/me/password`. Nothing was changed.',
  },
  'provider-unavailable': {
    title: 'Provider unavailable',
    meaning:
      'The provider cannot be reached, is too slow, or does not answer as it should. Try again after `Retry-After` seconds, or sign in another way.',
  },
  'access-denied': {
    title: 'Access denied',
    meaning:
      'The user has cancelled the sign-in at the provider, the provider refuses it, or the account there may not be used here.',
  },
  'invalid-id-token': {
    title: 'Invalid ID token',
    meaning:
      'The ID token was not accepted. The response does not say why: it is not from this provider, or not for this application, it has expired or was used already, or its nonce is another one. Get a new one.',
  },
  'invalid-state': {
    title: 'Invalid state',
    meaning:
      'The response of the provider does not belong to a sign-in that was begun in this browser in the last 10 minutes, or was used already. Begin again.',
  },
  'account-link-required': {
    title: 'Account link required',
    meaning:
      'There is an account with the email address that the provider has verified. Prove that it is yours: send the `sign_in_token` and one proof to `POST /auth/login/continue` within `expires_in` seconds. `factors` lists the proofs that are accepted. The identity is connected to the account then.',
  },
  'registration-required': {
    title: 'Registration required',
    meaning:
      'The provider has verified who you are, but a new account needs more. `needs` lists it. `username`: send the `sign_in_token` and a `username` to `POST /auth/login/continue` within `expires_in` seconds.',
  },
  'registration-closed': {
    title: 'Registration closed',
    meaning: 'There is no account for this identity, and nobody can create one here.',
  },
  'identity-taken': {
    title: 'Identity taken',
    meaning: 'The identity is connected to another account. Nothing was changed.',
  },
  'invalid-refresh-token': {
    title: 'Invalid refresh token',
    meaning:
      'The refresh token is unknown, expired or already used, or its session has ended. Sign in again.',
  },
  'inactive-user': {
    title: 'Inactive user',
    meaning: 'The password is correct, but the account was deactivated by an admin or a moderator.',
  },
  'factor-required': {
    title: 'Second factor required',
    meaning:
      'The password is correct, but the account also needs a second factor. Send the `sign_in_token` and one code to `POST /auth/login/continue` within `expires_in` seconds: `totp_code` from an authenticator app, or `recovery_code`. `factors` lists those that you can use. A command line can send `totp_code` with the password instead.',
  },
  'factor-enrolment-required': {
    title: 'Second factor enrolment required',
    meaning:
      'The password is correct, but your role requires a second factor, and you have none yet. Send the `sign_in_token` to `POST /auth/login/enrol`, add the secret in the response to an authenticator app, and send its first code to `POST /auth/login/continue`.',
  },
  'invalid-proof': {
    title: 'Invalid proof',
    meaning:
      'The code or the password is incorrect, or the code was already used. After five wrong codes, a sign-in has to start again.',
  },
  'invalid-sign-in': {
    title: 'Invalid sign-in',
    meaning:
      'The `sign_in_token` is unknown, expired or already used, or too many wrong codes were sent with it. The response does not say which. Sign in again.',
  },
  'factor-exists': {
    title: 'Factor exists',
    meaning: 'The account already has a second factor of this type. Remove it before you add another one.',
  },
  'no-factor': {
    title: 'No factor',
    meaning: 'The account has no second factor, so recovery codes would have no use.',
  },
  'factor-required-by-role': {
    title: 'Factor required by role',
    meaning: 'Your role requires a second factor, so the last one cannot be removed. An admin can reset it.',
  },
  'not-for-yourself': {
    title: 'Not for yourself',
    meaning: 'Admins can do this for other users only. Nothing was changed.',
  },
  'email-not-verified': {
    title: 'Email not verified',
    meaning:
      'The password is correct, but the email address is not verified yet. Open the link in the verification email. To send it again, call `POST /auth/verify-email/request`.',
  },
  'insufficient-role': {
    title: 'Insufficient role',
    meaning: 'You are signed in, but your role does not allow this. `detail` names the roles that do.',
  },
  'insufficient-permission': {
    title: 'Insufficient permission',
    meaning: 'You are signed in, but your role does not allow this. `detail` names the required permission.',
  },
  'cross-site-request': {
    title: 'Cross-site request',
    meaning:
      'With `X-Astra-Client: browser`, the refresh token is in a cookie that only pages of the service itself and of its allowed origins may use. Other clients must omit the header and send the token in the body. Nothing was changed.',
  },
  'username-taken': {
    title: 'Username taken',
    meaning: 'Another account already uses this username. Usernames are not case-sensitive.',
  },
  'email-taken': {
    title: 'Email taken',
    meaning: 'Another account already uses this email address. Email addresses are not case-sensitive.',
  },
  ...webhookProblemTypes,
  'last-admin': {
    title: 'Last admin',
    meaning:
      'This change would leave no active admin. Give somebody else the role `admin` first. Nothing was changed.',
  },
  'not-found': {
    title: 'Not found',
    meaning: 'The resource does not exist, or you may not see it.',
  },
  'method-not-allowed': {
    title: 'Method not allowed',
    meaning:
      'The URL exists, but does not support this HTTP method. The header `Allow` lists the supported methods.',
  },
  refused: {
    title: 'Refused',
    meaning:
      'A rule of the application does not allow the request. The status says what kind of rule: 401 authentication, 402 payment, 403 permission. `detail` may say more.',
  },
  'request-timeout': {
    title: 'Request timeout',
    meaning: 'The request was not received completely in time.',
  },
  'content-too-large': {
    title: 'Content too large',
    meaning: 'The request body exceeds the limit of this route.',
  },
  'uri-too-long': {
    title: 'URI too long',
    meaning: 'The URL, or one of its segments, exceeds the limit of the server.',
  },
  'unsupported-media-type': {
    title: 'Unsupported media type',
    meaning:
      'Send `Content-Type: application/json`. Only `POST /auth/login` also takes `application/x-www-form-urlencoded`.',
  },
  'headers-too-large': {
    title: 'Headers too large',
    meaning: 'The header fields exceed the size limit of the server.',
  },
  'too-many-requests': {
    title: 'Too many requests',
    meaning:
      'A rate limit was reached. `Retry-After` is the number of seconds after which you can try again.',
  },
  overloaded: {
    title: 'Overloaded',
    meaning:
      'The service is receiving more requests than it can handle. Nothing was changed. Try again after `Retry-After` seconds.',
  },
  unavailable: {
    title: 'Unavailable',
    meaning:
      'The service is temporarily unavailable, for example because it cannot reach its database. Nothing was changed. Try again after `Retry-After` seconds.',
  },
  'internal-error': {
    title: 'Internal error',
    meaning:
      'An unexpected error occurred. It was logged with the `request_id`. Include it when you report the problem.',
  },
} as const satisfies Record<string, { title: string; meaning: string }>;

/** Code of `problemTypes`. */
export type ProblemCode = keyof typeof problemTypes;
