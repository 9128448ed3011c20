import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { AuditChains } from '../../src/audit/chains/audit-chains.js';
import { AuditModule } from '../../src/audit/audit.module.js';
import { AuditRetention } from '../../src/audit/retention/audit-retention.js';
import { AuditService } from '../../src/audit/audit.service.js';
import type { NewAuditEvent } from '../../src/audit/new-audit-event.js';
import { type AuditReport, verifyAudit } from '../../src/audit/chains/verify-audit.js';
import { dataSourceOptions } from '../../src/schema/data-source-options.js';
import { Installation } from '../../src/settings/installation.js';
import { SettingsModule } from '../../src/settings/settings.module.js';
import { TestDatabase } from './test-database.js';

export const KEY = 'the first secret key, of enough bytes';

interface Keys {
  secretKey: string;
  previousSecretKeys?: string[];
}

export const client = { ip: '192.0.2.17', userAgent: 'curl/8.5.0', requestId: 'r-1' };

/** Instance with only the audit module, and helpers for its tests. */
export class AuditTrail {
  readonly audit: AuditService;
  readonly retention: AuditRetention;
  readonly db: DataSource;

  private constructor(
    private readonly app: INestApplicationContext,
    readonly database: TestDatabase,
    private readonly keys: Required<Keys>,
    private readonly ownsDatabase: boolean,
  ) {
    this.audit = app.get(AuditService);
    this.retention = app.get(AuditRetention);
    this.db = app.get(DataSource);
  }

  /** @param options.role - Of the database, for all that the instance does. */
  static async start(
    options: Partial<Keys> & { on?: TestDatabase; role?: string; poolSize?: number } = {},
  ): Promise<AuditTrail> {
    const { on, role, poolSize = 10, secretKey = KEY, previousSecretKeys = [] } = options;
    const database = on ?? (await TestDatabase.create());
    const { extra, ...connection } = dataSourceOptions(database.connection);
    const keys = { secretKey, previousSecretKeys };
    const app = await NestFactory.createApplicationContext(
      {
        module: class Host {},
        imports: [
          TypeOrmModule.forRoot({
            ...connection,
            poolSize,
            extra: { ...(extra as object), ...(role && { options: `-c role=${role}` }) },
          }),
          SettingsModule.of(new Installation({ useFactory: () => keys })),
          AuditModule.on(undefined),
        ],
      },
      { logger: false, abortOnError: false },
    );
    return new AuditTrail(app, database, keys, !on);
  }

  async stop(): Promise<void> {
    await this.app.close();
    if (this.ownsDatabase) await this.database.drop();
  }

  verify(options: { anchor?: string; keys?: Keys } = {}): Promise<AuditReport> {
    return verifyAudit(this.db, { previousSecretKeys: [], ...(options.keys ?? this.keys) }, options);
  }

  /** Writes failed sign-ins, one after the other, which then are one chain's. */
  async recordSome(amount: number, event: Partial<NewAuditEvent> = {}): Promise<void> {
    for (let i = 0; i < amount; i++) {
      await this.audit.recordAlone({
        type: 'authn_login_fail',
        userId: null,
        actorId: null,
        client,
        ...event,
      });
    }
  }

  /** Writes events as they would have been written so many days ago. */
  recordOld(daysAgo: number, options?: { ip?: string; amount?: number }): Promise<void> {
    return recordOld(this.app, daysAgo, options);
  }

  /** Runs SQL as a superuser who has switched the triggers off. */
  async tamper(sql: string): Promise<void> {
    await this.database.query(`SET session_replication_role = replica; ${sql}`);
  }
}

/** Writes events as they would have been written so many days ago. */
export async function recordOld(
  app: INestApplicationContext,
  daysAgo: number,
  { ip = '192.0.2.17', amount = 1 } = {},
): Promise<void> {
  const createdAt = new Date(Date.now() - daysAgo * 24 * 60 * 60 * 1000);
  const event = {
    type: 'authn_login_fail',
    userId: null,
    actorId: null,
    ip,
    userAgent: null,
    requestId: 'old',
    data: '{}',
    createdAt,
  };
  const chains = app.get(AuditChains, { strict: false });
  await app.get(DataSource).transaction(async (tx) => {
    for (let i = 0; i < amount; i++)
      await chains.append({ ...event, id: uuid({ msecs: createdAt.getTime() }) }, tx);
  });
}
