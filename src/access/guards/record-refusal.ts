import type { ExecutionContext } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { RefusalTrail } from '../../audit/refusals/refusal-trail.js';
import { findOptional } from '../../http/nest/find-provider.js';
import { clientOf } from '../../http/request/client.js';
import type { AnyRequest } from '../../http/request/request-id.js';
import type { TokenHolder } from '../principal.js';

/**
 * Records in the audit trail that a caller lacks a role, a permission or a scope, with the handler's name rather than the URL,
 * which the client chooses. Does nothing in a verifier, which has no audit trail.
 *
 * @param needed - Roles, permissions or scopes that the handler requires; empty if it accepts no API keys.
 */
export function recordRefusal(
  modules: ModuleRef,
  caller: TokenHolder,
  needed: readonly string[],
  context: ExecutionContext,
): void {
  const operation = `${context.getClass().name}.${context.getHandler().name}`;
  const isHttp = context.getType() === 'http';
  const client = isHttp ? clientOf(context.switchToHttp().getRequest<AnyRequest>()) : null;
  findOptional(modules, RefusalTrail)?.forbidden(caller, operation, needed, client);
}
