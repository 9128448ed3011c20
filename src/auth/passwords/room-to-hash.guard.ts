import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { hashQueue } from './hash-queue.js';

const HASHES = 'astra:hashes';

/** The route hashes a password for anybody who asks. */
export const HashesPassword = () => SetMetadata(HASHES, true);

/**
 * Turns requests away while no more passwords can be hashed. It comes before all other guards: to count a try costs a
 * query, which in a flood would wait for those of the tries that were let in.
 *
 * @throws {HashQueueFullError} on a route with {@link HashesPassword}.
 */
@Injectable()
export class RoomToHashGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.get<boolean | undefined>(HASHES, context.getHandler())) hashQueue.assertRoom();
    return true;
  }
}
