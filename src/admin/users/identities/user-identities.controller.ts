import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { Roles } from '../../../access/guards/roles.guard.js';
import { IdentitiesService } from '../../../auth/providers/identities/identities.service.js';
import { IdentityDto, IdentityPageDto } from '../../../auth/providers/identities/identity.dto.js';
import { IdParam } from '../../../http/input/id-param.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { PageQueryDto, toPageBody } from '../../../paging/page.dto.js';
import { Role } from '../../../settings/role.js';
import { UsersService } from '../../../users/users.service.js';

/** Identities of other users at providers, for admins. */
@ApiTags('Administration')
@AstraController('admin/users')
export class UserIdentitiesController {
  constructor(
    private readonly users: UsersService,
    private readonly identities: IdentitiesService,
  ) {}

  @Get(':id/identities')
  @Roles(Role.Admin)
  @ApiOperation({
    operationId: 'admin_users_list_identities',
    summary: 'List the identities of a user',
    description: 'Newest first.',
  })
  @ApiOkResponse({ type: IdentityPageDto, description: 'A page of identities' })
  @ApiProblems(new NotFoundError('User not found.'))
  async list(@Param() { id }: IdParam, @Query() page: PageQueryDto): Promise<IdentityPageDto> {
    await this.users.get(id);
    return toPageBody(await this.identities.listOf(id, page), (identity) => IdentityDto.from(identity));
  }
}
