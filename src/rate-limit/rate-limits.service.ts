import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { Repository } from 'typeorm';
import { RefusalRecorder } from '../audit/refusals/refusal-recorder.js';
import { type Client, clientOf, countedAddress } from '../http/request/client.js';
import type { AnyRequest } from '../http/request/request-id.js';
import { deleteInBatches } from '../database/delete-in-batches.js';
import { AuthSettings } from '../settings/auth-settings.js';
import type { Quota, QuotaName } from '../settings/rate-limits/rate-limit-options.js';
import { clientNetwork, siteNetwork } from '../http/request/ip-network.js';
import { CounterKeys } from './counters/counter-keys.js';
import { PostgresCounter } from './counters/postgres-counter.js';
import { type ForwardedRequest, ProxyCheck } from './proxy-check.js';
import { RateLimitCounter } from './counters/rate-limit-counter.entity.js';
import { type Allowance, TooManyRequestsError, wholeSeconds } from './rate-limit.errors.js';
import { RedisConnection } from './counters/redis-connection.js';
import { type Count, WindowCounter } from '../audit/refusals/window-counter.js';

const COUNTED = Symbol('astra:counted');
/** Limits of a client address that all clients of one IPv6 site share as well: they bound what is hashed, and mailed. */
const SHARED_BY_SITE: readonly QuotaName[] = ['sign-in', 'register', 'forgot', 'reset'];
/** How many times as much a site may do as one client. */
const SITE_FACTOR = 16;

/** A request as the HTTP server has it. */
export interface ClientRequest extends ForwardedRequest, AnyRequest {
  /** It was counted already, at the edge of the service. */
  [COUNTED]?: true;
}

/** A limit, and what counts for it. */
interface Limiter {
  quota: Quota;
  /** Counts a try; in this process while Redis is to count and is away. */
  count: (key: string) => Promise<Count>;
}

/** Whom the audit trail names for a refusal. */
interface Refused {
  /** Default `null`: nobody is signed in. */
  userId?: string | null;
  /** Whose refusals are recorded once. Default the client's. */
  network?: string;
}

/**
 * Who may try how often. Postgres counts, or Redis where there is one, so all instances share a limit; a try is counted
 * before anything is done for it, by one statement or command. Only requests as such are counted in memory, each
 * process for itself: a query would cost more than most of them do.
 */
@Injectable()
export class RateLimitsService implements OnModuleInit, OnApplicationShutdown {
  /** How many tries this process refused so far, by the limits that are on. */
  readonly refused = new Map<QuotaName, number>();
  private readonly requests: WindowCounter | undefined;
  private readonly limiters = new Map<QuotaName, Limiter>();
  private readonly ofSites = new Map<QuotaName, Limiter>();
  private readonly keys: CounterKeys;
  private readonly redis: RedisConnection | undefined;
  private readonly proxies: ProxyCheck;

  constructor(
    @InjectRepository(RateLimitCounter) private readonly counters: Repository<RateLimitCounter>,
    { rateLimits: { quotas, redisUrl }, secretKey }: AuthSettings,
    private readonly refusals: RefusalRecorder,
  ) {
    const logger = new Logger(RateLimitsService.name);
    this.proxies = new ProxyCheck((line) => logger.warn(line));
    this.keys = new CounterKeys(secretKey);
    this.redis = redisUrl ? new RedisConnection(redisUrl) : undefined;
    for (const [name, quota] of quotas) {
      this.refused.set(name, 0);
      if (name === 'requests') this.requests = new WindowCounter(quota);
      else this.limiters.set(name, this.limiter(name, quota));
      if (SHARED_BY_SITE.includes(name))
        this.ofSites.set(name, this.limiter(name, { ...quota, limit: quota.limit * SITE_FACTOR }));
    }
  }

  /**
   * Counts a request of a client, whatever it asks for; once, however often it is called for the same request.
   *
   * @throws {TooManyRequestsError} if there were too many.
   */
  takeRequest(request: ClientRequest): void {
    if (!this.requests || request[COUNTED]) return;
    request[COUNTED] = true;
    this.proxies.notice(request);
    const { allowed, resetsIn } = this.requests.take(clientNetwork(countedAddress(request)));
    if (!allowed) throw this.refusal('requests', this.requests.quota, resetsIn, clientOf(request));
  }

  /**
   * Counts a try of a client address.
   *
   * Whoever has an IPv6 /48 has 65,536 clients. So all of them together do no more than 16 clients, where a try costs a hash or
   * a mail. A try that one of them was refused takes nothing from the others.
   *
   * @param address - As `countedAddress` reads it.
   * @param client - Who tries.
   * @returns what is left for the client; `undefined` if the limit is off.
   * @throws {TooManyRequestsError} if there were too many.
   */
  async takeFrom(name: QuotaName, address: string | null, client: Client): Promise<Allowance | undefined> {
    const allowance = await this.take(name, clientNetwork(address), client);
    const site = siteNetwork(address);
    const limiter = this.ofSites.get(name);
    if (site && limiter) await this.spend(name, limiter, site, client, { network: site });
    return allowance;
  }

  /**
   * Counts a try.
   *
   * @param subject - Whom it is counted for, such as a {@link clientNetwork} or an email address. It is not stored.
   * @param client - Who tries.
   * @param userId - The signed-in user who tries, for the audit trail. Default `null`: nobody is.
   * @returns what is left; `undefined` if the limit is off.
   * @throws {TooManyRequestsError} if there were too many.
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

  /** Whether Redis is to count and is away, so that each process counts for itself. */
  get isDegraded(): boolean {
    return this.redis !== undefined && !this.redis.isReady;
  }

  /** Deletes the counters whose time is over. */
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

  private limiter(name: QuotaName, quota: Quota): Limiter {
    const { redis } = this;
    if (!redis) {
      const counter = new PostgresCounter(this.counters, name, quota);
      return { quota, count: (key) => counter.take(key) };
    }
    const shared = new RateLimiterRedis({
      points: quota.limit,
      duration: quota.window,
      // Who was refused is refused from memory until the window ends: a flood costs Redis nothing.
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
