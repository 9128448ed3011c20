import { Module } from '@nestjs/common';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { ownTables } from '../../database/own-tables.js';
import { OneTimeToken } from './one-time-token.entity.js';
import { JobsModule } from '../../jobs/jobs.module.js';
import { OneTimeTokens } from './one-time-tokens.js';
import { UsedChallenge } from './used-challenge.entity.js';
import { UsedChallenges } from './used-challenges.js';

/** One-time tokens in emailed links, and values that may be used once. */
@Module({})
export class OneTimeTokensModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: OneTimeTokensModule,
    imports: [ownTables([OneTimeToken, UsedChallenge], astra.dataSource), JobsModule.of(astra)],
    providers: [OneTimeTokens, UsedChallenges],
    exports: [OneTimeTokens, UsedChallenges],
  }));
}
