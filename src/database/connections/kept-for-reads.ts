import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { poolOf } from './pool.js';

/** Number of connections that writes leave to reads. */
const KEPT = 2;

/** Limits how many writes are at work at once. The others wait in line, as long as for a connection. */
class WriteGate {
  private readonly line: (() => void)[] = [];

  /**
   * @param free - Number of writes at once.
   * @param patience - Time in ms that one waits.
   */
  constructor(
    private free: number,
    private readonly patience: number,
  ) {}

  get waiting(): number {
    return this.line.length;
  }

  /** @throws {Error} with the message of the pool, if it takes too long. */
  async enter(): Promise<void> {
    if (this.free > 0) {
      this.free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        clearTimeout(giveUp);
        resolve();
      };
      const giveUp = setTimeout(() => {
        this.line.splice(this.line.indexOf(enter), 1);
        reject(new Error('timeout exceeded when trying to connect'));
      }, this.patience);
      this.line.push(enter);
    });
  }

  /** Lets the next one in. */
  leave(): void {
    const next = this.line.shift();
    if (next) next();
    else this.free++;
  }
}

const gates = new WeakMap<DataSource, WriteGate>();

/**
 * Keeps some connections of a DataSource for reads. While commits wait, such as for a standby server
 * (`synchronous_standby_names`) or for a disk, they would hold all connections, and nobody could be authenticated.
 *
 * Reads are those that TypeORM would send to a replica: queries of repositories and query builders outside transactions.
 */
export function keepConnectionsForReads(db: DataSource): void {
  const driver = db.driver as PostgresDriver;
  const { max, connectionTimeoutMillis = 0 } = poolOf(db).options;
  const gate = new WriteGate(Math.max(1, max - KEPT), connectionTimeoutMillis);
  gates.set(db, gate);
  const connect = driver.obtainMasterConnection.bind(driver);
  // Both are one server.
  driver.isReplicated = true;
  driver.obtainSlaveConnection = connect;
  driver.obtainMasterConnection = async () => {
    await gate.enter();
    try {
      const [connection, release] = (await connect()) as [unknown, (error?: Error) => void];
      const releaseAndLeave = (error?: Error) => {
        release(error);
        gate.leave();
      };
      return [connection, releaseAndLeave];
    } catch (error) {
      gate.leave();
      throw error;
    }
  };
}

/** Whether the DataSource keeps connections for reads. */
export function keepsForReads(db: DataSource): boolean {
  return gates.has(db);
}

/** Runs a write that uses the pool by itself, as one of those that leave connections to reads. */
export async function asWrite<T>(db: DataSource, write: () => Promise<T>): Promise<T> {
  const gate = gates.get(db);
  await gate?.enter();
  try {
    return await write();
  } finally {
    gate?.leave();
  }
}

/** Number of queries that wait for a connection. */
export function waitingQueries(db: DataSource): number {
  return poolOf(db).waitingCount + (gates.get(db)?.waiting ?? 0);
}
