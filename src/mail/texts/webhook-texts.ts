import type { MailTexts } from '../../settings/mail/mail-language.js';

/** Messages to admins about webhooks. */
type WebhookTexts = Pick<MailTexts, 'webhook-disabled'>;

/** English messages about webhooks. */
export const webhookTextsEn: WebhookTexts = {
  'webhook-disabled': ({ product, host, disabledAt }) => ({
    subject: `A webhook of ${product} was disabled`,
    paragraphs: [
      `The webhook to ${host} was disabled on ${disabledAt}: its endpoint responded that it no longer exists (410), or nothing could be delivered for five days.`,
      'It no longer gets events. When the endpoint works again, enable the webhook, and send the failed deliveries again.',
    ],
  }),
};

/** German messages about webhooks. */
export const webhookTextsDe: WebhookTexts = {
  'webhook-disabled': ({ product, host, disabledAt }) => ({
    subject: `Ein Webhook von ${product} wurde deaktiviert`,
    paragraphs: [
      `Der Webhook zu ${host} wurde am ${disabledAt} deaktiviert: Sein Empfänger hat geantwortet, dass es ihn nicht mehr gibt (410), oder fünf Tage lang konnte nichts zugestellt werden.`,
      'Er erhält keine weiteren Ereignisse. Sobald der Empfänger wieder funktioniert, aktivieren Sie den Webhook und senden Sie die fehlgeschlagenen Zustellungen erneut.',
    ],
  }),
};
