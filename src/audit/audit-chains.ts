import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type pg from 'pg';
import {
  DataSource,
  type EntityManager,
  type EntitySubscriberInterface,
  type QueryRunner,
  type TransactionCommitEvent,
  type TransactionRollbackEvent,
} from 'typeorm';
import { canonicalAddress, digestAddress, networkOf } from './address.js';
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
  ) {
    db.subscribers.push(this);
  }

  async append(event: UnchainedEvent, tx: EntityManager): Promise<void> {
    const runner = tx.queryRunner;
    if (!runner?.isTransactionActive)
      throw new Error('An audit event is written inside the transaction that it tells of');
    for (;;) {
      const held = this.taken.get(runner);
      const head = held?.now ?? this.recall() ?? (await this.register.take(tx));
      const { next, values } = this.link(event, head);
      this.taken.set(runner, { before: held?.before ?? head, now: next });
      // TypeORM does not know of named statements, so this goes to the transaction's connection.
      const connection = (await runner.connect()) as pg.PoolClient;
      const { rowCount } = await connection.query({ ...ADD, values });
      if (rowCount === 1) return;
      // Somebody else was there since, so what was remembered is no longer so.
      this.taken.delete(runner);
    }
  }

  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    // Also told of savepoints, while the transaction goes on.
    if (!queryRunner.isTransactionActive) this.release(queryRunner, 'now');
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    if (queryRunner.isTransactionActive) this.taken.delete(queryRunner);
    else this.release(queryRunner, 'before');
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
        head.id,
        head.mac,
        seq,
        hash,
        next.mac,
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

/**
 * Moves the end of the chain on, if it is still as it is remembered, and adds the event there. By its name Postgres
 * plans it once a connection; PgBouncer in transaction mode must be 1.21 or newer.
 */
const ADD = {
  name: 'astra-audit-add',
  text: `
    WITH head AS (
      UPDATE auth_audit_chains SET seq = $3, hash = $4, mac = $5, touched_at = now()
       WHERE id = $1 AND mac = $2
      RETURNING id
    )
    INSERT INTO auth_audit_events
      (chain, seq, hash, id, type, user_id, actor_id, ip, user_agent, request_id, data, created_at,
       address_digest, address_salt)
    SELECT id, $3, $4, $6::uuid, $7, $8::uuid, $9::uuid, $10::inet, $11, $12, $13::json, $14::timestamptz,
           $15::bytea, $16::bytea
      FROM head`,
};
