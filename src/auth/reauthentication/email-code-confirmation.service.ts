import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { SessionPrincipal, SessionHolder } from '../../access/principal.js';
import { SignInAttemptsService } from '../../rate-limit/sign-in/sign-in-attempts.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { emailOf } from '../../users/service-accounts/email-of.js';
import { UsersService } from '../../users/users.service.js';
import { EmailCodeMessagesService } from '../email-codes/email-code-messages.service.js';
import { EmailCodesService } from '../email-codes/email-codes.service.js';
import { InvalidProofError } from '../factors/factors.errors.js';

/** The id of the session takes the place of a secret: only its access token gets here. */
const bindingOf = ({ sessionId: token }: Pick<SessionHolder, 'sessionId'>) =>
  ({ purpose: 'confirm', token }) as const;

/** Confirms the identity of signed-in users with a code by email, which is one factor. */
@Injectable()
export class EmailCodeConfirmationService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly codes: EmailCodesService,
    private readonly messages: EmailCodeMessagesService,
    private readonly attempts: SignInAttemptsService,
    private readonly settings: AuthSettings,
  ) {}

  /** Returns whether a code can be sent: an unverified mailbox may be somebody else's, and proves nothing. */
  isPossible({ emailVerified }: Pick<SessionPrincipal, 'emailVerified'>): boolean {
    return this.settings.features.emailCode && emailVerified;
  }

  /** Sends a code to the user. A further one ends the first, and does not reset the count of wrong ones. */
  async send(holder: SessionHolder, client: Client): Promise<void> {
    const email = emailOf(await this.users.get(holder.userId));
    await this.messages.request(bindingOf(holder), email, client);
  }

  /**
   * Uses a code, once. Wrong ones are counted for the session and for the email address.
   *
   * @param then - Acts on it in the same transaction.
   * @throws {InvalidProofError} if the code is wrong, or none was sent.
   * @throws {TooManyRequestsError} if the session or the email address has to wait.
   */
  async confirm<T>(
    holder: SessionHolder,
    code: string,
    client: Client,
    then: (tx: EntityManager) => Promise<T>,
  ): Promise<T> {
    const binding = bindingOf(holder);
    const { userId, sessionId } = holder;
    const { matches } = await this.attempts.checkAgain({ userId, sessionId, client }, async () => {
      // Counted for the session first, so that a stolen access token cannot make the owner's sign-ins wait.
      const requested = await this.codes.find(binding);
      if (!requested) return { matches: false };
      return this.attempts.checkEmailCode({ ...requested, client }, async () => ({
        matches: (await this.codes.verify(binding, code)) === true,
      }));
    });
    const result = matches && (await this.db.transaction((tx) => this.use(userId, binding, code, then, tx)));
    if (!result) throw new InvalidProofError();
    return result.value;
  }

  /** Uses the code with the account locked; `null` if it was used at the same time, or has ended. */
  private async use<T>(
    userId: string,
    binding: ReturnType<typeof bindingOf>,
    code: string,
    then: (tx: EntityManager) => Promise<T>,
    tx: EntityManager,
  ): Promise<{ value: T } | null> {
    const user = await this.users.lockActive(userId, tx);
    if (!user || !(await this.codes.consume(binding, code, user, tx))) return null;
    return { value: await then(tx) };
  }
}
