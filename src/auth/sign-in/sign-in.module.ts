import { Module } from '@nestjs/common';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { DatabaseModule } from '../../database/database.module.js';
import { AuditModule } from '../../audit/audit.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { MailModule } from '../../mail/mail.module.js';
import { RateLimitModule } from '../../rate-limit/rate-limit.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ApiKeysModule } from '../api-keys/api-keys.module.js';
import { RefreshModule } from '../refresh/refresh.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { FactorsModule } from '../factors/factors.module.js';
import { JobsModule } from '../../jobs/jobs.module.js';
import { ownTables } from '../../database/own-tables.js';
import { EmailCodesModule } from '../email-codes/email-codes.module.js';
import { AddedAccessService } from './added-access.service.js';
import { AddressOwnerService } from './email-code/address-owner.service.js';
import { CodeCookie } from './email-code/code-cookie.js';
import { BegunSignIns } from './email-code/begun-sign-ins.js';
import { EmailCodeProofs } from './email-code/email-code-proofs.js';
import { EmailCodeRequestsService } from './email-code/email-code-requests.service.js';
import { EmailCodeController } from './email-code/email-code.controller.js';
import { EmailCodeSignInService } from './email-code/email-code-sign-in.service.js';
import { FirstWayService } from './first-way/first-way.service.js';
import { ContinuationController } from './continuation/continuation.controller.js';
import { ContinuationService } from './continuation/continuation.service.js';
import { PendingSignIn } from './continuation/pending-sign-in.entity.js';
import { PendingSignIns } from './continuation/pending-sign-ins.js';
import { SignInSteps } from './continuation/sign-in-steps.js';
import { SignInController } from './sign-in.controller.js';
import { NewDeviceNoticeService } from './new-device-notice.service.js';
import { PasskeySignInController } from './passkey/passkey-sign-in.controller.js';
import { PasskeySignInService } from './passkey/passkey-sign-in.service.js';
import { PasskeyChangesModule } from '../factors/passkeys/changes/passkey-changes.module.js';
import { PasskeysModule } from '../factors/passkeys/passkeys.module.js';
import { PasswordSignInService } from './password/password-sign-in.service.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { AccountLinkService } from './provider/account-link.service.js';
import { AccountProofs } from './provider/deciding/account-proofs.js';
import { IdentityDecisions } from './provider/deciding/identity-decisions.js';
import { NewcomersService } from './provider/deciding/newcomers.service.js';
import { IdentityCodeSignIns } from './provider/identity-code-sign-ins.js';
import { ProviderContinuation } from './provider/provider-continuation.js';
import { ProviderSignInService } from './provider/provider-sign-in.service.js';
import { OneTimeTokensModule } from '../one-time-tokens/one-time-tokens.module.js';
import { SignInChecks } from './sign-in-checks.js';
import { SignInTrail } from './sign-in-trail.js';
import { SignInService } from './sign-in.service.js';

/** Sign-in: the service that starts sessions, and the ways in. */
@Module({})
export class SignInModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: SignInModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      ownTables([PendingSignIn], astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      MailModule.of(astra),
      RateLimitModule.of(astra),
      TokensModule.of(astra),
      SessionsModule.of(astra),
      RefreshModule.of(astra),
      ApiKeysModule.of(astra),
      PasswordsModule.of(astra),
      FactorsModule.of(astra),
      JobsModule.of(astra),
      PasskeysModule.of(astra),
      PasskeyChangesModule.of(astra),
      EmailCodesModule.of(astra),
      ProvidersModule.of(astra),
      OneTimeTokensModule.of(astra),
    ],
    controllers: [
      SignInController,
      ...(hasContinuation(astra) ? [ContinuationController] : []),
      ...(hasCodes(astra) ? [EmailCodeController] : []),
      ...(astra.features.passkeys ? [PasskeySignInController] : []),
    ],
    providers: [
      AccountLinkService,
      AccountProofs,
      AddedAccessService,
      AddressOwnerService,
      BegunSignIns,
      CodeCookie,
      ContinuationService,
      EmailCodeProofs,
      EmailCodeRequestsService,
      EmailCodeSignInService,
      FirstWayService,
      IdentityCodeSignIns,
      IdentityDecisions,
      NewcomersService,
      ProviderContinuation,
      ProviderSignInService,
      NewDeviceNoticeService,
      PasskeySignInService,
      PasswordSignInService,
      PendingSignIns,
      SignInChecks,
      SignInService,
      SignInSteps,
      SignInTrail,
    ],
    exports: [AddedAccessService, FirstWayService, ProviderSignInService, SignInService, SignInTrail],
  }));
}

/** Returns whether codes are sent: to begin a sign-in, or to go on with one that has begun with a provider. */
function hasCodes({ features }: Installation): boolean {
  return features.emailCode || (features.providers && features.mail);
}

/** Returns whether there are sign-ins that need several requests. */
function hasContinuation({ features }: Installation): boolean {
  return features.secondFactor || features.emailCode || features.passwordless || features.providers;
}
