import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsUUID } from 'class-validator';
import { PageQueryDto } from '../paging/page.dto.js';
import type { PageQuery } from '../paging/page.js';
import { IsMoment, momentOf } from '../http/input/is-moment.js';
import { Optional } from '../http/input/optional.decorator.js';
import type { AuditFilter } from './audit.service.js';
import { type AuditType, auditTypes } from './audit-types.js';

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
      from: momentOf(this.from),
      to: momentOf(this.to),
      limit: this.limit,
      cursor: this.cursor,
    };
  }
}
