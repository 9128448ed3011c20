import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { Repository } from 'typeorm';
import { RefusalRecorder } from '../audit/refusals/refusal-recorder.js';
import { type Client, clientOf, countedAddress } from '../http/request/client.js';
import type { AnyRequest } from '../http/request/request-id.js';
import { deleteInBatches } from '../database/delete-in-batches.js';
import { NamedStatements } from '../database/named-statements.js';
import { AuthSettings } from '../settings/auth-settings.js';
import type { Quota, QuotaName } from '../settings/rate-limits/rate-limit-options.js';
import { clientNetwork, siteNetwork } from '../http/request/ip-network.js';
import { CounterKeys } from './counters/counter-keys.js';
import { LeasedCounter } from './counters/leased-counter.js';
import { PostgresCounter } from './counters/postgres-counter.js';
import { type ForwardedRequest, ProxyCheck } from './proxy-check.js';
import { RateLimitCounter } from './counters/rate-limit-counter.entity.js';
import { type Allowance, TooManyRequestsError, wholeSeconds } from './rate-limit.errors.js';
import { RedisConnection } from './counters/redis-connection.js';
import { type Count, WindowCounter } from '../audit/refusals/window-counter.js';

const COUNTED = Symbol('astra:counted');
/** Limits per IP address that all clients of one IPv6 site share as well; they bound hashing and email. */
const SHARED_BY_SITE: readonly QuotaName[] = ['sign-in', 'register', 'forgot', 'reset', 'email-code'];
/** Multiple of the limit of one client that a site may use. */
const SITE_FACTOR = 16;

/** Request as provided by the HTTP server. */
export interface ClientRequest extends ForwardedRequest, AnyRequest {
  /** Set if the request was already counted, at the edge of the service. */
  [COUNTED]?: true;
}

/** Limit with its counter. */
interface Limiter {
  quota: Quota;
  /** Counts an attempt; in this process while Redis is configured but unavailable. */
  count: (key: string) => Promise<Count>;
}

/** Subject of a refusal in the audit trail. */
interface Refused {
  /** Default `null`: nobody is signed in. */
  userId?: string | null;
  /** Network under which refusals are recorded once. Default: that of the client. */
  network?: string;
}

/**
 * Enforces the rate limits. Postgres or, if configured, Redis counts, so all instances share a limit. An attempt is
 * counted before any work, with one statement or command. Only the limit of all requests is counted in memory,
 * separately in each process, because a query would cost more than most requests.
 */
@Injectable()
export class RateLimitsService implements OnModuleInit, OnApplicationShutdown {
  /** Number of attempts that this process refused, by enabled limit. */
  readonly refused = new Map<QuotaName, number>();
  private readonly requests: WindowCounter | undefined;
  /** Requests with each API key in this process; those of all processes are counted after authentication. */
  private readonly keyRequests: WindowCounter | undefined;
  private keyOf?: (request: ClientRequest) => string | undefined;
  private readonly limiters = new Map<QuotaName, Limiter>();
  private readonly ofSites = new Map<QuotaName, Limiter>();
  private readonly keys: CounterKeys;
  private readonly redis: RedisConnection | undefined;
  private readonly proxies: ProxyCheck;

  constructor(
    @InjectRepository(RateLimitCounter) private readonly counters: Repository<RateLimitCounter>,
    private readonly named: NamedStatements,
    { rateLimits: { quotas, redisUrl }, secretKey }: AuthSettings,
    private readonly refusals: RefusalRecorder,
  ) {
    const logger = new Logger(RateLimitsService.name);
    this.proxies = new ProxyCheck((line) => logger.warn(line));
    this.keys = new CounterKeys(secretKey);
    this.redis = redisUrl ? new RedisConnection(redisUrl) : undefined;
    const ofKeys = quotas.get('api-key');
    this.keyRequests = ofKeys && new WindowCounter(ofKeys);
    for (const [name, quota] of quotas) {
      this.refused.set(name, 0);
      if (name === 'requests') this.requests = new WindowCounter(quota);
      else this.limiters.set(name, this.limiter(name, quota));
      if (SHARED_BY_SITE.includes(name))
        this.ofSites.set(name, this.limiter(name, { ...quota, limit: quota.limit * SITE_FACTOR }));
    }
  }

  /**
   * Counts a request of a client, regardless of its route. Further calls for the same request do nothing.
   *
   * @throws {TooManyRequestsError} if the limit is exceeded.
   */
  takeRequest(request: ClientRequest): void {
    if (!this.requests || request[COUNTED]) return;
    request[COUNTED] = true;
    this.proxies.notice(request);
    const key = this.keyOf?.(request);
    if (this.keyRequests && key) {
      const { allowed, resetsIn } = this.keyRequests.take(key);
      if (!allowed) throw this.refusal('api-key', this.keyRequests.quota, resetsIn, clientOf(request));
      return;
    }
    const { allowed, resetsIn } = this.requests.take(clientNetwork(countedAddress(request)));
    if (!allowed) throw this.refusal('requests', this.requests.quota, resetsIn, clientOf(request));
  }

  /**
   * Has requests with a known API key counted by key, not by IP address.
   *
   * @param keyOf - Returns the id of the key of a request; `undefined` if it has none, or an unknown one. Must be quick.
   */
  countByKey(keyOf: (request: ClientRequest) => string | undefined): void {
    this.keyOf = keyOf;
  }

  /**
   * Counts an attempt from an IP address.
   *
   * An IPv6 /48 contains 65,536 clients. Where an attempt costs a hash or an email, all of them together may make as
   * many attempts as 16 clients. An attempt that one of them was refused does not count for the others.
   *
   * @param address - See `countedAddress`.
   * @param client - Client that makes the attempt.
   * @returns the remaining quota of the client; `undefined` if the limit is disabled.
   * @throws {TooManyRequestsError} if the limit is exceeded.
   */
  async takeFrom(name: QuotaName, address: string | null, client: Client): Promise<Allowance | undefined> {
    const allowance = await this.take(name, clientNetwork(address), client);
    const site = siteNetwork(address);
    const limiter = this.ofSites.get(name);
    if (site && limiter) await this.spend(name, limiter, site, client, { network: site });
    return allowance;
  }

  /**
   * Counts an attempt.
   *
   * @param subject - Subject of the limit, such as a {@link clientNetwork} or an email address. It is not stored.
   * @param client - Client that makes the attempt.
   * @param userId - Signed-in user who makes it, for the audit trail. Default `null`: nobody is signed in.
   * @returns the remaining quota; `undefined` if the limit is disabled.
   * @throws {TooManyRequestsError} if the limit is exceeded.
   */
  async take(
    name: QuotaName,
    subject: string,
    client: Client,
    userId: string | null = null,
  ): Promise<Allowance | undefined> {
    const limiter = this.limiters.get(name);
    return limiter && this.spend(name, limiter, subject, client, { userId });
  }

  /** Whether Redis is configured but unavailable, so that each process counts on its own. */
  get isDegraded(): boolean {
    return this.redis !== undefined && !this.redis.isReady;
  }

  /** Deletes expired counters. */
  async purge(signal?: AbortSignal): Promise<void> {
    const { manager, metadata } = this.counters;
    const isOver = 'expire < extract(epoch FROM now()) * 1000';
    await deleteInBatches(manager.dataSource, metadata.tableName, isOver, [], signal);
  }

  async onModuleInit(): Promise<void> {
    await this.redis?.start();
  }

  onApplicationShutdown(): void {
    this.redis?.stop();
  }

  /** Counts an attempt under a keyed hash of its subject. */
  private async spend(
    name: QuotaName,
    limiter: Limiter,
    subject: string,
    client: Client,
    refused: Refused,
  ): Promise<Allowance> {
    const key = this.keys.of(name, subject).toString('base64url');
    const { allowed, remaining, resetsIn } = await limiter.count(key);
    if (!allowed) throw this.refusal(name, limiter.quota, resetsIn, client, refused);
    return { name, quota: limiter.quota, remaining, wait: wholeSeconds(resetsIn) };
  }

  /** Counts and records a refusal, and returns its error. */
  private refusal(
    name: QuotaName,
    quota: Quota,
    resetsIn: number,
    client: Client,
    { userId = null, network = clientNetwork(client.ip) }: Refused = {},
  ): TooManyRequestsError {
    this.refused.set(name, (this.refused.get(name) ?? 0) + 1);
    this.refusals.limited(name, network, client, userId);
    return new TooManyRequestsError(name, quota, wholeSeconds(resetsIn));
  }

  /** Creates the counter of a limit: Redis with a counter in memory as a fallback, or Postgres. */
  private limiter(name: QuotaName, quota: Quota): Limiter {
    const { redis } = this;
    if (!redis) {
      const counter = new PostgresCounter(this.named, name, quota);
      // A key is used in most of the requests of a program, which must not cost a query each.
      if (name === 'api-key') {
        const leases = new LeasedCounter(counter, quota);
        return { quota, count: (key) => leases.take(key) };
      }
      return { quota, count: (key) => counter.take(key) };
    }
    const shared = new RateLimiterRedis({
      points: quota.limit,
      duration: quota.window,
      // A rejected key is rejected from memory until the window ends, so a flood costs Redis nothing.
      inMemoryBlockOnConsumed: quota.limit + 1,
      keyPrefix: `astra:${name}`,
      storeClient: redis.client,
      rejectIfRedisNotReady: true,
    });
    const insurance = new WindowCounter(quota);
    return {
      quota,
      count: async (key) => {
        try {
          return countOf(await redis.answer(shared.consume(key)), true);
        } catch (refusal) {
          if (refusal instanceof RateLimiterRes) return countOf(refusal, false);
          redis.complain(refusal as Error);
          return insurance.take(key);
        }
      },
    };
  }
}

function countOf({ remainingPoints, msBeforeNext }: RateLimiterRes, allowed: boolean): Count {
  return { allowed, remaining: remainingPoints, resetsIn: msBeforeNext };
}
