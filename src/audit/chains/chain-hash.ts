import { hash, type KeyObject } from 'node:crypto';
import { deriveKeys, type Keys, type Secrets } from '../../keys/derived-keys.js';
import { isEqual, macOf } from '../../keys/mac.js';

/** Hash before the first event of a chain. */
export const GENESIS = Buffer.alloc(32);

/** Content that the hash of an event covers, in addition to the hash of the previous event. */
export interface ChainedEvent {
  chain: number;
  seq: number;
  id: string;
  type: string;
  userId: string | null;
  actorId: string | null;
  /** Network of its IP address, see {@link shortenedNetwork}. */
  network: string | null;
  addressDigest: Buffer | null;
  userAgent: string | null;
  requestId: string | null;
  /** JSON exactly as stored. */
  data: string;
  createdAt: Date;
}

/**
 * Computes the hash of an event: SHA-256 over an array in canonical form (RFC 8785), which for strings, integers and
 * `null` equals the output of `JSON.stringify`. Needs no key, only the row and the previous hash.
 */
export function hashEvent(event: ChainedEvent, previous: Buffer): Buffer {
  const content = [
    'astra audit event 1',
    previous.toString('hex'),
    event.chain,
    event.seq,
    event.id,
    event.type,
    event.userId,
    event.actorId,
    event.network,
    event.addressDigest?.toString('hex') ?? null,
    event.userAgent,
    event.requestId,
    event.data,
    event.createdAt.toISOString(),
  ];
  return hash('sha256', JSON.stringify(content), 'buffer');
}

/**
 * Returns a salted digest of an IP address. Without a salt, the few possible addresses could be guessed.
 *
 * @param address - In canonical spelling.
 * @param salt - 16 random bytes, deleted when the address is shortened.
 */
export function digestAddress(address: string, salt: Buffer): Buffer {
  return hash('sha256', JSON.stringify(['astra audit address 1', salt.toString('hex'), address]), 'buffer');
}

/** End of a chain. Fields as in `auth_audit_chains`. */
export interface ChainState {
  id: number;
  seq: number;
  hash: Buffer;
  purgedSeq: number;
  purgedHash: Buffer;
  shortenedSeq: number;
}

/** Signed end of a chain. */
export interface ChainHead extends ChainState {
  mac: Buffer;
}

/**
 * Signs the ends of chains with a key derived from `SECRET_KEY`, so that an attacker with write access to the database,
 * but without the key, cannot forge a chain.
 */
export class ChainSigner {
  private derived?: Keys;

  /**
   * @param settings - Called at the first signature, because a host's settings may become available later than its
   *   modules.
   */
  constructor(private readonly settings: () => Secrets) {}

  sign(state: ChainState): ChainHead {
    return { ...state, mac: sign(state, this.keys[0]) };
  }

  /** Checks whether an end was signed with the current key or a previous one. */
  isGenuine(head: ChainHead): boolean {
    return this.keys.some((key) => isEqual(head.mac, sign(head, key)));
  }

  /** Checks whether a genuine end still has to be signed with the current key. */
  isDated(head: ChainHead): boolean {
    return !isEqual(head.mac, sign(head, this.keys[0]));
  }

  private get keys(): Keys {
    this.derived ??= deriveKeys(this.settings(), 'astra audit chain v1');
    return this.derived;
  }
}

function sign(
  { id, seq, hash: last, purgedSeq, purgedHash, shortenedSeq }: ChainState,
  key: KeyObject,
): Buffer {
  const content = [
    'astra audit chain 1',
    id,
    seq,
    last.toString('hex'),
    purgedSeq,
    purgedHash.toString('hex'),
    shortenedSeq,
  ];
  return macOf(JSON.stringify(content), key);
}

/** Row of `auth_audit_chains` as `pg` returns it. */
export interface ChainRow {
  id: number;
  seq: string;
  hash: Buffer;
  purged_seq: string;
  purged_hash: Buffer;
  shortened_seq: string;
  mac: Buffer | null;
}

/** Columns of a {@link ChainRow}. */
export const CHAIN_COLUMNS = 'id, seq, hash, purged_seq, purged_hash, shortened_seq, mac';

/** Converts a row to the end of a chain. */
export function headOf(row: ChainRow): ChainHead {
  return {
    id: row.id,
    // Exact up to 2^53; `pg` returns a bigint as text.
    seq: Number(row.seq),
    hash: row.hash,
    purgedSeq: Number(row.purged_seq),
    purgedHash: row.purged_hash,
    shortenedSeq: Number(row.shortened_seq),
    mac: row.mac ?? Buffer.alloc(0),
  };
}
