import { AsyncLocalStorage } from 'node:async_hooks';

/** On whose behalf something is done. */
export interface Cause {
  /** `X-Request-Id` of the answer to the request that is being answered, or that caused the job. */
  readonly requestId?: string;
  /** The server's own id of that request, if its client chose `requestId`. */
  readonly serverRequestId?: string;
  /** The kind of job. */
  readonly job?: string;
  readonly jobId?: string;
}

const causes = new AsyncLocalStorage<Cause>();

/** Does something on behalf of a request or a job: whatever it calls and awaits finds that by {@link currentCause}. */
export function onBehalfOf<T>(cause: Cause, work: () => T): T {
  return causes.run(cause, work);
}

/** The request that is being answered, or the job at work; `undefined` if there is neither. */
export function currentCause(): Cause | undefined {
  return causes.getStore();
}

/**
 * The server's own id of the request that is being answered, or that caused the job at work; `undefined` if there is
 * none. No client can choose it.
 */
export function currentRequestId(): string | undefined {
  const cause = currentCause();
  return cause?.serverRequestId ?? cause?.requestId;
}
