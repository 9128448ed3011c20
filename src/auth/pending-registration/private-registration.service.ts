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

/** Job that looks up an email address, and sends either a link or a notice to its owner. */
const registrationAttempted = new JobType<{ id: string }>('registration-attempted');

/** Seconds after a link was sent in which further attempts for the same email address send none. */
const QUIET = 60;

/**
 * Registration that does not reveal whether an email address has an account. All attempts look the same; an account is
 * created only when the link in the message is opened.
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
   * Reserves a username and queues a message to the email address. Only the job looks up the email address, so neither
   * the response nor its time depends on whether it is taken.
   *
   * @throws {UsernameTakenError} if an account or another attempt has the name.
   */
  async begin(account: NewUser, client: Client): Promise<void> {
    const { fullName = null } = account;
    await this.db.transaction(async (tx) => {
      const id = await this.pending.begin({ ...account, fullName, origin: registrationOrigin(client) }, tx);
      await this.jobs.enqueue(registrationAttempted, { id }, tx);
    });
  }

  /** Resends the link of the latest attempt for an email address, if there is one. */
  async resend(email: string, tx: EntityManager): Promise<void> {
    const attempt = await this.pending.lockLatest(email, tx);
    if (attempt) await this.sendLink(attempt, tx);
  }

  /** Finds a pending registration by the token of its link. */
  find(token: string): Promise<PendingRegistration | undefined> {
    return this.pending.findByToken(hashOf(token));
  }

  /**
   * Creates the account of a pending registration, with a verified email address.
   *
   * @returns `undefined` if no pending registration has this token.
   * @throws {UsernameTakenError | EmailTakenError} if the name or the email address was taken in the meantime.
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

  /**
   * Invalidates the link of a pending registration that the owner of the email address disowned.
   *
   * @returns whether there was one.
   */
  refuse(token: string, tx: EntityManager): Promise<boolean> {
    return this.pending.refuse(hashOf(token), tx);
  }

  /**
   * Sends the link, or a notice to the owner of an existing account. One of several attempts for an email address sends
   * a link.
   */
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

  /** Issues a link, and sends it to the email address. */
  private async sendLink(
    { id, email, username, origin, createdAt, expiresAt }: PendingRegistration,
    tx: EntityManager,
  ): Promise<void> {
    // `enqueue` calls this only within the budget of the mailbox; otherwise the earlier link stays valid.
    const issue = async () => {
      const token = newToken();
      await this.pending.setLink(id, hashOf(token), tx);
      return { token, expiresAt, username, registeredAt: createdAt, origin };
    };
    const recipient = { email, emailVerifiedAt: null };
    await this.mail.enqueue('verify-email', recipient, issue, tx, { key: `verify-email ${id}` });
  }
}
