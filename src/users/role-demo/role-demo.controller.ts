import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags, ApiSchema } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import type { Principal } from '../../access/principal.js';
import { Role } from '../../settings/role.js';
import type { RoleName } from '../../settings/roles-option.js';
import { Roles } from '../../access/guards/roles.guard.js';

/** Greeting of an area that requires a role. */
@ApiSchema({ name: 'AstraWelcome' })
export class WelcomeDto {
  @ApiProperty({ example: 'Welcome to admin dashboard, ada!' })
  message: string;

  @ApiProperty({ enum: Role, enumName: 'AstraRole', example: Role.Admin })
  role: RoleName;

  @ApiProperty({ example: 'administrator' })
  access_level: string;
}

/** Two demo areas with role requirements, as in the FastAPI original. */
@ApiTags('Users')
@AstraController('users')
export class RoleDemoController {
  @Get('admin-dashboard')
  @Roles(Role.Admin)
  @ApiOperation({ operationId: 'areas_admin_dashboard', summary: 'Show the admin dashboard' })
  @ApiOkResponse({ type: WelcomeDto, description: 'A greeting' })
  adminDashboard(@CurrentUser() { username, role }: Principal): WelcomeDto {
    return { message: `Welcome to admin dashboard, ${username}!`, role, access_level: 'administrator' };
  }

  @Get('moderator-panel')
  @Roles(Role.Admin, Role.Moderator)
  @ApiOperation({ operationId: 'areas_moderator_panel', summary: 'Show the moderator panel' })
  @ApiOkResponse({
    type: WelcomeDto,
    description: 'A greeting',
    example: {
      message: 'Welcome to moderator panel, ada!',
      role: Role.Moderator,
      access_level: 'moderator or higher',
    },
  })
  moderatorPanel(@CurrentUser() { username, role }: Principal): WelcomeDto {
    return { message: `Welcome to moderator panel, ${username}!`, role, access_level: 'moderator or higher' };
  }
}
