/** Options of a kind of job. */
export interface JobOptions {
  /** Maximum of parallel jobs per process. Default 10. */
  concurrency?: number;
  /**
   * Maximum of parallel jobs of one group per process, see `EnqueueOptions.group`. Slow jobs of one group then do not delay
   * those of others. Default: no limit.
   */
  concurrencyPerGroup?: number;
  /** Maximum of retries, after 2, 4, 8 … 45 seconds. Default 1920: about a day. */
  retries?: number;
}

/**
 * Kind of job. Its name is the name of a queue in the database, so neither it nor the fields of a payload may change:
 * during a rollout, the new version processes jobs of the old one.
 */
export class JobType<Payload extends object> {
  /** Only for type inference; never set. */
  declare readonly payload: Payload;
  readonly concurrency: number;
  readonly concurrencyPerGroup: number | undefined;
  readonly retries: number;

  /** @param name - Letters, digits, hyphens and dots. */
  constructor(
    readonly name: string,
    { concurrency = 10, concurrencyPerGroup, retries = 1920 }: JobOptions = {},
  ) {
    this.concurrency = concurrency;
    this.concurrencyPerGroup = concurrencyPerGroup;
    this.retries = retries;
  }
}

/** Context of a job. */
export interface JobContext {
  /** Id of the job; the same for each try. */
  id: string;
  /** Aborted when the process stops, or has lost the job to another one. Start no further waiting then. */
  signal: AbortSignal;
}

/** Processes a job. If it rejects, the job is retried later; with a {@link GiveUpError}, it is not. */
export type JobHandler<Payload extends object> = (payload: Payload, context: JobContext) => Promise<void>;

/** The job cannot succeed, even if retried. It is moved to the queue of failed jobs with the reason. */
export class GiveUpError extends Error {
  /** @param reason - For operators. Logged, so it must not contain a secret. */
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'GiveUpError';
  }
}
