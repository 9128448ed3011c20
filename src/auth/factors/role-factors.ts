import { Injectable } from '@nestjs/common';
import { secondFactorMethods } from '../../access/sign-in-methods.js';
import { AccountEvents } from '../../users/events/account-events.js';
import { RoleChanged } from '../../users/events/user-events.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { FactorsService } from './factors.service.js';

/**
 * Ends the sessions without a second factor when a user gets a role that requires one. Otherwise the new rights could be
 * used with a password alone until the session expires. The user adds a factor at the next sign-in.
 */
@Injectable()
export class RoleFactors {
  constructor(events: AccountEvents, factors: FactorsService, sessions: SessionsService) {
    events.before(RoleChanged, async ({ userId, after }, tx) => {
      if (!factors.isRequired(after)) return;
      const condition = 's.user_id = $1 AND NOT s.methods && $2';
      await sessions.endMatching(condition, [userId, secondFactorMethods], SessionEnd.FactorsChanged, tx);
    });
  }
}
