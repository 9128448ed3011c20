import { AuditChain } from '../audit/audit-chain.entity.js';
import { AuditEvent } from '../audit/audit-event.entity.js';
import { Session } from '../auth/sessions/session.entity.js';
import { User } from '../users/user.entity.js';

/** Astra's tables, by name: globs break in ESM, in Jest and in a host's build. */
export const entities = [User, Session, AuditChain, AuditEvent];
