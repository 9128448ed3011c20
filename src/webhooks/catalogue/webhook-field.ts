import type { AccountEvent, AccountEventType } from '../../users/events/account-events.js';

/** Value in the payload of a webhook. */
export type WebhookValue = string | number | boolean | null | readonly string[];

/** Data of an event, as sent. */
export type WebhookData = Readonly<Record<string, WebhookValue>>;

/** Schema of a value (JSON Schema 2020-12, as in OpenAPI 3.1). */
export interface ValueSchema {
  readonly type: string | readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly items?: { readonly type: string };
  readonly examples: readonly WebhookValue[];
}

/** Field in the data of an event: its value and its schema, side by side so that they cannot differ. */
export interface WebhookField<E> {
  readonly schema: ValueSchema;
  readonly of: (event: E) => WebhookValue;
  /** Whether it is only sent to endpoints with `data: "full"`, and deleted when the account is erased. Default `false`. */
  readonly isPersonal?: boolean;
}

/** Type of events, with the form in which they are sent. */
export interface WebhookType {
  /** Event of an account that it tells; `null` for one that is sent by request. */
  readonly event: AccountEventType<AccountEvent> | null;
  /** Occasion on which it is sent, as a sentence without its full stop. */
  readonly says: string;
  readonly fields: Readonly<Record<string, WebhookField<AccountEvent>>>;
}

/**
 * Describes the form in which events of a class are sent. `user_id` comes with each.
 *
 * @param fields - Fields in addition to `user_id`. Default none.
 */
export function told<E extends AccountEvent>(
  event: AccountEventType<E>,
  says: string,
  fields: Readonly<Record<string, WebhookField<E>>> = {},
): WebhookType {
  // Only events of this class are passed to the fields.
  return { event, says, fields: { user_id: userId, ...fields } };
}

const userId: WebhookField<AccountEvent> = {
  schema: { type: 'string', format: 'uuid', examples: ['0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11'] },
  of: ({ userId: id }) => id,
};

/** Field with text. */
export function text<E>(
  of: (event: E) => string | null,
  example: string,
  description?: string,
): WebhookField<E> {
  return { of, schema: { type: 'string', ...(description && { description }), examples: [example] } };
}

/** Field with the id of something in the API. */
export function id<E>(of: (event: E) => string): WebhookField<E> {
  return {
    of,
    schema: { type: 'string', format: 'uuid', examples: ['0199f3a4-7a11-7d03-8e0a-5d0f7f3a9c42'] },
  };
}

/** Field with personal data, or `null`. */
export function personal<E>(of: (event: E) => string | null, example: string): WebhookField<E> {
  return { of, schema: { type: ['string', 'null'], examples: [example] }, isPersonal: true };
}
