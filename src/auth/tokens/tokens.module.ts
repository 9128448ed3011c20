import { Module } from '@nestjs/common';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { JwtModule } from '@nestjs/jwt';
import { JwksController } from './jwks.controller.js';
import { AccessTokens } from './access-tokens.js';
import { CacheableAnswers } from './cacheable-answers.js';
import { ForeignTokens } from './foreign-tokens.js';
import { Keyring } from './keys/keyring.js';
import { RefreshTokens } from './refresh-tokens.js';
import { TokenPairs } from './token-pairs.js';

/** Access and refresh tokens, signing keys, and foreign tokens. */
@Module({})
export class TokensModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: TokensModule,
    imports: [SettingsModule.of(astra), JwtModule.register({})],
    controllers: astra.features.discovery ? [JwksController] : [],
    providers: [AccessTokens, CacheableAnswers, ForeignTokens, Keyring, RefreshTokens, TokenPairs],
    exports: [AccessTokens, CacheableAnswers, ForeignTokens, Keyring, RefreshTokens, TokenPairs],
  }));
}
