import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { UnavailableError } from '../problem/problem.js';

/** Knows whether requests can be served. */
@Injectable()
export class HealthService implements BeforeApplicationShutdown {
  private isShuttingDown = false;

  constructor(@InjectDataSource() private readonly db: DataSource) {}

  /** @throws {UnavailableError} while the database is away, and from the moment of shutting down. */
  async assertReady(): Promise<void> {
    if (this.isShuttingDown) throw new UnavailableError('The service is shutting down.');
    try {
      await this.db.query('SELECT 1');
    } catch (error) {
      throw new UnavailableError('The database is away.', 1, error);
    }
  }

  beforeApplicationShutdown(): void {
    this.isShuttingDown = true;
  }
}
