import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { errorPlaces, errorText } from '../../http/problem/error-text.js';
import { AfterCommit } from '../../database/after-commit.js';

/** Event of an account. */
export abstract class AccountEvent {
  constructor(readonly userId: string) {}
}

/** Class of events, such as {@link UserRegistered}. */
export type AccountEventType<E extends AccountEvent> = new (...args: never[]) => E;

/** Function that takes part in the transaction of an event. */
export type AccountHook<E extends AccountEvent> = (event: E, tx: EntityManager) => void | Promise<unknown>;

/** Function that is called after the commit of an event. */
export type AccountListener<E extends AccountEvent> = (event: E) => void | Promise<unknown>;

/**
 * Account events for the code of a host: inside the transaction, to reject the event or to write with it, or
 * after its commit. Inject it, and register hooks and listeners in a constructor.
 */
@Injectable()
export class AccountEvents implements BeforeApplicationShutdown {
  private readonly logger = new Logger(AccountEvents.name);
  private readonly hooks = new Map<unknown, AccountHook<AccountEvent>[]>();
  private readonly listeners = new Map<unknown, AccountListener<AccountEvent>[]>();
  private readonly running = new Set<Promise<unknown>>();

  constructor(private readonly afterCommit: AfterCommit) {}

  /**
   * Registers a hook that takes part in the transaction of each event of a class: writes through its `tx` are
   * committed together with the event, and if the hook throws, the transaction is rolled back. A {@link
   * Problem} that it throws becomes the response.
   *
   * The event's own rows are already written, but only visible to `tx`. The request waits for the hook, so it
   * should only wait for the database.
   */
  before<E extends AccountEvent>(type: AccountEventType<E>, hook: AccountHook<E>): void {
    this.hooks.set(type, [...(this.hooks.get(type) ?? []), hook as AccountHook<AccountEvent>]);
  }

  /**
   * Registers a listener for all events of a class in this process, called once for each, after the commit.
   * Nothing waits for the listener, and its errors are logged. It misses events committed just before the
   * process is killed: use a hook for work that must not be lost, see {@link before}.
   */
  on<E extends AccountEvent>(type: AccountEventType<E>, listener: AccountListener<E>): void {
    this.listeners.set(type, [
      ...(this.listeners.get(type) ?? []),
      listener as AccountListener<AccountEvent>,
    ]);
  }

  /** Emits an event inside its transaction. */
  async emit(event: AccountEvent, tx: EntityManager): Promise<void> {
    for (const hook of this.hooks.get(event.constructor) ?? []) await hook(event, tx);
    for (const listener of this.listeners.get(event.constructor) ?? [])
      this.afterCommit.run(() => this.tell(listener, event), tx);
  }

  /** Waits for running listeners. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.running);
  }

  /** Calls a listener in the background; shutdown waits for it. */
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
