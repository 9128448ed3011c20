import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { JobsService } from '../../jobs/jobs.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { AuditService } from '../audit.service.js';
import { verifyAudit } from './verify-audit.js';
import type { AuditFault } from './verify-chain.js';

/**
 * Verifies the audit trail every night, on one instance, and logs each fault, so that tampering is noticed without an
 * operator who runs `astra audit verify`. What it found becomes an event of the trail, which admins see. It has no
 * anchor, since the database is not the place for one: a trail that was reset to an earlier state as a whole is only
 * detected by the command.
 */
@Injectable()
export class AuditWatch {
  private readonly logger = new Logger(AuditWatch.name);
  private found: Record<AuditFault['kind'], number> | null = null;

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    jobs: JobsService,
    private readonly settings: AuthSettings,
    private readonly audit: AuditService,
  ) {
    jobs.schedule('verify-audit-trail', '7 3 * * *', (signal) => this.verify(signal));
  }

  /** Number of faults of each kind that the last verification of this process found; `null` before the first. */
  get faults(): Readonly<Record<AuditFault['kind'], number>> | null {
    return this.found;
  }

  /** @param signal - Aborts between two batches of events; the job is then retried. */
  private async verify(signal: AbortSignal): Promise<void> {
    const onProgress = () => signal.throwIfAborted();
    const { events, faults } = await verifyAudit(this.db, this.settings, { onProgress });
    const found = { changed: 0, missing: 0, inserted: 0, unsigned: 0 };
    for (const { kind, message } of faults) {
      found[kind]++;
      this.logger.error(`The audit trail has been tampered with (${kind}): ${message}`);
    }
    this.found = found;
    const data = { events, ...found };
    await this.audit.recordAlone({ type: 'audit_verified', userId: null, actorId: null, client: null, data });
  }
}
