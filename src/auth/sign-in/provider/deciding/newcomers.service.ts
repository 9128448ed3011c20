import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../../../access/client.decorator.js';
import { AuditService } from '../../../../audit/audit.service.js';
import { isUsername } from '../../../../names/username.js';
import type { User } from '../../../../users/user.entity.js';
import { UsersService } from '../../../../users/users.service.js';
import { IdentitiesService } from '../../../providers/identities/identities.service.js';
import { certainEmailOf, type ProvenIdentity } from '../../../providers/proven-identity.js';

/** Creates accounts for users of providers. */
@Injectable()
export class NewcomersService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly identities: IdentitiesService,
    private readonly audit: AuditService,
  ) {}

  /** Returns the username that an email address suggests: its local part. `null` if no username can be like that. */
  suggest(identity: ProvenIdentity): string | null {
    const [local] = (certainEmailOf(identity) ?? '').split('@', 1);
    return isUsername(local) ? local : null;
  }

  /**
   * Creates an account without a password, with the identity as its way in. Its email address is verified: by the provider,
   * or by a code.
   *
   * @param email - {@link certainEmailOf} the identity.
   * @param use - Uses up what allows it, in the same transaction.
   * @throws {UsernameTakenError | EmailTakenError | IdentityTakenError} also if another request is first at the same moment.
   */
  register(
    identity: ProvenIdentity,
    { email, username }: { email: string; username: string },
    client: Client,
    use: (tx: DataSource['manager']) => Promise<void>,
  ): Promise<User> {
    const { fullName } = identity;
    return this.db.transaction(async (tx) => {
      await use(tx);
      const account = { username, email, fullName, passwordHash: null, emailVerified: true };
      const user = await this.users.create(account, tx);
      await this.identities.link(identity, user, client, tx, { isNew: true });
      const data = { provider: identity.provider };
      await this.audit.record({ type: 'user_created', userId: user.id, actorId: user.id, client, data }, tx);
      return user;
    });
  }
}
