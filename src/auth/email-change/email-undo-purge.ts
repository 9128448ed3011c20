import { Injectable } from '@nestjs/common';
import { JobsService } from '../../jobs/jobs.service.js';
import { EmailUndos } from '../../users/held-names/email-undos.js';

/** Deletes changes of email addresses that can no longer be undone, every day. */
@Injectable()
export class EmailUndoPurge {
  constructor(undos: EmailUndos, jobs: JobsService) {
    jobs.schedule('purge-email-undos', '47 4 * * *', (signal) => undos.purge(signal));
  }
}
