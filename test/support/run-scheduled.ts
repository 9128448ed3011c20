import { DataSource } from 'typeorm';
import { JobType } from '../../src/jobs/job-type.js';
import { JobsService } from '../../src/jobs/jobs.service.js';
import type { TestService } from './test-service.js';

/** Has something done now that is done at set times: what the clock would add to the queue is added here. */
export async function runScheduled({ app, database }: TestService, name: string): Promise<void> {
  const scheduled = await database.query('SELECT 1 FROM astra_jobs.schedule WHERE name = $1', [name]);
  if (scheduled.length === 0) throw new Error(`Nothing is scheduled as ${name}`);
  const jobs = app.get(JobsService, { strict: false });
  await app.get(DataSource).transaction((tx) => jobs.enqueue(new JobType(name), {}, tx));
}
