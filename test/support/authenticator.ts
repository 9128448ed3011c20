import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PERIOD = 30_000;

/** Code of an authenticator app for a secret (RFC 6238), some steps of 30 seconds from now. */
export function totpCode(secret: string, steps = 0, at = Date.now()): string {
  let bits = '';
  for (const letter of secret) bits += BASE32.indexOf(letter).toString(2).padStart(5, '0');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / PERIOD) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const offset = mac[19] & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Waits for the next step if this one ends within some seconds, so that what follows happens in one step. */
export async function earlyInStep(seconds = 8): Promise<void> {
  const left = PERIOD - (Date.now() % PERIOD);
  if (left < seconds * 1_000) await sleep(left + 50);
}

/** Code of the step before this one, which is accepted until this one ends: waits for the next if that is soon. */
export async function previousCode(secret: string): Promise<string> {
  await earlyInStep(4);
  return totpCode(secret, -1);
}
