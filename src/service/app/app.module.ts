import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AdminModule } from '../../admin/admin.module.js';
import { AppController } from './app.controller.js';
import { AuthModule } from '../../auth/auth.module.js';
import type { Environment } from '../../env.js';
import { FastapiModule } from '../../fastapi/fastapi.module.js';
import { HealthModule } from '../../health/health.module.js';
import { MetricsModule } from '../../metrics/metrics.module.js';
import { DevMailModule } from '../../pages/dev-mail.module.js';
import { PagesModule } from '../../pages/pages.module.js';
import { ProblemsController } from '../../http/problem/problems.controller.js';
import { DevMailbox } from '../../mail/dev/dev-mailbox.js';
import { SmtpMailer } from '../../mail/smtp-mailer.js';
import type { AuthOptions } from '../../settings/auth-options.js';

/** Below which the routes of the API are. */
export const API_PREFIX = 'api/v1';

/** What the stand-alone service is started with: the environment, with a secret key in any case. */
export type ServiceSettings = Omit<Environment, 'auth'> & { auth: AuthOptions };

/** The stand-alone service. */
@Module({})
export class AppModule {
  /**
   * @param db - Connected already; the application closes it when it ends.
   * @param keepsMail - Whether messages are kept for `/dev/mail`. Default in development: a command has no such page.
   */
  static forRoot(
    {
      auth,
      fastapi,
      mail,
      metricsHost,
      metricsPort,
      production,
      rateLimit,
      redisUrl,
    }: Pick<
      ServiceSettings,
      'auth' | 'fastapi' | 'mail' | 'metricsHost' | 'metricsPort' | 'production' | 'rateLimit' | 'redisUrl'
    >,
    db: DataSource,
    { keepsMail = !production }: { keepsMail?: boolean } = {},
  ): DynamicModule {
    const { smtpUrl, smtpTls, ...look } = mail;
    const smtp = smtpUrl ? new SmtpMailer(smtpUrl, { tls: smtpTls }) : undefined;
    const mailer = auth.mail?.mailer ?? (keepsMail ? new DevMailbox(smtp) : smtp);
    const authModule = AuthModule.forRoot({
      // In production they were refused already, by the name of the variable.
      allowExampleSecrets: !production,
      // As the FastAPI service has them.
      features: { roleDemo: true },
      ...auth,
      mail: { ...look, ...auth.mail, mailer },
      rateLimits: rateLimit && auth.rateLimits !== false && { redisUrl, ...auth.rateLimits },
    });
    return {
      module: AppModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => db.options,
          dataSourceFactory: () => Promise.resolve(db),
        }),
        authModule,
        AdminModule.forRoot(authModule),
        FastapiModule.forRoot(authModule, fastapi),
        PagesModule.forRoot(authModule, { apiPath: `/${API_PREFIX}` }),
        ...(mailer instanceof DevMailbox ? [DevMailModule.forRoot(authModule)] : []),
        HealthModule,
        ...(metricsPort === undefined
          ? []
          : [MetricsModule.forRoot({ host: metricsHost, port: metricsPort })]),
      ],
      controllers: [AppController, ProblemsController],
    };
  }
}
