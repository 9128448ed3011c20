import { type LookUp, lookUpWithoutThreads } from '../../outbound/look-up.js';
import { outboundFetch, type OutboundFetch } from '../../outbound/outbound-fetch.js';
import { OutboundError } from '../../outbound/outbound.errors.js';
import type { WebhookSettings } from '../../settings/webhooks/webhook-settings.js';
import { refusalOf } from '../endpoints/webhook-url.js';
import { parseHttpDate, readRetryAfter } from './retry-schedule.js';
import { type SignedContent, signatureOf } from './signature.js';

/** Time for a try, from the look-up to the last byte, in ms. */
const TIMEOUT = 15_000;
/** Bytes of a response that are read, so that most endpoints can send all of it. Only its status counts. */
const MAX_BYTES = 1_024;

/** Outcome of a try. */
export interface TryOutcome {
  /** HTTP status of the response; `null` if there was none. */
  readonly status: number | null;
  /** Kind of the failure; `null` if the event was received. */
  readonly error: string | null;
  /** Seconds that the endpoint asked for before the next try. */
  readonly retryAfter?: number;
}

/** Sends events to endpoints. Nothing of a response's body is returned, so that nobody can read inner servers with it. */
export class WebhookRequests {
  private readonly fetch: OutboundFetch;

  /** @param lookUp - Replaced by tests only. Default {@link lookUpWithoutThreads}. */
  constructor(
    private readonly settings: WebhookSettings,
    { lookUp = lookUpWithoutThreads(), timeoutMs = TIMEOUT }: { lookUp?: LookUp; timeoutMs?: number } = {},
  ) {
    const { allowed, allowHttp } = settings;
    const limits = { timeoutMs, maxBytes: MAX_BYTES, statusOnly: true, continuesTrace: true };
    this.fetch = outboundFetch({ allowed, allowHttp, lookUp, ...limits });
  }

  /**
   * Sends an event. Does not throw: every failure is an outcome.
   *
   * @param secrets - See {@link signatureOf}.
   */
  async send(
    url: string,
    content: SignedContent,
    secrets: readonly Buffer[],
    signal: AbortSignal,
  ): Promise<TryOutcome> {
    // The settings may have changed since it was added.
    const refusal = refusalOf(url, this.settings);
    if (refusal) return { status: null, error: refusal.code };
    try {
      const { status, headers } = await this.fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Astra-Webhooks/1',
          'webhook-id': content.id,
          'webhook-timestamp': String(content.timestamp),
          'webhook-signature': signatureOf(content, secrets),
        },
        body: content.body,
        signal,
      });
      if (status >= 200 && status < 300) return { status, error: null };
      // A date counts from the endpoint's own clock, if it tells it.
      const now = parseHttpDate(headers.get('date')) ?? content.timestamp * 1_000;
      const retryAfter = readRetryAfter(headers.get('retry-after'), now);
      return { status, error: 'status', retryAfter };
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      return { status: error.status ?? null, error: error.reason };
    }
  }
}
