import { Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../access/astra-controller.decorator.js';
import { Roles } from '../access/guards/roles.guard.js';
import { MailCountsDto, MailCountsQueryDto } from '../mail/delivery/mail-counts.dto.js';
import { MailCountsService } from '../mail/delivery/mail-counts.service.js';
import { Role } from '../settings/role.js';

/** Messages that were sent, as numbers, for admins. */
@ApiTags('Administration')
@AstraController('admin/mail-counts')
export class AdminMailController {
  constructor(private readonly counts: MailCountsService) {}

  @Get()
  @Roles(Role.Admin)
  @ApiOperation({
    operationId: 'admin_mail_counts',
    summary: 'Count sent messages',
    description: 'Attempts to deliver messages, by outcome, of all instances. They are counted by the hour.',
  })
  @ApiOkResponse({ type: MailCountsDto, description: 'The counts' })
  count(@Query() query: MailCountsQueryDto): Promise<MailCountsDto> {
    return this.counts.sum(query.toFilter());
  }
}
