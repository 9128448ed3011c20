import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuthSettings } from '../../settings/auth-settings.js';
import { CLOCK_SKEW } from '../tokens/access-token.js';

/** What other services must refuse although it has not expired. */
export interface Revocations {
  sessions: { id: string; ended_at: string }[];
  users: { id: string; changed_at: string }[];
  /** Ask with it the next time, for what came since. */
  cursor: string;
}

/**
 * A transaction may become visible this many seconds after the time that it wrote. A cursor looks back as far, so that
 * none is passed over: longer than statement and idle time-outs let a transaction take.
 */
const OVERLAP = 20;

/** The requests of many verifiers within this many ms share one reading of the tables. */
const SHARED_FOR = 500;

/** Ended sessions, and users whose access changed, within the life of an access token. */
@Injectable()
export class RevocationsService {
  private readonly recent = new Map<number, { at: number; revocations: Promise<Revocations> }>();

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly settings: AuthSettings,
  ) {}

  /** @param since - Seconds since 1970; what is older than an access token lives is left out in any case. */
  list(since: number): Promise<Revocations> {
    const oldest = Math.floor(Date.now() / 1000) - this.settings.accessTokenTtl - CLOCK_SKEW;
    const from = Math.max(since - OVERLAP, oldest);
    const now = performance.now();
    const known = this.recent.get(from);
    if (known && now - known.at < SHARED_FOR) return known.revocations;

    const revocations = this.read(from);
    for (const [key, { at }] of this.recent) if (now - at >= SHARED_FOR) this.recent.delete(key);
    this.recent.set(from, { at: now, revocations });
    revocations.catch(() => this.recent.delete(from));
    return revocations;
  }

  private async read(from: number): Promise<Revocations> {
    const [row] = (await this.db.query(
      `SELECT floor(extract(epoch FROM now()))::text AS cursor,
              (SELECT coalesce(json_agg(json_build_object('id', id, 'ended_at', to_json(ended_at)) ORDER BY ended_at, id), '[]')
                 FROM auth_sessions WHERE ended_at > to_timestamp($1)) AS sessions,
              (SELECT coalesce(json_agg(json_build_object('id', id, 'changed_at', to_json(access_changed_at)) ORDER BY access_changed_at, id), '[]')
                 FROM auth_users WHERE access_changed_at > to_timestamp($1)) AS users`,
      [from],
    )) as Revocations[];
    return row;
  }
}
