import type { ModuleRef } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AuditWatch } from '../audit/chains/audit-watch.js';
import { ApiKeyAuthenticator } from '../access/api-key-authenticator.js';
import { Authenticator } from '../access/authenticator.js';
import { hashQueue } from '../auth/passwords/hashing/hash-queue.js';
import { ProviderTrail } from '../auth/providers/provider-trail.js';
import type { ApiKeyCache } from '../auth/api-keys/use/api-key-cache.js';
import type { PrincipalCache } from '../auth/sessions/principal-cache.js';
import { RefreshService } from '../auth/refresh/refresh.service.js';
import { SignInTrail } from '../auth/sign-in/sign-in-trail.js';
import { waitingQueries } from '../database/connections/kept-for-reads.js';
import { poolOf } from '../database/connections/pool.js';
import { AccessChanges } from '../database/notices/access-changes.js';
import { findOptional, findProvider } from '../http/nest/find-provider.js';
import { degradableParts, HealthService } from '../health/health.service.js';
import { JobsService } from '../jobs/jobs.service.js';
import { MailDeliveryService } from '../mail/delivery/mail-delivery.service.js';
import { RateLimitsService } from '../rate-limit/rate-limits.service.js';
import { SignInAttemptsService } from '../rate-limit/sign-in/sign-in-attempts.service.js';
import { WebhookSender } from '../webhooks/deliveries/webhook-sender.js';

/** Value with its labels. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Value that can be read from the service at any time. */
export interface Measure {
  /** Names that end in `_total` are counters, which only increase. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: () => readonly Sample[] | Promise<readonly Sample[]>;
}

/**
 * Returns the measures, all of which the service counts anyway, so publishing them is free.
 *
 * @param modules - Provides the services.
 */
export function measuresOf(modules: ModuleRef): Measure[] {
  const find = <T>(type: abstract new (...args: never[]) => T): T => findProvider(modules, type);
  const signIns = find(SignInTrail);
  const providers = find(ProviderTrail);
  const refreshes = find(RefreshService);
  // The implementation in an application with accounts.
  const principals = find(Authenticator) as PrincipalCache;
  // Is `null` if API keys are off.
  const apiKeys = findOptional(modules, ApiKeyAuthenticator) as ApiKeyCache | null;
  const webhooks = findOptional(modules, WebhookSender);
  const changes = find(AccessChanges);
  const limits = find(RateLimitsService);
  const attempts = find(SignInAttemptsService);
  const mail = find(MailDeliveryService);
  const jobs = find(JobsService);
  const health = find(HealthService);
  const auditWatch = find(AuditWatch);
  const db = find(DataSource);
  const pool = poolOf(db);

  return [
    {
      name: 'astra_sign_ins_total',
      help: 'Sign-ins whose password was checked, by outcome',
      labels: ['outcome'],
      read: () => by('outcome', signIns.outcomes),
    },
    {
      name: 'astra_provider_answers_total',
      help: 'Answers of other providers to sign-ins, by provider and outcome',
      labels: ['provider', 'outcome'],
      read: () =>
        [...providers.outcomes].flatMap(([provider, outcomes]) =>
          by('outcome', outcomes).map(([labels, value]): Sample => [{ provider, ...labels }, value]),
        ),
    },
    {
      name: 'astra_refreshes_total',
      help: 'Refreshes, by outcome; a replayed token ends its session',
      labels: ['outcome'],
      read: () => by('outcome', refreshes.outcomes),
    },
    {
      name: 'astra_principal_lookups_total',
      help: 'Lookups of the user of an access token, by source',
      labels: ['source'],
      read: () => by('source', principals.lookups),
    },
    {
      name: 'astra_principals',
      help: 'Cached sessions',
      read: () => only(principals.size),
    },
    {
      name: 'astra_api_key_lookups_total',
      help: 'Lookups of the user of an API key, by source',
      labels: ['source'],
      read: () => by('source', apiKeys?.lookups ?? {}),
    },
    {
      name: 'astra_api_keys',
      help: 'Cached API keys',
      read: () => only(apiKeys?.size ?? 0),
    },
    {
      name: 'astra_changes_heard',
      help: 'Whether change notifications of other instances arrive; if not, each request queries the database',
      read: () => only(Number(changes.isListening)),
    },
    {
      name: 'astra_hashes',
      help: 'Passwords that are being hashed or wait to be hashed',
      labels: ['state'],
      read: () => by('state', hashQueue.depth),
    },
    {
      name: 'astra_hashes_refused_total',
      help: 'Passwords that were not hashed because the queue was full',
      read: () => only(hashQueue.refused),
    },
    {
      name: 'astra_database_connections',
      help: 'Database connections for requests',
      labels: ['state'],
      read: () => by('state', { busy: pool.totalCount - pool.idleCount, idle: pool.idleCount }),
    },
    {
      name: 'astra_database_waiting',
      help: 'Queries that wait for a database connection',
      read: () => only(waitingQueries(db)),
    },
    {
      name: 'astra_rate_limit_refusals_total',
      help: 'Requests refused because of a rate limit',
      labels: ['limit'],
      read: () => by('limit', { ...Object.fromEntries(limits.refused), failures: attempts.refused }),
    },
    {
      name: 'astra_mail_total',
      help: 'Attempts to send a message, by outcome; failed ones are retried',
      labels: ['outcome'],
      read: () => by('outcome', mail.outcomes),
    },
    {
      name: 'astra_webhook_tries_total',
      help: 'Attempts to deliver an event to an endpoint, by outcome; retried ones are repeated later',
      labels: ['outcome'],
      read: () => by('outcome', webhooks?.outcomes ?? {}),
    },
    {
      name: 'astra_webhooks_overdue_seconds',
      help: 'Time for which the most delayed delivery of any webhook is due',
      read: async () => only((await webhooks?.secondsOverdue()) ?? 0),
    },
    {
      name: 'astra_jobs',
      help: 'Jobs of all instances; the kind dead counts jobs that were given up',
      labels: ['kind', 'state'],
      read: async () =>
        (await jobs.depths()).flatMap(({ kind, ...states }) =>
          by('state', states).map(([labels, value]): Sample => [{ kind, ...labels }, value]),
        ),
    },
    {
      name: 'astra_jobs_overdue_seconds',
      help: 'Time for which the oldest job of a kind is due and has not been taken',
      labels: ['kind'],
      read: async () => (await jobs.lateness()).map(({ kind, seconds }): Sample => [{ kind }, seconds]),
    },
    {
      name: 'astra_degraded',
      help: 'Whether a component that the service can run without is not working',
      labels: ['server'],
      read: () => {
        const away = health.degraded();
        return degradableParts.map((server): Sample => [{ server }, Number(away.includes(server))]);
      },
    },
    {
      name: 'astra_audit_faults',
      help: 'Faults of the audit trail that the last nightly verification by this process found',
      labels: ['kind'],
      read: () => by('kind', auditWatch.faults ?? {}),
    },
    {
      name: 'astra_clock_offset_seconds',
      help: 'Difference between the clock of the service and that of the database; negative if it is behind',
      read: async () => only(await health.clockLead()),
    },
  ];
}

function by(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => [{ [label]: name }, value]);
}

function only(value: number): Sample[] {
  return [[{}, value]];
}
