import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

/** Input of {@link shaCrypt}. */
export interface ShaCryptTask {
  digest: 'sha256' | 'sha512';
  password: Uint8Array;
  salt: Uint8Array;
  rounds: number;
}

/**
 * Computes the digest of SHA-crypt (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", 2008), before its bytes are
 * reordered and encoded. Numbers in comments are the steps of that text.
 */
function shaCrypt({ digest, password, salt, rounds }: ShaCryptTask): Uint8Array {
  const hash = (...parts: Uint8Array[]) => {
    const digesting = createHash(digest);
    for (const part of parts) digesting.update(part);
    return digesting.digest();
  };

  const b = hash(password, salt, password); // 4–8
  const a = createHash(digest).update(password).update(salt).update(repeat(b, password.length)); // 1–3, 9–10
  for (let bits = password.length; bits > 0; bits >>= 1) a.update(bits & 1 ? b : password); // 11
  let state = a.digest(); // 12

  const p = repeat(hash(...Array.from({ length: password.length }, () => password)), password.length); // 13–16
  const s = repeat(hash(...Array.from({ length: 16 + state[0] }, () => salt)), salt.length); // 17–20
  for (let round = 0; round < rounds; round++) {
    // 21
    const parts = [round & 1 ? p : state];
    if (round % 3) parts.push(s);
    if (round % 7) parts.push(p);
    parts.push(round & 1 ? state : p);
    state = hash(Buffer.concat(parts));
  }
  return state;
}

function repeat(block: Uint8Array, length: number): Buffer {
  return Buffer.alloc(length, length > 0 ? block : undefined);
}

// The rule is meant for windows; messages to a worker's parent have no origin.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.postMessage(shaCrypt(workerData as ShaCryptTask));
