import type { DataSource, EntityManager } from 'typeorm';
import { readSnapshot } from '../../database/transactions.js';
import type { Secrets } from '../../keys/derived-keys.js';
import { CHAIN_COLUMNS, type ChainHead, type ChainRow, ChainSigner, headOf } from './chain-hash.js';
import { type Anchors, type AuditFault, verifyChain } from './verify-chain.js';

/** Result of a verification. */
export interface AuditReport {
  /** Number of events read. */
  events: number;
  chains: number;
  /** First fault of each chain, and faults in the number of chains; empty if the trail is intact. */
  faults: AuditFault[];
  /**
   * Ends of all chains as text, to be stored out of reach of anybody with write access to the database. With it, a
   * later verification also detects that the whole trail, including signatures, was reset to an earlier state.
   */
  anchor: string;
}

/**
 * Verifies a snapshot of the trail in constant memory, while the service continues to write.
 *
 * @param settings - With the key that signed the chains as the current or a previous one.
 * @param options.anchor - `anchor` of an earlier report. Default: none.
 * @param options.onProgress - Called from time to time with the number of events read and their total.
 * @throws {SyntaxError} if the anchor is malformed.
 */
export async function verifyAudit(
  db: DataSource,
  secrets: Secrets,
  { anchor, onProgress }: { anchor?: string; onProgress?: (done: number, of: number) => void } = {},
): Promise<AuditReport> {
  const anchors = readAnchor(anchor);
  const signer = new ChainSigner(() => secrets);
  return readSnapshot(db, async (tx) => {
    const rows: ChainRow[] = await tx.query(`SELECT ${CHAIN_COLUMNS} FROM auth_audit_chains ORDER BY id`);
    const all = rows.map(headOf);
    const register = all.find(({ id }) => id === 0);
    const heads = all.filter((head) => head !== register);
    const faults = verifyNumbers(register, heads, anchors, signer);

    const expected = heads.reduce((sum, { seq, purgedSeq }) => sum + seq - purgedSeq, 0);
    let events = 0;
    for (const head of heads) {
      const { fault, read } = await verifyChain(head, {
        tx,
        signer,
        anchor: anchors[head.id],
        onProgress: (readNow) => onProgress?.(events + readNow, expected),
      });
      events += read;
      if (fault) faults.push(fault);
    }
    faults.push(...(await findStrayEvents(heads, tx)));
    return { events, chains: heads.length, faults, anchor: writeAnchor(heads) };
  });
}

/** Finds missing chains, and chains that the service did not create. */
function verifyNumbers(
  register: ChainHead | undefined,
  heads: ChainHead[],
  anchors: Anchors,
  signer: ChainSigner,
): AuditFault[] {
  const fault = (kind: AuditFault['kind'], chain: number, message: string): AuditFault => ({
    kind,
    chain,
    eventId: null,
    message,
  });
  const known = new Set(heads.map(({ id }) => id));
  const begun = Array.from({ length: register?.seq ?? 0 }, (_, i) => i + 1);
  const anchored = Object.keys(anchors).map(Number);
  const missing = new Set([...begun, ...anchored].filter((id) => !known.has(id)));
  const faults = [...missing].map((id) =>
    fault('missing', id, `Chain ${id} is missing, with all its events.`),
  );

  const isUnused = register?.mac.length === 0 && heads.length === 0;
  if (!register) faults.push(fault('missing', 0, 'The number of chains is missing.'));
  else if (!isUnused && !signer.isGenuine(register))
    faults.push(fault('unsigned', 0, `The number of chains is not signed by this key. ${ANOTHER_KEY}`));
  else
    for (const { id } of heads.filter((head) => head.id > register.seq))
      faults.push(fault('inserted', id, `Chain ${id} was not created by the service.`));
  return faults;
}

const ANOTHER_KEY = 'If SECRET_KEY was changed since, set SECRET_KEY_PREVIOUS to the old one.';

/** Finds events outside all known chains. Reads one event per chain, using the index by chain. */
async function findStrayEvents(heads: ChainHead[], tx: EntityManager): Promise<AuditFault[]> {
  const known = new Set(heads.map(({ id }) => id));
  const faults: AuditFault[] = [];
  for (let after = -32768; ;) {
    const [event]: { id: string; chain: number }[] = await tx.query(
      'SELECT id, chain FROM auth_audit_events WHERE chain > $1 ORDER BY chain, seq LIMIT 1',
      [after],
    );
    if (!event) return faults;
    after = event.chain;
    if (known.has(event.chain)) continue;
    const message = `Event ${event.id} is in chain ${event.chain}, which does not exist.`;
    faults.push({ kind: 'inserted', chain: event.chain, eventId: event.id, message });
  }
}

/** Serializes the ends of all chains that contain events. */
function writeAnchor(heads: ChainHead[]): string {
  const used = heads.filter(({ seq }) => seq > 0);
  return JSON.stringify(
    Object.fromEntries(used.map(({ id, seq, hash }) => [id, [seq, hash.toString('hex')]])),
  );
}

/**
 * Parses an anchor.
 *
 * @throws {SyntaxError} if it is malformed.
 */
function readAnchor(anchor = '{}'): Anchors {
  const value: unknown = JSON.parse(anchor);
  const isAnchor =
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(
      ([id, end]) =>
        Number(id) > 0 && Array.isArray(end) && Number.isInteger(end[0]) && typeof end[1] === 'string',
    );
  if (!isAnchor) throw new SyntaxError('This is not an anchor of an audit trail');
  return value as Anchors;
}
