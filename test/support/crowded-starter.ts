// What an application has beside the accounts of docs/nest-starter.md: names and guards that could get in the way.

/** To be installed. */
export const packages =
  '@nestjs/throttler @nestjs/passport passport passport-jwt @types/passport-jwt helmet class-validator class-transformer';

/** Variables whose names are also settings of the stand-alone service, or near to one, with values that it would refuse. */
export const env = `
JWT_SECRET=the secret of the host, not of its guest
JWT_EXPIRES_IN=1h
LOG_LEVEL=verbose
LOG_FORMAT=pretty
WORKER=1
MAIL_FROM=nobody
CORS_ORIGINS=all
RATE_LIMIT=100
NODE_ENV=staging
`;

export const files: Record<string, string> = {
  'src/crowd/user.dto.ts': `
import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';

export class UserDto {
  @ApiProperty()
  @IsString()
  shoeSize: string;
}
export class TokenDto extends UserDto {}
export class RegisterDto extends UserDto {}
export class SessionDto extends UserDto {}
`,
  'src/crowd/roles.ts': `
import type { RolesOption } from 'nestjs-astra';
import { allowRoles } from 'nestjs-astra';
import type { MigrationInterface, QueryRunner } from 'typeorm';

declare module 'nestjs-astra' {
  interface CustomRoles {
    editor: unknown;
  }
  interface CustomPermissions {
    'order:write': unknown;
  }
}

export const roles: RolesOption = { admin: ['order:write'], editor: ['order:write'] };

export class AllowEditors1799000000001 implements MigrationInterface {
  up(db: QueryRunner): Promise<void> {
    return allowRoles(db, ['editor']);
  }

  down(db: QueryRunner): Promise<void> {
    return allowRoles(db, []);
  }
}
`,
  'src/crowd/crowd.controller.ts': `
import { Body, Controller, Get, Post, UseGuards } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import { AuthGuard } from '@nestjs/passport';
import { Permissions, Roles } from 'nestjs-astra';
import { RegisterDto, SessionDto, TokenDto, UserDto } from './user.dto.js';

@Controller('crowd')
export class CrowdController {
  @Get('own')
  @UseGuards(AuthGuard('jwt'))
  own() {
    return { by: 'jwt' };
  }

  @Get('desk')
  @Roles('editor')
  @Permissions('order:write')
  desk() {
    return { desk: 'of the editors' };
  }

  @Post('shoes')
  @ApiOkResponse({ type: TokenDto })
  shoes(@Body() dto: UserDto) {
    return dto;
  }

  @Post('register')
  @ApiOkResponse({ type: SessionDto })
  register(@Body() dto: RegisterDto) {
    return dto;
  }
}
`,
  'src/crowd/crowd.module.ts': `
import { Injectable, Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { APP_GUARD } from '@nestjs/core';
import { PassportStrategy } from '@nestjs/passport';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { CrowdController } from './crowd.controller.js';

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(config: ConfigService) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: config.getOrThrow<string>('JWT_SECRET'),
    });
  }

  validate({ sub }: { sub: string }) {
    return { id: sub };
  }
}

@Module({
  imports: [ThrottlerModule.forRoot([{ ttl: 60_000, limit: 1000 }])],
  controllers: [CrowdController],
  providers: [JwtStrategy, { provide: APP_GUARD, useClass: ThrottlerGuard }],
})
export class CrowdModule {}
`,
};

/** What changes in the files of the page. */
export const changes: [file: string, from: string, to: string][] = [
  [
    'src/app.module.ts',
    'import { AppService }',
    "import { CrowdModule } from './crowd/crowd.module.js';\nimport { roles } from './crowd/roles.js';\nimport { AppService }",
  ],
  ['src/app.module.ts', '    OrdersModule,', '    OrdersModule,\n    CrowdModule,'],
  ['src/app.module.ts', '    mail: { mailer },', '    mail: { mailer },\n    roles,'],
  [
    'src/database.ts',
    'import { Order }',
    "import { AllowEditors1799000000001 } from './crowd/roles.js';\nimport { Order }",
  ],
  [
    'src/database.ts',
    ', CreateOrders1799000000000]',
    ', CreateOrders1799000000000, AllowEditors1799000000001]',
  ],
  [
    'src/set-up.ts',
    'import { type INestApplication,',
    "import helmet from 'helmet';\nimport { type INestApplication, ValidationPipe,",
  ],
  [
    'src/set-up.ts',
    "  app.setGlobalPrefix('api');",
    "  app.setGlobalPrefix('api');\n  app.use(helmet());\n  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));",
  ],
];
