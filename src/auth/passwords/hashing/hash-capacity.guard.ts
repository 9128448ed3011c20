import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { hashQueue } from './hash-queue.js';

const HASHES = 'astra:hashes';

/** Returns `true` for a body that needs no password hash. */
type Exemption = (body: unknown) => boolean;

/**
 * Marks a route that hashes a password for anonymous clients.
 *
 * @param options.unless - Exempts requests by their body. Default: none is exempt.
 */
export const HashesPassword = ({ unless = () => false }: { unless?: Exemption } = {}) =>
  SetMetadata(HASHES, unless);

/**
 * Rejects requests while the hash queue is full. Runs before all other guards: counting a sign-in attempt costs a
 * query, and in a flood these queries would delay those of the attempts that were admitted.
 *
 * @throws {HashQueueFullError} on a route with {@link HashesPassword}.
 */
@Injectable()
export class HashCapacityGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  /**
   * Checks the queue, and reserves nothing in it: a request that is admitted can still find it full.
   *
   * @throws {HashQueueFullError} if the request would hash a password.
   */
  canActivate(context: ExecutionContext): boolean {
    const isExempt = this.reflector.get<Exemption | undefined>(HASHES, context.getHandler());
    const { body } = context.switchToHttp().getRequest<{ body?: unknown }>();
    if (isExempt && !isExempt(body)) hashQueue.assertRoom();
    return true;
  }
}
