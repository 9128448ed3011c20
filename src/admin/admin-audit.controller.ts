import { Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../access/astra-controller.decorator.js';
import { Role } from '../settings/role.js';
import { KeyScopes } from '../access/guards/scopes.decorator.js';
import { Roles } from '../access/guards/roles.guard.js';
import { AuditEventDto, AuditEventPageDto } from '../audit/audit-event.dto.js';
import { AuditQueryDto } from '../audit/audit-query.dto.js';
import { AuditService } from '../audit/audit.service.js';
import { type PageBody, toPageBody } from '../paging/page.dto.js';

/** Audit trail of all accounts, for admins. */
@ApiTags('Administration')
@AstraController('admin/audit-events')
export class AdminAuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @KeyScopes('audit:read')
  @Roles(Role.Admin)
  @ApiOperation({
    operationId: 'admin_audit_list',
    summary: 'List audit events',
    description: 'Newest first.',
  })
  @ApiOkResponse({ type: AuditEventPageDto, description: 'A page of events' })
  async list(@Query() query: AuditQueryDto): Promise<PageBody<AuditEventDto>> {
    return toPageBody(await this.audit.list(query.toFilter()), (event) => AuditEventDto.from(event));
  }
}
