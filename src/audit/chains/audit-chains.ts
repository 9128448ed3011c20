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
import { canonicalAddress, digestAddress, networkOf } from '../retention/address.js';
import { type ChainHead, ChainSigner, hashEvent } from './chain-hash.js';
import { ChainRegister } from './chain-register.js';

/** An event as it is stored, but for its place in a chain. */
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

/** How long a process trusts what it remembers of a chain, in ms: half of the time after which it counts as idle. */
const REMEMBERED_FOR = 30_000;

/**
 * Adds events to the chains, without a lock that they would all wait for.
 *
 * There are about as many chains as transactions ever wrote at once, and each takes one that no other uses. The
 * process remembers how a chain ended when it last committed to it, so it need not read before it writes: one
 * statement adds the event, if the chain still ends like that. So keys never leave the process, either.
 */
@Injectable()
export class AuditChains implements EntitySubscriberInterface {
  /** Ends of chains as this process last left them, the latest on top. */
  private readonly remembered: { head: ChainHead; until: number }[] = [];
  /** The chain that a transaction writes to: its end before it, and as it is inside. */
  private readonly taken = new WeakMap<QueryRunner, { before: ChainHead; now: ChainHead }>();

  constructor(
    @InjectDataSource() db: DataSource,
    private readonly register: ChainRegister,
    private readonly signer: ChainSigner,
    private readonly named: NamedStatements,
  ) {
    db.subscribers.push(this);
  }

  append(event: UnchainedEvent, tx: EntityManager): Promise<void> {
    return this.add(tx, (head) => {
      const { next, values } = this.link(event, head);
      const parameters = [head.id, head.mac, next.mac, ...values];
      return { next, run: async () => (await this.named.query(ADD, parameters, tx)).rowCount };
    });
  }

  /** Adds many events to one chain in their order, by one statement. */
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
    // Also told of savepoints, while the transaction goes on.
    if (!queryRunner.isTransactionActive) this.release(queryRunner, 'now');
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    if (queryRunner.isTransactionActive) this.taken.delete(queryRunner);
    else this.release(queryRunner, 'before');
  }

  private async add(
    tx: EntityManager,
    build: (head: ChainHead) => { next: ChainHead; run: () => Promise<number | null | undefined> },
  ): Promise<void> {
    const runner = tx.queryRunner;
    if (!runner?.isTransactionActive)
      throw new Error('An audit event is written inside the transaction that it tells of');
    for (;;) {
      const held = this.taken.get(runner);
      const head = held?.now ?? this.recall() ?? (await this.register.take(tx));
      const { next, run } = build(head);
      this.taken.set(runner, { before: held?.before ?? head, now: next });
      if (await run()) return;
      // Somebody else was there since, so what was remembered is no longer so.
      this.taken.delete(runner);
    }
  }

  private release(runner: QueryRunner, end: 'before' | 'now'): void {
    const chain = this.taken.get(runner);
    if (!chain) return;
    this.taken.delete(runner);
    this.remembered.push({ head: chain[end], until: performance.now() + REMEMBERED_FOR });
  }

  private recall(): ChainHead | undefined {
    const last = this.remembered.pop();
    if (!last || last.until > performance.now()) return last?.head;
    // Those below are older still.
    this.remembered.length = 0;
    return undefined;
  }

  private link(event: UnchainedEvent, head: ChainHead): { next: ChainHead; values: unknown[] } {
    const ip = event.ip && canonicalAddress(event.ip);
    const salt = ip ? randomBytes(16) : null;
    const addressDigest = ip && salt ? digestAddress(ip, salt) : null;
    const network = ip ? networkOf(ip) : null;
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

/** What is stored of an event besides its chain, as `link` puts it. */
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

/** Moves the end of the chain on, if it is still as it is remembered, and says which chain that is. */
const moveOn = (seq: string, hash: string) => `
    WITH head AS (
      UPDATE auth_audit_chains SET seq = ${seq}, hash = ${hash}, mac = $3, touched_at = now()
       WHERE id = $1 AND mac = $2
      RETURNING id
    )`;

const ADD = namedStatement(
  'audit-add',
  `${moveOn('$4', '$5')}
    INSERT INTO auth_audit_events (chain, ${NAMES})
    SELECT head.id, ${TYPES.map((type, i) => `$${i + 4}::${type}`).join(', ')} FROM head`,
);

/** A parameter for all events, however many there are. */
const ADD_ALL = `${moveOn('$4', '$5')}
    INSERT INTO auth_audit_events (chain, ${NAMES})
    SELECT head.id, ${TYPES.map((type, i) => `(event ->> ${i})::${type}`).join(', ')}
      FROM head, json_array_elements($6) AS event`;
