import { Injectable } from '@nestjs/common';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import { Problem } from '../../http/problem/problem.js';
import { AccessDeniedError, ProviderUnavailableError } from './providers.errors.js';

/**
 * Outcome of a request to a provider: it has named a user; its answer was refused, as forged, used or meant for somebody else;
 * the user or the provider has cancelled; or it is away.
 */
type Outcome = 'answered' | 'refused' | 'denied' | 'unavailable';

/** Counts the answers of providers, and records those that are refused in the audit trail. */
@Injectable()
export class ProviderTrail {
  /** Number of answers in this process, by the name of the provider and the outcome. */
  readonly outcomes = new Map<string, Record<Outcome, number>>();

  constructor(private readonly audit: AuditService) {}

  /**
   * Counts an answer, and records it if it is refused.
   *
   * @param provider - Name of a provider of the settings, so that their number is limited.
   * @throws errors of the work.
   */
  async watch<T>(provider: string, client: Client, work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      this.count(provider, 'answered');
      return answer;
    } catch (error) {
      const outcome = outcomeOf(error);
      this.count(provider, outcome);
      if (outcome === 'refused' && error instanceof Problem) {
        const data = { reason: 'refused_provider_answer', provider, problem: error.code };
        await this.audit.recordAlone({
          ...{ type: 'authn_login_fail', userId: null, actorId: null, client, data },
        });
      }
      throw error;
    }
  }

  private count(provider: string, outcome: Outcome): void {
    const counts = this.outcomes.get(provider) ?? { answered: 0, refused: 0, denied: 0, unavailable: 0 };
    counts[outcome]++;
    this.outcomes.set(provider, counts);
  }
}

/** An error that is no problem is a fault of this service, which has an outcome of its own in the log. */
function outcomeOf(error: unknown): Outcome {
  if (error instanceof AccessDeniedError) return 'denied';
  return error instanceof ProviderUnavailableError || !(error instanceof Problem) ? 'unavailable' : 'refused';
}
