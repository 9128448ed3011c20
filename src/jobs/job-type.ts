/** How a kind of job is worked on. */
export interface JobOptions {
  /** Jobs of the kind that one process works on at once. Default 10. */
  concurrency?: number;
  /** How often a job that failed is tried again, after 2, 4, 8 … 45 seconds. Default 1920: about a day. */
  retries?: number;
}

/**
 * A kind of job. Its name is that of a queue in the database, so it stays as it is, and so do the fields of a
 * payload: jobs that wait while a new version is rolled out were made by the old one.
 */
export class JobType<Payload extends object> {
  /** Only tells the compiler what a payload is. */
  declare readonly payload: Payload;
  readonly concurrency: number;
  readonly retries: number;

  /** @param name - Letters, digits, hyphens and dots. */
  constructor(
    readonly name: string,
    { concurrency = 10, retries = 1920 }: JobOptions = {},
  ) {
    this.concurrency = concurrency;
    this.retries = retries;
  }
}

/** What a handler knows of its job besides the payload. */
export interface JobContext {
  /** The same at each try. */
  id: string;
  /** Aborted when the process stops, or has lost the job to another one: do not begin to wait for anything. */
  signal: AbortSignal;
}

/** Does a job. When it rejects, the job is tried again later; with a {@link GiveUpError}, never. */
export type JobHandler<Payload extends object> = (payload: Payload, context: JobContext) => Promise<void>;

/** The job cannot succeed, however often it is tried. It is kept aside with the reason. */
export class GiveUpError extends Error {
  /** @param reason - For the operator. It is logged, so it holds no secret. */
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'GiveUpError';
  }
}
