/** Problem types of webhooks. */
export const webhookProblemTypes = {
  'too-many-webhooks': {
    title: 'Too many webhooks',
    meaning: 'There are as many webhooks as possible. Delete one that is no longer used first.',
  },
  'webhook-disabled': {
    title: 'Webhook disabled',
    meaning:
      'Nothing is sent to a disabled webhook. `disabled_reason` says why it is disabled. Enable it first, with `PATCH /admin/webhooks/{id}`.',
  },
} as const;
