import { JobType } from '../../jobs/job-type.js';

/** One try of a delivery. */
export interface WebhookJob {
  /** Id of the delivery. */
  delivery: string;
  /** Number of its tries before. If there were more since, the job is outdated. */
  attempt: number;
}

/** Tries of deliveries. Two at a time for one endpoint, so that a slow one delays no other. */
export const sendWebhook = new JobType<WebhookJob>('webhook', { concurrency: 10, concurrencyPerGroup: 2 });
