import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { JobsService } from '../../jobs/jobs.service.js';

/** Deletes API keys that expired 30 days ago; until then, their owners see that they have expired. */
@Injectable()
export class ApiKeyPurge {
  constructor(@InjectDataSource() db: DataSource, jobs: JobsService) {
    const over = `expires_at < now() - interval '30 days'`;
    jobs.schedule('purge-api-keys', '23 * * * *', (signal) =>
      deleteInBatches(db, 'auth_api_keys', over, [], signal),
    );
  }
}
