import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { errorPlaces, errorText } from '../problem/error-text.js';
import { AfterCommit } from '../database/after-commit.js';

/** Something that happened to an account. */
export abstract class AccountEvent {
  constructor(readonly userId: string) {}
}

/** A class of events, such as {@link UserRegistered}. */
export type AccountEventType<E extends AccountEvent> = new (...args: never[]) => E;

/** Takes part in the transaction of an event. */
export type AccountHook<E extends AccountEvent> = (event: E, tx: EntityManager) => void | Promise<unknown>;

/** Hears of an event. */
export type AccountListener<E extends AccountEvent> = (event: E) => void | Promise<unknown>;

/**
 * What happens to accounts, for the code of a host: inside the transaction, to refuse it or to write along with it, or
 * once it is committed. Inject it, and say in a constructor what is to be heard.
 */
@Injectable()
export class AccountEvents implements BeforeApplicationShutdown {
  private readonly logger = new Logger(AccountEvents.name);
  private readonly hooks = new Map<unknown, AccountHook<AccountEvent>[]>();
  private readonly listeners = new Map<unknown, AccountListener<AccountEvent>[]>();
  private readonly running = new Set<Promise<unknown>>();

  constructor(private readonly afterCommit: AfterCommit) {}

  /**
   * Takes part in the transaction of all events of a class: what the hook writes by its `tx` is there if and when the
   * event is, and nothing happens at all if the hook throws. A {@link Problem} that it throws is the answer.
   *
   * The event's own rows are written already, for `tx` alone to see. Everyone else waits for the hook, so it should not
   * wait for anything but the database.
   */
  before<E extends AccountEvent>(type: AccountEventType<E>, hook: AccountHook<E>): void {
    this.hooks.set(type, [...(this.hooks.get(type) ?? []), hook as AccountHook<AccountEvent>]);
  }

  /**
   * Hears of all events of a class that happen in this process, each once and after it is committed. Nobody waits for
   * the listener, and what it throws is logged. It misses what was committed just before the process was killed: work
   * that must not be lost is written down by a hook, see {@link before}.
   */
  on<E extends AccountEvent>(type: AccountEventType<E>, listener: AccountListener<E>): void {
    this.listeners.set(type, [
      ...(this.listeners.get(type) ?? []),
      listener as AccountListener<AccountEvent>,
    ]);
  }

  /** Says that something happens, as part of the transaction in which it does. */
  async emit(event: AccountEvent, tx: EntityManager): Promise<void> {
    for (const hook of this.hooks.get(event.constructor) ?? []) await hook(event, tx);
    for (const listener of this.listeners.get(event.constructor) ?? [])
      this.afterCommit.run(() => this.tell(listener, event), tx);
  }

  /** Lets the listeners finish that were told already. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.running);
  }

  private tell(listener: AccountListener<AccountEvent>, event: AccountEvent): void {
    const told = Promise.resolve(event)
      .then(listener)
      .catch((error: unknown) =>
        this.logger.error(
          `A listener to ${event.constructor.name} failed: ${errorText(error)}`,
          errorPlaces(error),
        ),
      )
      .finally(() => this.running.delete(told));
    this.running.add(told);
  }
}
