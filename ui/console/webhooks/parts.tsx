import type { Webhook } from '../../../src/client/index.js';
import { useConsole } from '../rights.js';

/** The types that were entered, separated by commas. */
export const typesOf = (text: string) =>
  text
    .split(',')
    .map((type) => type.trim())
    .filter(Boolean);

/** Whether a webhook works. */
export function State({ webhook: { enabled, failing_since, disabled_reason } }: { webhook: Webhook }) {
  const { t } = useConsole();
  const { states } = t.webhooks;
  const reasons = { admin: states.admin, gone: states.gone, failing: states.byFailure };
  if (!enabled) return <span class="bad">{reasons[disabled_reason ?? 'admin']}</span>;
  if (!failing_since) return <span class="good">{states.ok}</span>;
  const since = new Date(failing_since).toLocaleString(document.documentElement.lang);
  return <span class="bad">{states.failing(since)}</span>;
}
