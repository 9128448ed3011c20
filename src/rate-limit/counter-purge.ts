import { Injectable } from '@nestjs/common';
import { JobsService } from '../jobs/jobs.service.js';
import { RateLimits } from './rate-limits.service.js';
import { SignInAttempts } from './sign-in-attempts.service.js';

/** Keeps the tables of the counters small. */
@Injectable()
export class CounterPurge {
  constructor(limits: RateLimits, attempts: SignInAttempts, jobs: JobsService) {
    jobs.schedule('purge-counters', '*/5 * * * *', async (signal) => {
      await limits.purge(signal);
      await attempts.purge(signal);
    });
  }
}
