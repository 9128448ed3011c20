import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import { JobType } from '../../jobs/job-type.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { MailService } from '../../mail/mail.service.js';
import type { PendingRegistration } from '../../users/held-names/pending-registration.entity.js';
import { PendingRegistrations } from '../../users/held-names/pending-registrations.js';
import type { User } from '../../users/user.entity.js';
import { type NewUser, UsersService } from '../../users/users.service.js';
import { hashOf, newToken } from '../one-time-tokens/one-time-tokens.js';
import { randomMoment } from '../../jobs/random-moment.js';
import { registrationOrigin } from './registration-origin.js';

const registrationAttempted = new JobType<{ id: string }>('registration-attempted');

/** Seconds in which further attempts for an address send no link: of many at once, one does. */
const QUIET = 60;

/**
 * Registration where nobody is told whether an address has an account. An attempt is the same for both until somebody
 * opens the link in a mail; only then does an account begin, if at all.
 */
@Injectable()
export class PrivateRegistrationService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly pending: PendingRegistrations,
    private readonly users: UsersService,
    private readonly mail: MailService,
    private readonly jobs: JobsService,
    private readonly audit: AuditService,
  ) {
    jobs.handle(registrationAttempted, async ({ id }, { signal }) => {
      await randomMoment(signal);
      await this.tellOwner(id);
    });
    jobs.schedule('purge-pending-registrations', '41 * * * *', (signal) => this.pending.purge(signal));
  }

  /**
   * Holds a username, and has a message sent to the address. Whether it is free, only the job finds out, so that for
   * whoever asks nothing depends on it: neither answer nor time.
   *
   * @throws {UsernameTakenError} if an account or another attempt has the name.
   */
  async begin(account: NewUser & { passwordHash: string }, client: Client): Promise<void> {
    const { fullName = null } = account;
    await this.db.transaction(async (tx) => {
      const id = await this.pending.begin({ ...account, fullName, origin: registrationOrigin(client) }, tx);
      await this.jobs.enqueue(registrationAttempted, { id }, tx);
    });
  }

  /** Sends the link of the latest attempt for an address again, if there is one. */
  async resend(email: string, tx: EntityManager): Promise<void> {
    const attempt = await this.pending.lockLatest(email, tx);
    if (attempt) await this.sendLink(attempt, tx);
  }

  /** Finds the attempt whose link has a token. */
  find(token: string): Promise<PendingRegistration | undefined> {
    return this.pending.findByToken(hashOf(token));
  }

  /**
   * Begins the account of an attempt, its address verified.
   *
   * @returns `undefined` if no attempt has this token.
   * @throws {UsernameTakenError | EmailTakenError} if somebody has got the name or the address in the meantime.
   */
  async confirm(token: string, client: Client, tx: EntityManager): Promise<User | undefined> {
    const attempt = await this.pending.take(hashOf(token), tx);
    if (!attempt) return undefined;
    const { username, email, fullName, passwordHash } = attempt;
    const { id } = await this.users.create({ username, email, fullName, passwordHash }, tx);
    const user = await this.users.markEmailVerified(id, tx);
    await this.audit.record({ type: 'user_created', userId: id, actorId: id, client }, tx);
    return user;
  }

  /** Ends the link of an attempt, for the owner of the address who knows nothing of it. @returns whether it was one. */
  refuse(token: string, tx: EntityManager): Promise<boolean> {
    return this.pending.refuse(hashOf(token), tx);
  }

  private async tellOwner(id: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const attempt = await this.pending.lock(id, tx);
      if (!attempt) return;
      const owner = await this.users.findByLogin(attempt.email, tx);
      if (owner) {
        const key = `registration-attempt ${owner.id}`;
        await this.mail.enqueue('registration-attempt', owner, {}, tx, { key });
      } else if (!(await this.pending.wasSentTo(attempt.email, QUIET, tx))) {
        await this.sendLink(attempt, tx);
      }
    });
  }

  private async sendLink(
    { id, email, username, origin, createdAt, expiresAt }: PendingRegistration,
    tx: EntityManager,
  ): Promise<void> {
    // Above the budget of the mailbox nothing is sent, and the link that it has stays good.
    const issue = async () => {
      const token = newToken();
      await this.pending.setLink(id, hashOf(token), tx);
      return { token, expiresAt, username, registeredAt: createdAt, origin };
    };
    const recipient = { email, emailVerifiedAt: null };
    await this.mail.enqueue('verify-email', recipient, issue, tx, { key: `verify-email ${id}` });
  }
}
