import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { oncePer } from '../database/once-per.js';
import { ownTables } from '../database/own-tables.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { MailModule } from '../mail/mail.module.js';
import { AuthSettings } from '../settings/auth-settings.js';
import type { Installation } from '../settings/installation.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AccountsModule } from '../users/accounts.module.js';
import { DeliveriesController } from './deliveries/deliveries.controller.js';
import { DeliveriesService } from './deliveries/deliveries.service.js';
import { WebhookDelivery } from './deliveries/webhook-delivery.entity.js';
import { WebhookRequests } from './deliveries/webhook-requests.js';
import { WebhookSender } from './deliveries/webhook-sender.js';
import { EndpointHealth } from './endpoints/endpoint-health.js';
import { Webhook } from './endpoints/webhook.entity.js';
import { WebhookSecrets } from './endpoints/webhook-secrets.js';
import { WebhooksController } from './endpoints/webhooks.controller.js';
import { WebhooksService } from './endpoints/webhooks.service.js';
import { WebhookEvent } from './events/webhook-event.entity.js';
import { WebhookEventsService } from './events/webhook-events.service.js';

/** Webhooks: events of accounts, sent to endpoints of other systems (Standard Webhooks 1.0.0), at `/admin/webhooks`. */
@Module({})
export class WebhooksModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: WebhooksModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      ownTables([Webhook, WebhookEvent, WebhookDelivery], astra.dataSource),
      AccountsModule.on(astra.dataSource),
      AuditModule.on(astra.dataSource),
      JobsModule.of(astra),
      MailModule.of(astra),
    ],
    controllers: [WebhooksController, DeliveriesController],
    providers: [
      DeliveriesService,
      EndpointHealth,
      WebhookEventsService,
      WebhookSecrets,
      WebhookSender,
      WebhooksService,
      // Not injectable by itself, so that tests can replace the look-up of names.
      {
        provide: WebhookRequests,
        inject: [AuthSettings],
        useFactory: ({ webhooks }: AuthSettings) => new WebhookRequests(webhooks),
      },
    ],
  }));
}
