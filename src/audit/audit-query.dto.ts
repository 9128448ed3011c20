import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, isISO8601, IsUUID, ValidateBy } from 'class-validator';
import { PageQueryDto } from '../paging/page.dto.js';
import type { PageQuery } from '../paging/page.js';
import { Optional } from '../http/input/optional.decorator.js';
import type { AuditFilter } from './audit.service.js';
import { type AuditType, auditTypes } from './audit-types.js';

/** Date, or timestamp with a UTC offset; without one it would be read in the time zone of the server. */
const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

const IsMoment = () =>
  ValidateBy(
    {
      name: 'isMoment',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' &&
          MOMENT.test(value) &&
          isISO8601(value, { strict: true }) &&
          !Number.isNaN(Date.parse(value)),
      },
    },
    {
      message: 'This must be an ISO 8601 date (2026-11-22, in UTC) or timestamp (2026-11-22T10:00:00Z).',
      context: { code: 'datetime_parsing' },
    },
  );

/** Filter and page of a list of audit events. */
export class AuditQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ format: 'uuid', description: 'Only events about the account of this user.' })
  @Optional()
  @IsUUID('all', { message: 'The user id must be a UUID.' })
  user_id?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Only events caused by this user.' })
  @Optional()
  @IsUUID('all', { message: 'The actor id must be a UUID.' })
  actor_id?: string;

  @ApiPropertyOptional({ enum: Object.keys(auditTypes), enumName: 'AstraAuditType' })
  @Optional()
  @IsIn(Object.keys(auditTypes), { message: 'Unknown event type.' })
  type?: AuditType;

  @ApiPropertyOptional({ format: 'date-time', description: 'Only events at or after this time.' })
  @Optional()
  @IsMoment()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Only events before this time.' })
  @Optional()
  @IsMoment()
  to?: string;

  /** Converts to the arguments of {@link AuditService.list}. */
  toFilter(): AuditFilter & PageQuery {
    return {
      userId: this.user_id,
      actorId: this.actor_id,
      type: this.type,
      from: this.from === undefined ? undefined : new Date(this.from),
      to: this.to === undefined ? undefined : new Date(this.to),
      limit: this.limit,
      cursor: this.cursor,
    };
  }
}
