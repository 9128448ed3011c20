import { type DynamicModule, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AccountErasureService } from './account/account-erasure.service.js';
import { EmailChangeRequestsService } from './email-change/email-change-requests.service.js';
import { ForgottenPasswordService } from './password-reset/forgotten-password.service.js';
import { PasswordLinksService } from './password-reset/password-links.service.js';
import { PasswordReplacementService } from './passwords/password-replacement.service.js';
import { SignOutService } from './sessions/sign-out.service.js';
import { VerificationLinksService } from './email-verification/verification-links.service.js';
import { VerificationRequestsService } from './email-verification/verification-requests.service.js';
import { ExportLeasesService } from './account/export-leases.service.js';
import { AccountExportService } from './account/account-export.service.js';
import { AccountDeletionService } from './account/account-deletion.service.js';
import { AccountController } from './account/account.controller.js';
import { AuditModule } from '../audit/audit.module.js';
import { AuditSchedule } from '../audit/retention/audit-schedule.js';
import { Authenticator } from '../access/authenticator.js';
import { JwtStrategy } from '../access/guards/jwt.strategy.js';
import { DatabaseModule } from '../database/database.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { MailModule } from '../mail/mail.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import type { AuthOptions } from '../settings/auth-options.js';
import { checkedDataSource, checkedFeatures, type FeatureSet } from '../settings/module-options.js';
import { type AuthAsyncOptions, SettingsModule } from '../settings/settings.module.js';
import { RoleDemoController } from '../users/role-demo/role-demo.controller.js';
import { ProfileController } from '../users/profile/profile.controller.js';
import { ProfileService } from '../users/profile/profile.service.js';
import { UserChangesService } from '../users/user-changes.service.js';
import { UsersModule } from '../users/users.module.js';
import { CacheableAnswers } from './tokens/cacheable-answers.js';
import { EmailChangeController } from './email-change/email-change.controller.js';
import { EmailConfirmationController } from './email-change/email-confirmation.controller.js';
import { EmailUndoController } from './email-change/email-undo.controller.js';
import { EmailUndoService } from './email-change/email-undo.service.js';
import { EmailChangeService } from './email-change/email-change.service.js';
import { EmailVerificationController } from './email-verification/email-verification.controller.js';
import { EmailVerificationService } from './email-verification/email-verification.service.js';
import { OneTimeTokens } from './one-time-tokens/one-time-tokens.js';
import { PasswordResetController } from './password-reset/password-reset.controller.js';
import { PasswordResetService } from './password-reset/password-reset.service.js';
import { PasswordChangeService } from './passwords/change/password-change.service.js';
import { PasswordController } from './passwords/change/password.controller.js';
import { PasswordsService } from './passwords/passwords.service.js';
import { Reauthentication } from './passwords/reauthentication.js';
import { PrivateRegistrationService } from './pending-registration/private-registration.service.js';
import { RegistrationController } from './registration/registration.controller.js';
import { RegistrationService } from './registration/registration.service.js';
import { rolesInDatabase } from './roles-in-database.js';
import { RevocationsController } from './sessions/revocations/revocations.controller.js';
import { RevocationsService } from './sessions/revocations/revocations.service.js';
import { ConfirmationsService } from './sessions/generations/confirmations.service.js';
import { OwnSessionsController } from './sessions/own/own-sessions.controller.js';
import { RefreshCookie } from './refresh/refresh-cookie.js';
import { RefreshService } from './refresh/refresh.service.js';
import { RefreshTokens } from './tokens/refresh-tokens.js';
import { SessionPurge } from './sessions/session-purge.js';
import { SessionsService } from './sessions/sessions.service.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { TokenPairs } from './tokens/token-pairs.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { JwksController } from './tokens/jwks.controller.js';
import { ForeignTokens } from './tokens/foreign-tokens.js';
import { NewDeviceNoticeService } from './sign-in/new-device-notice.service.js';
import { OwnSessionsService } from './sessions/own/own-sessions.service.js';
import { PasswordSignInService } from './sign-in/password/password-sign-in.service.js';
import { PrincipalCache } from './sessions/principal-cache.js';
import { RefreshController } from './refresh/refresh.controller.js';
import { SessionGenerationsService } from './sessions/generations/session-generations.service.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { TokenReplayService } from './refresh/token-replay.service.js';
import { Keyring } from './tokens/keys/keyring.js';
import { ownTables } from '../database/own-tables.js';
import { AccountExport } from './account/account-export.entity.js';
import { OneTimeToken } from './one-time-tokens/one-time-token.entity.js';
import { Session } from './sessions/session.entity.js';

/** Return type of {@link AuthModule}, for the modules that build on it. */
export interface AuthDynamicModule extends DynamicModule {
  /** Enabled features. */
  readonly features: FeatureSet;
  /** The option of this name. */
  readonly dataSource: string | undefined;
}

const always = [
  AccountController,
  OwnSessionsController,
  PasswordController,
  ProfileController,
  RefreshController,
  SignInController,
];
const byMail = [
  EmailChangeController,
  EmailConfirmationController,
  EmailUndoController,
  EmailVerificationController,
  PasswordResetController,
];

/** Sign-up, sign-in, sessions and access tokens. The host's DataSource must include Astra's entities. */
@Module({})
export class AuthModule {
  /** @throws {RangeError} at startup if an option is invalid; the message names it. */
  static forRoot({ features, dataSource, ...options }: AuthOptions): AuthDynamicModule {
    return AuthModule.forRootAsync({ features, dataSource, useFactory: () => options });
  }

  /** Takes options from other providers, such as a configuration service. */
  static forRootAsync(options: AuthAsyncOptions): AuthDynamicModule {
    const dataSource = checkedDataSource(options.dataSource);
    const features = checkedFeatures(options.features);
    const settings = SettingsModule.forRootAsync(options);
    const jobs = JobsModule.forRoot(settings, dataSource);
    const mail = MailModule.forRoot(settings, jobs, dataSource);
    const users = UsersModule.on(dataSource);
    return {
      module: AuthModule,
      features,
      dataSource,
      imports: [
        settings,
        AuditModule.on(dataSource),
        DatabaseModule.on(dataSource),
        ownTables([AccountExport, OneTimeToken, Session], dataSource),
        jobs,
        mail,
        RateLimitModule.forRoot(settings, jobs, dataSource),
        users,
        JwtModule.register({}),
      ],
      controllers: [
        ...always,
        ...(features.registration ? [RegistrationController] : []),
        ...(features.mail ? byMail : []),
        ...(features.roleDemo ? [RoleDemoController] : []),
        ...(features.discovery ? [JwksController, RevocationsController] : []),
      ],
      providers: [
        AccessTokens,
        AccountDeletionService,
        AccountErasureService,
        EmailChangeRequestsService,
        ForgottenPasswordService,
        PasswordLinksService,
        PasswordReplacementService,
        SignOutService,
        VerificationLinksService,
        VerificationRequestsService,
        ExportLeasesService,
        AccountExportService,
        AuditSchedule,
        CacheableAnswers,
        ConfirmationsService,
        { provide: Authenticator, useClass: PrincipalCache },
        EmailChangeService,
        EmailUndoService,
        EmailVerificationService,
        JwtStrategy,
        Keyring,
        ForeignTokens,
        OneTimeTokens,
        PasswordChangeService,
        PasswordResetService,
        PasswordsService,
        PrivateRegistrationService,
        ProfileService,
        Reauthentication,
        RefreshCookie,
        RefreshService,
        RefreshTokens,
        RegistrationService,
        RevocationsService,
        rolesInDatabase,
        SessionPurge,
        SessionsService,
        NewDeviceNoticeService,
        OwnSessionsService,
        PasswordSignInService,
        SessionGenerationsService,
        SignInService,
        TokenReplayService,
        TokenPairs,
        UserChangesService,
      ],
      exports: [
        AccountDeletionService,
        PasswordLinksService,
        SignOutService,
        VerificationLinksService,
        EmailVerificationService,
        ForeignTokens,
        OneTimeTokens,
        PasswordChangeService,
        PasswordResetService,
        PasswordsService,
        Reauthentication,
        RefreshService,
        RegistrationService,
        OwnSessionsService,
        SessionsService,
        SignInService,
        UserChangesService,
        jobs,
        mail,
        settings,
        users,
      ],
    };
  }
}
