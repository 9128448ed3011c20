import { randomBytes } from 'node:crypto';

/** Secrets that must not appear anywhere, by name. */
export const canaries = new Map<string, string>();

/** Records a secret to look for at the end. */
export function mark(name: string, secret: string): string {
  canaries.set(`${name} ${canaries.size}`, secret);
  return secret;
}

export const newPassword = () => mark('password', `Kanari7${randomBytes(9).toString('hex')}`);

/** Returns a text in the forms that encodings give it. */
function formsOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    // Without the characters that also depend on what stands before and after it.
    const first = Math.ceil((offset * 8) / 6);
    return bytes.toString('base64').slice(first, Math.floor((bytes.length * 8) / 6));
  });
  const base64url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), ...base64, ...base64url];
}

/** Whether a text contains a secret in any form. A code of digits counts as one word: an id may spell it by chance. */
const contains = (text: string, secret: string) =>
  /^\d{6,8}$/.test(secret)
    ? new RegExp(`(?<![\\w.-])${secret}(?![\\w-])`).test(text)
    : formsOf(secret).some((form) => text.includes(form));

/** Returns the names of the secrets that a text contains, in any form. */
export function foundIn(text: string): string[] {
  return [...canaries].filter(([, secret]) => contains(text, secret)).map(([name]) => name);
}

/** Client of the service that records every token it receives. */
export class MarkingClient {
  constructor(private readonly url: string) {}

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<any> {
    const isJson = typeof body === 'object' && !(body instanceof URLSearchParams);
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...(isJson && { 'content-type': 'application/json' }), ...headers },
      body: isJson ? JSON.stringify(body) : (body as string),
    });
    const text = await answer.text();
    const json = text.startsWith('{') ? JSON.parse(text) : {};
    if (json.access_token) mark('signature of an access token', json.access_token.split('.')[2]);
    if (json.refresh_token) mark('refresh token', json.refresh_token);
    if (json.sign_in_token) mark('token of a sign-in', json.sign_in_token);
    if (json.secret)
      mark('secret of an authenticator app, or of a webhook', json.secret.replace(/^whsec_/, ''));
    for (const code of json.recovery_codes ?? []) {
      mark('recovery code', code);
      mark('recovery code without its sign', code.replace('-', ''));
    }
    return { ...json, status: answer.status };
  }

  post(path: string, body: unknown, token?: string): Promise<any> {
    return this.send('POST', `/api/v1${path}`, body, token ? { authorization: `Bearer ${token}` } : {});
  }
}
