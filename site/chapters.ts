/**
 * The pages of the site, in the order of its sidebar: paths in the repository. Their first headings are their names. A test
 * fails if one of docs/ is missing.
 */
export const chapters = {
  Start: [
    'README.md',
    'docs/integration.md',
    'docs/nest-starter.md',
    'docs/extending.md',
    'docs/testing.md',
    'docs/client.md',
  ],
  'Signing in': [
    'docs/sign-in-page.md',
    'docs/sessions.md',
    'docs/second-factors.md',
    'docs/passkeys.md',
    'docs/email-codes.md',
    'docs/providers.md',
    'docs/cookies.md',
    'docs/rate-limits.md',
  ],
  Accounts: [
    'docs/my-account.md',
    'docs/console.md',
    'docs/api-keys.md',
    'docs/webhooks.md',
    'docs/mail.md',
    'docs/audit.md',
    'docs/migrating-from-fastapi.md',
  ],
  Operation: [
    'docs/operations.md',
    'docs/kubernetes.md',
    'docs/scaling.md',
    'docs/postgres.md',
    'docs/logs-and-metrics.md',
    'docs/tracing.md',
    'docs/upgrading.md',
  ],
  Runbooks: [
    'docs/runbooks/alerts.md',
    'docs/runbooks/backup-and-restore.md',
    'docs/runbooks/leaked-keys.md',
    'docs/runbooks/lost-admin.md',
  ],
  Project: [
    'docs/architecture.md',
    'docs/security.md',
    'docs/benchmarks.md',
    'docs/mutation-testing.md',
    'docs/releases.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
  ],
};

export const pages = Object.values(chapters).flat();
