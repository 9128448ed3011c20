import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { hashQueue } from './hash-queue.js';

const HASHES = 'astra:hashes';

/** Tells of a body that no password is hashed for it. */
type Exemption = (body: unknown) => boolean;

/** The route hashes a password for anybody who asks. */
export const HashesPassword = ({ unless = () => false }: { unless?: Exemption } = {}) =>
  SetMetadata(HASHES, unless);

/**
 * Turns requests away while no more passwords can be hashed. It comes before all other guards: to count a try costs a
 * query, which in a flood would wait for those of the tries that were let in.
 *
 * @throws {HashQueueFullError} on a route with {@link HashesPassword}.
 */
@Injectable()
export class HashCapacityGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const isExempt = this.reflector.get<Exemption | undefined>(HASHES, context.getHandler());
    const { body } = context.switchToHttp().getRequest<{ body?: unknown }>();
    if (isExempt && !isExempt(body)) hashQueue.assertRoom();
    return true;
  }
}
