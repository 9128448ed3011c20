import type { Environment } from '../../env.js';
import { SmtpMailer } from '../../mail/smtp-mailer.js';
import { redisClient } from '../../rate-limit/counters/redis-client.js';
import { readRedisUrl } from '../../settings/rate-limits/redis-servers.js';
import { errorText } from '../../http/problem/error-text.js';
import { type Check, look, well, wrong } from './check.js';

/** Time limit of each step in seconds. */
const TIMEOUT = 5;

/** Checks that Redis is available, if it is configured for rate limits. */
export function redisCheck({ redisUrl }: Environment): Check {
  return {
    name: 'Redis',
    async run() {
      if (!redisUrl) return well('not set: Postgres is used');
      const redis = redisClient(redisUrl, {
        connectTimeout: TIMEOUT * 1000,
        socketTimeout: TIMEOUT * 1000,
        // Lets the process exit soon if Redis is unavailable.
        disconnectTimeout: 100,
        maxRetriesPerRequest: 0,
        retryStrategy: () => null,
      });
      let reason: unknown;
      // Only the event contains the reason of a failed connection.
      redis.on('error', (error: Error) => void (reason ??= error));
      try {
        await redis.connect();
        const sentAt = performance.now();
        await redis.ping();
        const hosts = readRedisUrl(redisUrl)
          ?.hosts.map(({ host }) => host)
          .join(', ');
        return well(`${hosts}, answers in ${(performance.now() - sentAt).toFixed(1)} ms`);
      } catch (error) {
        return wrong(
          `not available, so each instance counts on its own: ${errorText(reason ?? error)}`,
          'Check REDIS_URL, and that the server is running and reachable.',
        );
      } finally {
        redis.disconnect();
      }
    },
  };
}

/** Checks that the mail server accepts the connection and credentials. Sends no message. */
export function mailCheck({ production, mail: { smtpUrl, smtpTls } }: Environment): Check {
  return {
    name: 'Mail',
    async run() {
      if (!smtpUrl)
        return production
          ? look('not set: nobody can verify an email address or reset a password', 'Set SMTP_URL.')
          : well('not set: GET /dev/mail shows messages');
      const { host } = new URL(smtpUrl);
      try {
        const encrypted = await SmtpMailer.probe(smtpUrl, { timeout: TIMEOUT, tls: smtpTls });
        if (encrypted) return well(`${host}, by TLS`);
        return production
          ? look(
              `${host} without TLS: links to reset passwords can be read in transit`,
              'Enable STARTTLS on the server, or use smtps://.',
            )
          : well(`${host}, without TLS`);
      } catch (error) {
        return wrong(
          `${host} is not available, so messages wait: ${errorText(error)}`,
          'Check SMTP_URL, its certificate, SMTP_TLS, and that the server is reachable.',
        );
      }
    },
  };
}
