/** Token of an API key with any prefix, in whole or cut off. */
const API_KEY = /\b([a-z][a-z0-9]{1,19}_(?:pat|svc)_)\w+/g;

/**
 * Replaces the tokens of API keys in text for the log and the audit trail. Programs put them where they do not belong, such as
 * into the `User-Agent`, and errors may repeat what a client sent.
 */
export function withoutApiKeys(text: string): string {
  // Almost no text has one, and a search is quicker than the pattern.
  return text.includes('_pat_') || text.includes('_svc_') ? text.replace(API_KEY, '$1…') : text;
}
