import { Injectable } from '@nestjs/common';
import { JobsService } from '../../jobs/jobs.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { AuditRetention } from './audit-retention.js';

/** Shortens old IP addresses and deletes old audit events every night. */
@Injectable()
export class AuditSchedule {
  constructor(
    retention: AuditRetention,
    jobs: JobsService,
    { auditAddressDays, auditRetentionDays }: AuthSettings,
  ) {
    jobs.schedule('shorten-audit-addresses', '7 2 * * *', async (signal) => {
      await retention.shortenAddresses(await retention.daysAgo(auditAddressDays), signal);
    });
    jobs.schedule('purge-audit-events', '37 2 * * *', async (signal) => {
      await retention.purge(await retention.daysAgo(auditRetentionDays), signal);
    });
  }
}
