import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AppController } from './app.controller.js';
import { AstraModule } from '../../astra.module.js';
import type { Environment } from '../../env.js';
import { FastapiModule } from '../../fastapi/fastapi.module.js';
import { HealthModule } from '../../health/health.module.js';
import { MetricsModule } from '../../metrics/metrics.module.js';
import { ProblemsController } from './problems.controller.js';
import { DevMailbox } from '../../mail/dev/dev-mailbox.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { SmtpMailer } from '../../mail/smtp-mailer.js';
import type { AstraOptions } from '../../settings/astra-options.js';

/** Prefix of all API routes. */
export const API_PREFIX = 'api/v1';

/** Settings of the stand-alone service: the environment with a secret key. */
export type ServiceSettings = Omit<Environment, 'auth'> & { auth: AstraOptions };

/** Root module of the stand-alone service. */
@Module({})
export class AppModule {
  /**
   * @param db - Connected DataSource, which the application closes on shutdown.
   * @param options.keepsMail - Whether messages are kept for `/dev/mail`. Default: in development. Commands have no
   *   such page.
   */
  static forRoot(
    {
      apiKeys,
      auth,
      console,
      fastapi,
      mail,
      metricsExport,
      metricsHost,
      metricsPort,
      production,
      rateLimit,
      redisUrl,
      secondFactor,
      signInMethods,
      passwordless,
      webhooks,
    }: Pick<
      ServiceSettings,
      | 'apiKeys'
      | 'auth'
      | 'console'
      | 'fastapi'
      | 'mail'
      | 'metricsExport'
      | 'metricsHost'
      | 'metricsPort'
      | 'production'
      | 'rateLimit'
      | 'redisUrl'
      | 'secondFactor'
      | 'signInMethods'
      | 'passwordless'
      | 'webhooks'
    >,
    db: DataSource,
    { keepsMail = !production }: { keepsMail?: boolean } = {},
  ): DynamicModule {
    const { smtpUrl, smtpTls, ...look } = mail;
    const smtp = smtpUrl ? new SmtpMailer(smtpUrl, { tls: smtpTls }) : undefined;
    const mailer = auth.mail?.mailer ?? (keepsMail ? new DevMailbox(smtp) : smtp);
    const astra = AstraModule.forRoot({
      // In production, the environment already rejected them, with the name of the variable.
      allowExampleSecrets: !production,
      // As in the FastAPI service.
      features: {
        roleDemo: true,
        secondFactor,
        apiKeys,
        passkeys: signInMethods.includes('passkey'),
        emailCode: signInMethods.includes('email-code'),
        passwordless,
        webhooks,
        console,
        pages: { apiPath: `/${API_PREFIX}` },
        devMail: mailer instanceof DevMailbox,
      },
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
        astra,
        SettingsModule.of(astra.astra),
        FastapiModule.forRoot(astra, fastapi),
        HealthModule.of(astra.astra),
        MetricsModule.forRoot({
          address: metricsPort === undefined ? undefined : { host: metricsHost, port: metricsPort },
          collector: metricsExport,
        }),
      ],
      controllers: [AppController, ProblemsController],
    };
  }
}
