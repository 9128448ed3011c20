import { createSecretKey } from 'node:crypto';
import { macOf } from '../../keys/mac.js';

/** Request to sign. */
export interface SignedContent {
  /** Id of the event. */
  id: string;
  /** Time of this try, in seconds since 1970. */
  timestamp: number;
  /** Exactly as sent. */
  body: string;
}

/**
 * Returns the header `webhook-signature` (Standard Webhooks 1.0.0): `v1,` and a MAC for each secret, separated by spaces. The
 * receiver accepts the request if one of them is right.
 *
 * @param secrets - Bytes of the secrets, the current one first.
 */
export function signatureOf({ id, timestamp, body }: SignedContent, secrets: readonly Buffer[]): string {
  const content = `${id}.${timestamp}.${body}`;
  return secrets
    .map((secret) => `v1,${macOf(content, createSecretKey(secret)).toString('base64')}`)
    .join(' ');
}
