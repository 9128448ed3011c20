import { Injectable } from '@nestjs/common';
import type { Client } from '../../../access/client.decorator.js';
import { InvalidInputError, missingField } from '../../../http/problem/problem.js';
import { canonicalEmail, readEmail } from '../../../names/canonical.js';
import { RateLimitsService } from '../../../rate-limit/rate-limits.service.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { EmailCodeMessagesService } from '../../email-codes/email-code-messages.service.js';
import { InvalidSignInError } from '../continuation/continuation.errors.js';
import { type BegunSignIn, BegunSignIns } from './begun-sign-ins.js';

/** Sign-in to which a code is sent. */
export interface CodeRequest {
  /** Sign-in that has begun in another way. Default: the code begins one. */
  readonly token?: string;
  /** Email address as typed. Default: that of the account of the sign-in. */
  readonly email?: string;
}

/** Sends codes for sign-ins: to begin one, or to go on with one. */
@Injectable()
export class EmailCodeRequestsService {
  constructor(
    private readonly messages: EmailCodeMessagesService,
    private readonly begun: BegunSignIns,
    private readonly limits: RateLimitsService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Queues a code. Neither the result nor its time depends on whether the email address has an account.
   *
   * @returns the sign-in token, with which the code works, and the seconds until it expires.
   * @throws {InvalidSignInError} if the token is unknown, expired, used, was tried too often, or waits for no code.
   * @throws {InvalidInputError} unless there is an email address where one has to be named, and only there.
   * @throws {TooManyRequestsError} if the email address was sent too many codes.
   */
  async send({ token, email }: CodeRequest, client: Client): Promise<{ token: string; expiresIn: number }> {
    if (token !== undefined) return this.goOn(token, email, client);
    // Sign-ins that have begun in another way may need codes where nobody can begin with one.
    if (!this.settings.features.emailCode)
      throw new InvalidInputError([missingField('body', 'sign_in_token')]);
    if (email === undefined) throw new InvalidInputError([missingField('body', 'email')]);
    return this.messages.beginSignIn(email, client);
  }

  private async goOn(
    token: string,
    named: string | undefined,
    client: Client,
  ): Promise<{ token: string; expiresIn: number }> {
    const signIn = await this.begun.find(token);
    if (!signIn) throw new InvalidSignInError();
    const { email: known } = signIn;
    const email = await (known === null ? this.name(signIn, named) : this.use(known, named, client));
    const toNewcomers = known === null && this.settings.features.registration;
    const binding = { purpose: 'continue', token } as const;
    if (!(await this.messages.request(binding, email, client, { toNewcomers })))
      throw new InvalidSignInError();
    return { token, expiresIn: Math.min(this.messages.ttl, signIn.secondsLeft) };
  }

  /** Counts the code for the address of the account. A named one is in the request, with which its limit was counted. */
  private async use(email: string, named: string | undefined, client: Client): Promise<string> {
    if (named !== undefined) throw unexpected();
    await this.limits.take('email-code-address', canonicalEmail(email), client);
    return email;
  }

  /** Stores the address that the user names, which a new account may get. */
  private async name(signIn: BegunSignIn, email: string | undefined): Promise<string> {
    if (email === undefined) throw new InvalidInputError([missingField('body', 'email')]);
    if (readEmail(email) === null) throw unusable();
    await signIn.name(email);
    return email;
  }
}

const unexpected = () =>
  invalidEmail('extra_forbidden', 'The code goes to the email address of the account.');
const unusable = () => invalidEmail('value_error', 'This email address is not valid or not supported.');

function invalidEmail(code: string, msg: string): InvalidInputError {
  return new InvalidInputError([{ loc: ['body', 'email'], code, msg }]);
}
