import { createHmac } from 'node:crypto';
import { SECRET_KEY } from './test-service.js';

/** The parts of a JWT, decoded. */
export interface Jwt {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
}

export function decode(token: string): Jwt {
  const [header, claims] = token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  return { header, claims };
}

/** Signs any header and claims, by default as the service itself does. */
export function forge({ header, claims }: Jwt, { key = SECRET_KEY, hash = 'sha256' } = {}): string {
  const signed = [header, claims].map((part) => encode(JSON.stringify(part))).join('.');
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}

export function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
