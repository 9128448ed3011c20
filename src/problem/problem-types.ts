/**
 * Every kind of problem that Astra answers with, by its code: the last part of a problem document's `type`
 * (RFC 9457). Clients branch on the code, so one that was published never changes its meaning.
 * `GET /problems/<code>` shows these texts.
 */
export const problemTypes = {
  'bad-request': {
    title: 'Bad request',
    meaning:
      'The request could not be understood as HTTP. Nothing was done; correct it before sending it again.',
  },
  'malformed-json': {
    title: 'Malformed JSON',
    meaning:
      'The body is not one well-formed JSON value, so none of it was read. Check quotes, commas and the encoding (UTF-8).',
  },
  'invalid-input': {
    title: 'Invalid input',
    meaning:
      'At least one field or parameter is missing, unknown, of the wrong type or outside its bounds. `errors` names each one: `loc` is where it is, `code` is for programs, `msg` is for people. Nothing was changed.',
  },
  'not-authenticated': {
    title: 'Not authenticated',
    meaning:
      'This address needs an access token in the header `Authorization: Bearer <token>`. Sign in with `POST /auth/login` to get one.',
  },
  'invalid-token': {
    title: 'Invalid token',
    meaning:
      'The token is malformed, expired, used up or replaced; or its session has ended; or its user is inactive or gone. Which of these is not told. For an access token (401): refresh it, or sign in again. For a token from a mail (400): ask for a new mail.',
  },
  'invalid-credentials': {
    title: 'Invalid credentials',
    meaning:
      'The username or the password is wrong. Which of the two is not told, so that nobody can find out who has an account.',
  },
  'invalid-refresh-token': {
    title: 'Invalid refresh token',
    meaning:
      'The refresh token is unknown, expired or was used before, or its session has ended. Sign in again.',
  },
  'inactive-user': {
    title: 'Inactive user',
    meaning: 'The password is right, but an administrator has deactivated the account.',
  },
  'email-not-verified': {
    title: 'Email not verified',
    meaning:
      'The password is right, but the address was not verified yet. Open the link in the mail; `POST /auth/verify-email/request` sends it again.',
  },
  'insufficient-role': {
    title: 'Insufficient role',
    meaning: 'You are signed in, but your role does not permit this. `detail` names the roles that do.',
  },
  'insufficient-permission': {
    title: 'Insufficient permission',
    meaning: 'You are signed in, but your role does not permit this. `detail` names what it would have to.',
  },
  'cross-site-request': {
    title: 'Cross-site request',
    meaning:
      'With `X-Astra-Client: browser` the refresh token is in a cookie, which only pages of the service itself and of the origins that it was told may use. Other clients leave the header out and send the token in the body. Nothing was changed.',
  },
  'username-taken': {
    title: 'Username taken',
    meaning: 'Another account has this username. Upper and lower case do not make a difference.',
  },
  'email-taken': {
    title: 'Email taken',
    meaning: 'Another account has this email address. Upper and lower case do not make a difference.',
  },
  'last-admin': {
    title: 'Last administrator',
    meaning:
      'This would leave no active administrator. Make somebody else an administrator first. Nothing was changed.',
  },
  'not-found': {
    title: 'Not found',
    meaning: 'There is nothing at this address, or it is not yours to see.',
  },
  'method-not-allowed': {
    title: 'Method not allowed',
    meaning:
      'The address exists, but not for this HTTP method. The header `Allow` lists the methods that it takes.',
  },
  refused: {
    title: 'Refused',
    meaning:
      'A rule of the application itself does not permit the request. The status says of which kind it is: 401 who you are, 402 payment, 403 what you may do; `detail` may say more.',
  },
  'request-timeout': {
    title: 'Request timeout',
    meaning: 'The request did not arrive in full in the time given to it.',
  },
  'content-too-large': { title: 'Content too large', meaning: 'The body is larger than this address takes.' },
  'uri-too-long': {
    title: 'URI too long',
    meaning: 'The address, or a part of it, is longer than the server reads.',
  },
  'unsupported-media-type': {
    title: 'Unsupported media type',
    meaning:
      'Send `Content-Type: application/json`. Only `POST /auth/login` also takes `application/x-www-form-urlencoded`.',
  },
  'headers-too-large': {
    title: 'Headers too large',
    meaning: 'The header fields together are larger than the server reads.',
  },
  'too-many-requests': {
    title: 'Too many requests',
    meaning: 'A limit was reached. `Retry-After` says after how many seconds the next try can succeed.',
  },
  overloaded: {
    title: 'Overloaded',
    meaning:
      'More work has arrived than can be done at once. Nothing was changed. Try again after `Retry-After` seconds.',
  },
  unavailable: {
    title: 'Unavailable',
    meaning:
      'The service cannot work at the moment, for example because its database is away. Nothing was changed. Try again after `Retry-After` seconds.',
  },
  'internal-error': {
    title: 'Internal error',
    meaning:
      'Something failed that should not have. It was logged under `request_id`; name that when you report it.',
  },
} as const satisfies Record<string, { title: string; meaning: string }>;

/** A code of {@link problemTypes}. */
export type ProblemCode = keyof typeof problemTypes;
