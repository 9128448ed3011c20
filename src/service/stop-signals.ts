/** The signals by which a terminal, a supervisor or a container engine asks a process to end, with their numbers. */
const STOP_SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Listens for SIGINT and SIGTERM. The second one ends the process at once.
 *
 * The kernel gives the first process of a container no signal that it does not listen for, so this comes before
 * anything else is loaded.
 *
 * @returns aborts at the first of them.
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

/** Ends the process at SIGINT or SIGTERM, unless something else listens for it by then. */
export function endAtStopSignal(): void {
  for (const [signal, number] of Object.entries(STOP_SIGNALS))
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(128 + number);
    });
}
