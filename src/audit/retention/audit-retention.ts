import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../audit.service.js';
import { CHAIN_COLUMNS, type ChainHead, type ChainRow, ChainSigner, headOf } from '../chains/chain-hash.js';

/** Maximum of events that one transaction deletes or shortens while it locks the chain. */
const BATCH = 2_000;

/** Damaged chain. Nothing of it is deleted, which would destroy evidence. */
class DamagedChainError extends Error {
  constructor(id: number) {
    super(`Audit chain ${id} is damaged and was not changed. Verify the audit trail`);
  }
}

/**
 * Deletes and shortens old events so that the chains remain verifiable: the new start of a chain is signed like its
 * end. Two functions of the database, `auth_audit_purge` and `auth_audit_shorten_addresses`, do it with the rights of
 * the owner; a trigger rejects changes of recent events.
 */
@Injectable()
export class AuditRetention {
  private readonly logger = new Logger(AuditRetention.name);

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly audit: AuditService,
    private readonly signer: ChainSigner,
  ) {}

  /** Returns the time `days` ago by the clock of the database, which also decides which events are old. */
  async daysAgo(days: number): Promise<Date> {
    const [{ moment }] = await this.db.query<[{ moment: Date }]>(
      'SELECT now() - make_interval(days => $1) AS moment',
      [days],
    );
    return moment;
  }

  /**
   * Deletes old events, and signs with the current key the chains that a previous key signed.
   *
   * @param olderThan - At least the number of days ago that the owner of the tables set with {@link keepAudit}; the
   *   database rejects a later time.
   * @param signal - Stops after the current batch.
   * @returns the number of deleted events.
   */
  async purge(olderThan: Date, signal?: AbortSignal): Promise<number> {
    await this.db.transaction((tx) => this.renewRegister(tx));
    const count = await this.inBatches(async (head, tx) => {
      const upTo = await this.lastBefore(olderThan, head, head.purgedSeq, tx);
      if (upTo === head.purgedSeq) {
        if (this.signer.isDated(head)) await this.renew(head, tx);
        return null;
      }
      const [last]: { hash: Buffer }[] = await tx.query(
        'SELECT hash FROM auth_audit_events WHERE chain = $1 AND seq = $2',
        [head.id, upTo],
      );
      if (!last) throw new DamagedChainError(head.id);
      const shortenedSeq = Math.max(head.shortenedSeq, upTo);
      const { mac } = this.signer.sign({ ...head, purgedSeq: upTo, purgedHash: last.hash, shortenedSeq });
      const [{ purged }]: [{ purged: string }] = await tx.query(
        'SELECT auth_audit_purge($1, $2, $3) AS purged',
        [head.id, upTo, mac],
      );
      // Signing now would hide events that were already missing.
      if (Number(purged) !== upTo - head.purgedSeq) throw new DamagedChainError(head.id);
      return Number(purged);
    }, signal);
    await this.tell('sensitive_delete', olderThan, count);
    return count;
  }

  /**
   * Shortens the IP addresses of old events to their networks: /24 for IPv4, /48 for IPv6.
   *
   * @param olderThan - See {@link purge}.
   * @param signal - Stops after the current batch.
   * @returns the number of shortened addresses.
   */
  async shortenAddresses(olderThan: Date, signal?: AbortSignal): Promise<number> {
    const count = await this.inBatches(async (head, tx) => {
      const upTo = await this.lastBefore(olderThan, head, head.shortenedSeq, tx);
      if (upTo === head.shortenedSeq) return null;
      const { mac } = this.signer.sign({ ...head, shortenedSeq: upTo });
      const [{ shortened }]: [{ shortened: string }] = await tx.query(
        'SELECT auth_audit_shorten_addresses($1, $2, $3) AS shortened',
        [head.id, upTo, mac],
      );
      return Number(shortened);
    }, signal);
    await this.tell('sensitive_update', olderThan, count);
    return count;
  }

  /**
   * Processes all chains in batches. A damaged chain is logged and skipped.
   *
   * @param step - Processes a batch of a locked chain and returns its size; `null` when done.
   */
  private async inBatches(
    step: (head: ChainHead, tx: EntityManager) => Promise<number | null>,
    signal?: AbortSignal,
  ): Promise<number> {
    const chains: { id: number }[] = await this.db.query('SELECT id FROM auth_audit_chains WHERE id > 0');
    let total = 0;
    for (const { id } of chains) {
      try {
        const next = () => {
          signal?.throwIfAborted();
          return this.db.transaction(async (tx) => step(await this.hold(id, tx), tx));
        };
        for (let count = await next(); count !== null; count = await next()) total += count;
      } catch (error) {
        if (!(error instanceof DamagedChainError)) throw error;
        this.logger.error(error.message);
      }
    }
    return total;
  }

  /** Locks a chain, and checks its signature before anything is deleted. */
  private async hold(id: number, tx: EntityManager): Promise<ChainHead> {
    const [row]: ChainRow[] = await tx.query(
      `SELECT ${CHAIN_COLUMNS} FROM auth_audit_chains WHERE id = $1 FOR UPDATE`,
      [id],
    );
    const head = row && headOf(row);
    if (!head || !this.signer.isGenuine(head)) throw new DamagedChainError(id);
    return head;
  }

  /** Returns the number of the last event, at most a batch further, before the first that is not old. */
  private async lastBefore(time: Date, head: ChainHead, from: number, tx: EntityManager): Promise<number> {
    const [{ last }]: [{ last: string }] = await tx.query(
      `SELECT coalesce(min(seq) - 1, $3) AS last FROM auth_audit_events
        WHERE chain = $1 AND seq > $2 AND seq <= $3 AND created_at >= $4`,
      [head.id, from, Math.min(from + BATCH, head.seq), time],
    );
    return Number(last);
  }

  /** Signs the end of a chain with the current key. */
  private async renew(head: ChainHead, tx: EntityManager): Promise<void> {
    const { id, mac } = this.signer.sign(head);
    await tx.query('UPDATE auth_audit_chains SET mac = $2 WHERE id = $1', [id, mac]);
  }

  /** Signs the number of chains with the current key, if a previous one signed it. */
  private async renewRegister(tx: EntityManager): Promise<void> {
    const [row]: ChainRow[] = await tx.query(
      `SELECT ${CHAIN_COLUMNS} FROM auth_audit_chains WHERE id = 0 AND mac IS NOT NULL FOR UPDATE`,
    );
    const head = row && headOf(row);
    if (head && this.signer.isGenuine(head) && this.signer.isDated(head)) await this.renew(head, tx);
  }

  /** Records the deletion itself, so that the trail shows why events are missing. */
  private async tell(type: 'sensitive_update' | 'sensitive_delete', olderThan: Date, count: number) {
    if (count === 0) return;
    const data = { older_than: olderThan.toISOString(), count };
    await this.audit.recordAlone({ type, userId: null, actorId: null, client: null, data });
  }
}
