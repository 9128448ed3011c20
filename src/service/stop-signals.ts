/** Signals with which a terminal, supervisor or container engine stops a process, with their numbers. */
const STOP_SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Listens for SIGINT and SIGTERM. A second signal ends the process at once.
 *
 * The kernel does not deliver signals without a handler to the first process of a container, so call this before
 * anything else is loaded.
 *
 * @returns a signal that aborts at the first of them.
 */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const [signal, number] of Object.entries(STOP_SIGNALS))
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(128 + number);
      stopping.abort(new Error(`Stopped by ${signal}`));
    });
  return stopping.signal;
}

/** Ends the process on SIGINT or SIGTERM, unless something else listens for the signal by then. */
export function endAtStopSignal(): void {
  for (const [signal, number] of Object.entries(STOP_SIGNALS))
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(128 + number);
    });
}
