import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { errorText } from '../../http/problem/error-text.js';
import { CHAIN_COLUMNS, type ChainHead, type ChainRow, ChainSigner, GENESIS, headOf } from './chain-hash.js';

/** Number of chains created at a time. */
const CHAINS_AT_ONCE = 16;
/** Condition for an idle chain: not used for a minute, so no process remembers its end. */
const IDLE = `touched_at < now() - interval '1 minute'`;

/** Finds a free chain, and creates more when there is none. */
@Injectable()
export class ChainRegister implements OnApplicationBootstrap {
  private readonly logger = new Logger(ChainRegister.name);
  /** Chains whose end has an invalid signature. They are left untouched as evidence. */
  private readonly suspect = new Set<number>();
  private beginning?: Promise<unknown>;

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly signer: ChainSigner,
  ) {}

  /** Creates chains at startup. If the tables do not exist yet, the first events create them. */
  async onApplicationBootstrap(): Promise<void> {
    await this.db.transaction((tx) => this.begin(tx)).catch(() => undefined);
  }

  /**
   * Locks a chain for a transaction: an idle one if possible, otherwise any that is not locked, whose last user will
   * notice the change. Nobody waits for another transaction while there is a free chain.
   */
  async take(tx: EntityManager): Promise<ChainHead> {
    const idle = await this.hold(IDLE, tx);
    if (idle) return idle;

    this.beginSoon();
    return (await this.hold('true', tx)) ?? this.begin(tx);
  }

  /** Locks a chain that matches a condition, and skips chains with an invalid signature. */
  private async hold(condition: string, tx: EntityManager): Promise<ChainHead | undefined> {
    for (;;) {
      const [row]: ChainRow[] = await tx.query(
        `SELECT ${CHAIN_COLUMNS} FROM auth_audit_chains
          WHERE id > 0 AND id <> ALL ($1) AND ${condition}
          ORDER BY touched_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
        [[...this.suspect]],
      );
      if (!row) return undefined;
      const head = headOf(row);
      if (this.signer.isGenuine(head)) return head;
      // Appending would sign what somebody may have forged.
      this.suspect.add(head.id);
      this.logger.error(`Audit chain ${head.id} is not signed by this SECRET_KEY. Verify the audit trail`);
    }
  }

  /** Creates chains for later transactions, in a separate one, so that row 0 is locked only briefly. */
  private beginSoon(): void {
    this.beginning ??= this.db
      .transaction(async (tx) => void (await this.begin(tx)))
      .catch((error: unknown) => this.logger.warn(`Could not create audit chains: ${errorText(error)}`))
      .finally(() => {
        this.beginning = undefined;
      });
  }

  /** Locks an idle chain, and creates some if there is none. */
  private async begin(tx: EntityManager): Promise<ChainHead> {
    // Row 0 counts the chains. Its lock lets one transaction at a time create some.
    const [register]: ChainRow[] = await tx.query(
      `SELECT ${CHAIN_COLUMNS} FROM auth_audit_chains WHERE id = 0 FOR UPDATE`,
    );
    const idle = await this.hold(IDLE, tx);
    if (idle) return idle;

    const head = register && headOf(register);
    const [{ last }]: [{ last: number | null }] = await tx.query(
      'SELECT max(id) AS last FROM auth_audit_chains',
    );
    // Numbers of missing chains are not reused, which would hide their loss.
    const count = Math.max(last ?? 0, head?.seq ?? 0);
    const begun = Array.from({ length: CHAINS_AT_ONCE }, (_, i) =>
      this.signer.sign({
        id: count + 1 + i,
        seq: 0,
        hash: GENESIS,
        purgedSeq: 0,
        purgedHash: GENESIS,
        shortenedSeq: 0,
      }),
    );
    await tx.query(
      `INSERT INTO auth_audit_chains (id, hash, purged_hash, mac)
       SELECT id, $1, $1, mac FROM unnest($2::smallint[], $3::bytea[]) AS begun (id, mac)`,
      [GENESIS, begun.map(({ id }) => id), begun.map(({ mac }) => mac)],
    );
    const isUnused = count === 0 && register?.mac === null;
    if (head && (isUnused || this.signer.isGenuine(head))) {
      const { seq, mac } = this.signer.sign({ ...head, seq: count + CHAINS_AT_ONCE });
      await tx.query('UPDATE auth_audit_chains SET seq = $1, mac = $2 WHERE id = 0', [seq, mac]);
    } else {
      this.logger.error(
        'The number of audit chains is not signed by this SECRET_KEY. Verify the audit trail',
      );
    }
    const first = await this.hold(IDLE, tx);
    if (!first) throw new Error('Could not create an audit chain');
    return first;
  }
}
