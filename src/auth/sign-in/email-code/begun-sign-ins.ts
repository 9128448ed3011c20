import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import type { User } from '../../../users/user.entity.js';
import type { TokenPair } from '../../tokens/token-pairs.js';

/** Sign-in that has begun in another way, and waits for a code by email. */
export interface BegunSignIn {
  /** Email address of the account that the code proves; `null` if the user has to name an address. */
  readonly email: string | null;
  /** Id of the session, a UUIDv7, that the code starts if the email address has an account. */
  readonly sessionId: string;
  /** Seconds until it expires. */
  readonly secondsLeft: number;
  /** Stores the email address that the user names. Only if {@link email} is `null`. */
  name(email: string): Promise<void>;
  /**
   * Called with the right code of an account, before its session starts.
   *
   * @param user - Current state of the account, whose row the transaction has locked.
   * @returns `false` if the sign-in has ended, or the account is another one: then no session starts.
   */
  claim(user: User, tx: EntityManager): Promise<boolean>;
  /**
   * Goes on after the right code of an email address without an account. Only if {@link email} is `null`.
   *
   * @param use - Uses the code, in the transaction that uses the sign-in. Returns whether it is still right.
   */
  welcome(use: CodeUse, client: Client): Promise<TokenPair>;
}

/** Uses the right code for a named email address, once. */
export type CodeUse = (email: string, tx: EntityManager) => Promise<boolean>;

/** Returns the sign-in of a token; `null` if there is none that waits for a code. */
export type FindBegunSignIn = (token: string) => Promise<BegunSignIn | null>;

/**
 * Sign-ins that have begun in another way, such as with a provider, and wait for a code by email. The ways in that have such
 * sign-ins name them here, so that codes know none of them.
 */
@Injectable()
export class BegunSignIns {
  private readonly finders: FindBegunSignIn[] = [];

  /** Adds sign-ins. Called when the application starts. */
  serve(find: FindBegunSignIn): void {
    this.finders.push(find);
  }

  /** Finds a sign-in by its token. */
  async find(token: string): Promise<BegunSignIn | null> {
    for (const find of this.finders) {
      const found = await find(token);
      if (found) return found;
    }
    return null;
  }
}
