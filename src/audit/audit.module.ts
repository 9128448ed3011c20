import { Module } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { DatabaseModule } from '../database/database.module.js';
import { oncePer } from '../database/once-per.js';
import { findProvider } from '../http/nest/find-provider.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { AuditChains } from './chains/audit-chains.js';
import { AuditRetention } from './retention/audit-retention.js';
import { AuditService } from './audit.service.js';
import { RefusalTrail } from './refusals/refusal-trail.js';
import { RefusalRecorder } from './refusals/refusal-recorder.js';
import { ChainSigner } from './chains/chain-hash.js';
import { ChainRegister } from './chains/chain-register.js';
import { ownTables } from '../database/own-tables.js';
import { AuditEvent } from './audit-event.entity.js';

/** Append-only audit trail. Takes the settings from wherever the application provides them. */
@Module({})
export class AuditModule {
  static readonly on = oncePer((dataSource: string | undefined) => ({
    module: AuditModule,
    imports: [DatabaseModule.on(dataSource), ownTables([AuditEvent], dataSource)],
    providers: [
      AuditChains,
      AuditRetention,
      AuditService,
      ChainRegister,
      RefusalRecorder,
      { provide: RefusalTrail, useExisting: RefusalRecorder },
      {
        provide: ChainSigner,
        inject: [ModuleRef],
        useFactory: (modules: ModuleRef) => new ChainSigner(() => findProvider(modules, AuthSettings)),
      },
    ],
    exports: [AuditRetention, AuditService, RefusalRecorder, RefusalTrail],
  }));
}
