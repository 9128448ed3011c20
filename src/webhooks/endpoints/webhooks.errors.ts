import { Problem } from '../../http/problem/problem.js';

/** There are as many webhooks as possible. */
export class TooManyWebhooksError extends Problem {
  /** @param max - Number of webhooks that there can be. */
  constructor(max: number) {
    super(409, 'too-many-webhooks', `There can be at most ${max} webhooks`);
  }
}

/** Nothing is sent to a disabled webhook, not even on request. */
export class WebhookDisabledError extends Problem {
  constructor() {
    super(409, 'webhook-disabled', 'The webhook is disabled');
  }
}
