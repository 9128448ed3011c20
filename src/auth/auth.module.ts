import { type DynamicModule, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Authenticator } from '../access/authenticator.js';
import { JwtStrategy } from '../access/jwt.strategy.js';
import { DatabaseModule } from '../database/database.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { MailModule } from '../mail/mail.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import type { AuthOptions } from '../settings/auth-options.js';
import { type AuthAsyncOptions, SettingsModule } from '../settings/settings.module.js';
import { UsersModule } from '../users/users.module.js';
import { PasswordsService } from './passwords/passwords.service.js';
import { RegistrationController } from './registration/registration.controller.js';
import { RegistrationService } from './registration/registration.service.js';
import { RevocationsController } from './revocations/revocations.controller.js';
import { RevocationsService } from './revocations/revocations.service.js';
import { OwnSessionsController } from './sessions/own-sessions.controller.js';
import { Principals } from './sessions/principals.js';
import { RefreshTokens } from './sessions/refresh-tokens.js';
import { Session } from './sessions/session.entity.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SessionsService } from './sessions/sessions.service.js';
import { SignInService } from './sessions/sign-in.service.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { JwksController } from './tokens/jwks.controller.js';
import { Keyring } from './tokens/keyring.js';

/** Signing up, in and out, and who holds an access token. The host's DataSource must know Astra's entities. */
@Module({})
export class AuthModule {
  /** @throws {RangeError} at start, naming the option that is wrong. */
  static forRoot(options: AuthOptions): DynamicModule {
    return AuthModule.forRootAsync({ useFactory: () => options });
  }

  /** For options that come from other providers, such as a configuration service. */
  static forRootAsync(options: AuthAsyncOptions): DynamicModule {
    const settings = SettingsModule.forRootAsync(options);
    const jobs = JobsModule.forRoot(settings);
    const mail = MailModule.forRoot(settings, jobs);
    return {
      module: AuthModule,
      imports: [
        settings,
        DatabaseModule,
        jobs,
        mail,
        RateLimitModule.forRoot(settings),
        UsersModule,
        JwtModule.register({}),
        TypeOrmModule.forFeature([Session]),
      ],
      controllers: [
        JwksController,
        OwnSessionsController,
        RegistrationController,
        RevocationsController,
        SessionsController,
      ],
      providers: [
        AccessTokens,
        { provide: Authenticator, useClass: Principals },
        JwtStrategy,
        Keyring,
        PasswordsService,
        RefreshTokens,
        RegistrationService,
        RevocationsService,
        SessionsService,
        SignInService,
      ],
      exports: [PasswordsService, SessionsService, RegistrationService, UsersModule, jobs, mail],
    };
  }
}
