import { Injectable } from '@nestjs/common';
import { JobsService } from '../../jobs/jobs.service.js';
import { RateLimitsService } from '../rate-limits.service.js';
import { SignInAttemptsService } from '../sign-in/sign-in-attempts.service.js';

/** Deletes expired counters every five minutes. */
@Injectable()
export class CounterPurge {
  constructor(limits: RateLimitsService, attempts: SignInAttemptsService, jobs: JobsService) {
    jobs.schedule('purge-counters', '*/5 * * * *', async (signal) => {
      await limits.purge(signal);
      await attempts.purge(signal);
    });
  }
}
