import { Injectable } from '@nestjs/common';
import { JobsService } from '../jobs/jobs.service.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { AuditRetention } from './audit-retention.js';

const DAY = 24 * 60 * 60 * 1000;

/** Forgets every night what the audit trail need not know any more: old addresses, then old events. */
@Injectable()
export class AuditSchedule {
  constructor(
    retention: AuditRetention,
    jobs: JobsService,
    { auditAddressDays, auditRetentionDays }: AuthSettings,
  ) {
    const daysAgo = (days: number) => new Date(Date.now() - days * DAY);
    jobs.schedule('shorten-audit-addresses', '7 2 * * *', async (signal) => {
      await retention.shortenAddresses(daysAgo(auditAddressDays), signal);
    });
    jobs.schedule('purge-audit-events', '37 2 * * *', async (signal) => {
      await retention.purge(daysAgo(auditRetentionDays), signal);
    });
  }
}
