import { AsyncLocalStorage } from 'node:async_hooks';

const requestIds = new AsyncLocalStorage<string>();

/**
 * Does something on behalf of a request: whatever it calls and awaits finds the id by {@link currentRequestId}.
 *
 * @param requestId - `undefined` for work that no request caused.
 */
export function onBehalfOf<T>(requestId: string | undefined, work: () => T): T {
  return requestId === undefined ? work() : requestIds.run(requestId, work);
}

/** The id of the request that is being answered, or that caused the job at work; `undefined` if there is none. */
export function currentRequestId(): string | undefined {
  return requestIds.getStore();
}
