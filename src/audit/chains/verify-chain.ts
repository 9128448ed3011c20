import type { EntityManager } from 'typeorm';
import { canonicalIpAddress } from '../../http/request/ip-address.js';
import { shortenedNetwork } from '../../http/request/ip-network.js';
import { digestAddress, type ChainHead, type ChainSigner, hashEvent } from './chain-hash.js';

/** Fault in the audit trail. */
export interface AuditFault {
  /**
   * Kind of fault. `changed`: the event or its predecessor was changed. `missing`: events were deleted. `inserted`: the
   * event was not written by the service. `unsigned`: the end of the chain is not signed with the key.
   */
  kind: 'changed' | 'missing' | 'inserted' | 'unsigned';
  chain: number;
  /** First event that shows the fault; `null` if there is none. */
  eventId: string | null;
  /** Description for operators, in one or two sentences. */
  message: string;
}

/** Number and hash of the last event of each chain at an earlier time. */
export type Anchors = Record<number, [seq: number, hash: string]>;

/** Context of a verification. */
interface Verification {
  tx: EntityManager;
  signer: ChainSigner;
  anchor: Anchors[number] | undefined;
  onProgress(read: number): void;
}

/** Row of an event, with all columns that its hash covers. */
interface EventRow {
  id: string;
  seq: string;
  type: string;
  user_id: string | null;
  actor_id: string | null;
  ip: string | null;
  user_agent: string | null;
  request_id: string | null;
  data: string;
  created_at: Date;
  hash: Buffer;
  address_digest: Buffer | null;
  address_salt: Buffer | null;
}

/** Events per query. */
const BATCH = 2_000;

/** Verifies a chain from its first event to its end, and stops at the first fault. */
export async function verifyChain(
  head: ChainHead,
  { tx, signer, anchor, onProgress }: Verification,
): Promise<{ read: number; fault?: AuditFault }> {
  let read = 0;
  let seq = head.purgedSeq;
  let hash = head.purgedHash;
  let eventId: string | null = null;
  const fault = (kind: AuditFault['kind'], id: string | null, message: string) => ({
    read,
    fault: { kind, chain: head.id, eventId: id, message },
  });

  if (anchor?.[0] === seq && anchor[1] !== hash.toString('hex'))
    return fault('changed', null, NOT_AS_ANCHORED);
  for await (const event of eventsOf(head.id, tx)) {
    read++;
    if (read % BATCH === 0) onProgress(read);
    const number = Number(event.seq);
    const name = `Event ${number} of chain ${head.id} (${event.id})`;
    if (number <= seq || (number > head.seq && seq === head.seq))
      return fault('inserted', event.id, `${name} was not written by the service.`);
    if (number > seq + 1) {
      const gone = number === seq + 2 ? `Event ${seq + 1} is` : `Events ${seq + 1} to ${number - 1} are`;
      return fault('missing', event.id, `${gone} missing from chain ${head.id}, before ${event.id}.`);
    }
    if (!hashOf(event, head.id, hash).equals(event.hash))
      return fault('changed', event.id, `${name} or the event before it was changed.`);
    if (!isAddressGenuine(event, number <= head.shortenedSeq))
      return fault('changed', event.id, `The IP address of ${name} was changed.`);
    if (anchor?.[0] === number && anchor[1] !== event.hash.toString('hex'))
      return fault('changed', event.id, `${name}: ${NOT_AS_ANCHORED}`);
    ({ seq, hash, eventId } = { seq: number, hash: event.hash, eventId: event.id });
  }

  const end = eventId ? `after ${eventId}` : 'and no other is left';
  if (seq < head.seq)
    return fault(
      'missing',
      eventId,
      `The last events of chain ${head.id} are missing: ${seq + 1} to ${head.seq}, ${end}.`,
    );
  if (anchor && anchor[0] > head.seq)
    return fault(
      'missing',
      eventId,
      `Chain ${head.id} has fewer events than at the time of the anchor, ${end}.`,
    );
  if (!signer.isGenuine(head) || !hash.equals(head.hash))
    return fault(
      'unsigned',
      eventId,
      `The end of chain ${head.id} is not signed by this key: it was truncated or rewritten, or SECRET_KEY was changed ` +
        'and SECRET_KEY_PREVIOUS is not set to the old one.',
    );
  return { read };
}

const NOT_AS_ANCHORED = 'The chain is not the one of the anchor: it was rewritten.';

/** Reads the events of a chain in batches, from its smallest number on: forged events may have negative ones. */
async function* eventsOf(chain: number, tx: EntityManager): AsyncGenerator<EventRow> {
  for (let after = '-9223372036854775808'; ;) {
    const events: EventRow[] = await tx.query(
      `SELECT id, seq, type, user_id, actor_id, ip, user_agent, request_id, data::text, created_at,
              hash, address_digest, address_salt
         FROM auth_audit_events WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT ${BATCH}`,
      [chain, after],
    );
    yield* events;
    const last = events.at(-1);
    if (!last || events.length < BATCH) return;
    after = last.seq;
  }
}

function hashOf(event: EventRow, chain: number, previous: Buffer): Buffer {
  return hashEvent(
    {
      chain,
      seq: Number(event.seq),
      id: event.id,
      type: event.type,
      userId: event.user_id,
      actorId: event.actor_id,
      network: event.ip && networkOfStored(event.ip),
      addressDigest: event.address_digest,
      userAgent: event.user_agent,
      requestId: event.request_id,
      data: event.data,
      createdAt: event.created_at,
    },
    previous,
  );
}

/** Checks the host part of the IP address; its network is covered by the hash of the event. */
function isAddressGenuine({ ip, address_digest, address_salt }: EventRow, isShortened: boolean): boolean {
  if (!ip || !address_digest) return !ip && !address_digest && !address_salt;
  if (isShortened) return ip.includes('/') && !address_salt;
  const address = canonicalIpAddress(ip);
  return Boolean(address && address_salt && digestAddress(address, address_salt).equals(address_digest));
}

/** Returns the network of a stored IP address, which is either whole or already shortened. */
function networkOfStored(ip: string): string | null {
  const [text, prefix] = ip.split('/');
  const address = canonicalIpAddress(text);
  if (!address || !prefix) return address && shortenedNetwork(address);
  return `${address}/${prefix}`;
}
