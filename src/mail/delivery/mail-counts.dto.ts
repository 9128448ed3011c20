import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsMoment, momentOf } from '../../http/input/is-moment.js';
import { Optional } from '../../http/input/optional.decorator.js';
import { MAIL_COUNTS_KEPT, type MailOutcomes } from './mail-counts.service.js';

/** Hours whose messages are counted. */
export class MailCountsQueryDto {
  @ApiPropertyOptional({ format: 'date-time', description: 'Only hours that begin at or after this time.' })
  @Optional()
  @IsMoment()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Only hours that begin before this time.' })
  @Optional()
  @IsMoment()
  to?: string;

  /** Converts to the arguments of `MailCountsService.sum`. */
  toFilter(): { from?: Date; to?: Date } {
    return { from: momentOf(this.from), to: momentOf(this.to) };
  }
}

/** Number of attempts to deliver messages, by outcome. */
@ApiSchema({ name: 'AstraMailCounts', description: `Counts are kept for ${MAIL_COUNTS_KEPT} days.` })
export class MailCountsDto implements MailOutcomes {
  @ApiProperty({ type: 'integer', example: 128, description: 'Messages that the mail server accepted.' })
  sent: number;

  @ApiProperty({ type: 'integer', example: 2, description: 'Attempts that failed, and are repeated.' })
  failed: number;

  @ApiProperty({ type: 'integer', example: 0, description: 'Messages that were given up.' })
  given_up: number;
}
