import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import {
  DataSource,
  type EntityManager,
  type EntitySubscriberInterface,
  type QueryRunner,
  type TransactionCommitEvent,
  type TransactionRollbackEvent,
} from 'typeorm';
import { NamedStatements, namedStatement } from '../../database/named-statements.js';
import { canonicalIpAddress } from '../../http/request/ip-address.js';
import { shortenedNetwork } from '../../http/request/ip-network.js';
import { digestAddress, type ChainHead, ChainSigner, hashEvent } from './chain-hash.js';
import { ChainRegister } from './chain-register.js';

/** Event as stored, without its position in a chain. */
export interface UnchainedEvent {
  id: string;
  type: string;
  userId: string | null;
  actorId: string | null;
  ip: string | null;
  userAgent: string | null;
  requestId: string | null;
  data: string;
  createdAt: Date;
}

/** Time in ms for which a process trusts its memory of a chain: half the time after which a chain counts as idle. */
const REMEMBERED_FOR = 30_000;

/**
 * Appends events to hash chains without a lock that all writers would wait for.
 *
 * There are about as many chains as transactions ever wrote at the same time, and each transaction uses one of its own.
 * The process remembers the end of a chain from its last commit, so it does not read before it writes: one statement
 * adds the event if the chain still has this end. The signature is computed here, so keys never leave the process.
 */
@Injectable()
export class AuditChains implements EntitySubscriberInterface {
  /** Ends of chains after this process last used them, most recent last. */
  private readonly remembered: { head: ChainHead; until: number }[] = [];
  /** Chain of a transaction: its end before the transaction, and its current one. */
  private readonly taken = new WeakMap<QueryRunner, { before: ChainHead; now: ChainHead }>();

  constructor(
    @InjectDataSource() db: DataSource,
    private readonly register: ChainRegister,
    private readonly signer: ChainSigner,
    private readonly named: NamedStatements,
  ) {
    db.subscribers.push(this);
  }

  /** Adds one event with a prepared statement. */
  append(event: UnchainedEvent, tx: EntityManager): Promise<void> {
    return this.add(tx, (head) => {
      const { next, values } = this.link(event, head);
      const parameters = [head.id, head.mac, next.mac, ...values];
      return { next, run: async () => (await this.named.query(ADD, parameters, tx)).rowCount };
    });
  }

  /** Adds several events to one chain in order, with one statement. */
  async appendAll(events: readonly UnchainedEvent[], tx: EntityManager): Promise<void> {
    if (events.length === 0) return;
    await this.add(tx, (head) => {
      let next = head;
      const rows = events.map((event) => {
        const linked = this.link(event, next);
        next = linked.next;
        return linked.values.map((value) => (Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value));
      });
      const values = [head.id, head.mac, next.mac, next.seq, next.hash, JSON.stringify(rows)];
      return { next, run: async () => (await tx.queryRunner?.query(ADD_ALL, values, true))?.affected };
    });
  }

  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    // Also called for savepoints, while the transaction continues.
    if (!queryRunner.isTransactionActive) this.release(queryRunner, 'now');
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    if (queryRunner.isTransactionActive) this.taken.delete(queryRunner);
    else this.release(queryRunner, 'before');
  }

  /**
   * Runs the statement of `build` with the end of a chain that this process or the register knows. A statement that
   * affects no row had an outdated end, so the next one is tried.
   */
  private async add(
    tx: EntityManager,
    build: (head: ChainHead) => { next: ChainHead; run: () => Promise<number | null | undefined> },
  ): Promise<void> {
    const runner = tx.queryRunner;
    if (!runner?.isTransactionActive) throw new Error('An audit event must be recorded inside a transaction');
    for (;;) {
      const held = this.taken.get(runner);
      const head = held?.now ?? this.recall() ?? (await this.register.take(tx));
      const { next, run } = build(head);
      this.taken.set(runner, { before: held?.before ?? head, now: next });
      if (await run()) return;
      // Another process has used the chain since, so the remembered end is outdated. Try the next one.
      this.taken.delete(runner);
    }
  }

  /**
   * Remembers the chain of a finished transaction: with its new end after a commit, with the old one after a rollback.
   */
  private release(runner: QueryRunner, end: 'before' | 'now'): void {
    const chain = this.taken.get(runner);
    if (!chain) return;
    this.taken.delete(runner);
    this.remembered.push({ head: chain[end], until: performance.now() + REMEMBERED_FOR });
  }

  /** Takes the most recently used chain that is still trusted. */
  private recall(): ChainHead | undefined {
    const last = this.remembered.pop();
    if (!last || last.until > performance.now()) return last?.head;
    // The remaining ones are older.
    this.remembered.length = 0;
    return undefined;
  }

  /** Computes the hash and the signature of an event as the next one of a chain. */
  private link(event: UnchainedEvent, head: ChainHead): { next: ChainHead; values: unknown[] } {
    const ip = event.ip && canonicalIpAddress(event.ip);
    const salt = ip ? randomBytes(16) : null;
    const addressDigest = ip && salt ? digestAddress(ip, salt) : null;
    const network = ip ? shortenedNetwork(ip) : null;
    const seq = head.seq + 1;
    const hash = hashEvent({ ...event, chain: head.id, seq, network, addressDigest }, head.hash);
    const next = this.signer.sign({ ...head, seq, hash });
    return {
      next,
      values: [
        seq,
        hash,
        event.id,
        event.type,
        event.userId,
        event.actorId,
        ip,
        event.userAgent,
        event.requestId,
        event.data,
        event.createdAt,
        addressDigest,
        salt,
      ],
    };
  }
}

/** Columns of an event with their types, in the order of the values of `link`. */
const COLUMNS = {
  seq: 'bigint',
  hash: 'bytea',
  id: 'uuid',
  type: 'text',
  user_id: 'uuid',
  actor_id: 'uuid',
  ip: 'inet',
  user_agent: 'text',
  request_id: 'text',
  data: 'json',
  created_at: 'timestamptz',
  address_digest: 'bytea',
  address_salt: 'bytea',
};
const NAMES = Object.keys(COLUMNS).join(', ');
const TYPES = Object.values(COLUMNS);

/** Advances the end of the chain if it is unchanged, and returns the chain. */
const moveOn = (seq: string, hash: string) => `
    WITH head AS (
      UPDATE auth_audit_chains SET seq = ${seq}, hash = ${hash}, mac = $3, touched_at = now()
       WHERE id = $1 AND mac = $2
      RETURNING id
    )`;

/** Adds one event if the chain still has the remembered end. */
const ADD = namedStatement(
  'audit-add',
  `${moveOn('$4', '$5')}
    INSERT INTO auth_audit_events (chain, ${NAMES})
    SELECT head.id, ${TYPES.map((type, i) => `$${i + 4}::${type}`).join(', ')} FROM head`,
);

/** One JSON parameter for all events, regardless of their number. */
const ADD_ALL = `${moveOn('$4', '$5')}
    INSERT INTO auth_audit_events (chain, ${NAMES})
    SELECT head.id, ${TYPES.map((type, i) => `(event ->> ${i})::${type}`).join(', ')}
      FROM head, json_array_elements($6) AS event`;
