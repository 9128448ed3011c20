import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { parse } from 'yaml';
import type { Setting } from '../../src/env/settings/setting.js';
import { settings } from '../../src/env/settings/settings.js';
import { findManifest, helm, type Manifest, renderChart } from '../support/helm.js';

const chart = 'deploy/helm/astra';
const sets = readdirSync(`${chart}/ci`).map((file) => file.replace('-values.yaml', ''));

type Model = new (data: Manifest) => { validate(): void };

/** The module with the schema of a kind, from the OpenAPI documents of Kubernetes and of the Prometheus operator. */
const schemaOf = ({ apiVersion, kind }: Manifest) =>
  `${apiVersion.startsWith('monitoring.') ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models'}/${apiVersion}/${kind}`;

/** What the compiler says of objects as literals of their types: unknown fields above all, which the API server drops. */
function unknownFields(manifests: readonly Manifest[]): string[] {
  const file = `${process.cwd()}/test/delivery/rendered.ts`;
  const text = manifests
    .map(
      (manifest, i) =>
        `import type { I${manifest.kind} as T${i} } from '${schemaOf(manifest)}';\n` +
        `export const m${i}: T${i} = ${JSON.stringify(manifest, null, 1)};\n`,
    )
    .join('');
  const options: ts.CompilerOptions = {
    ...{ module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
    ...{ target: ts.ScriptTarget.ES2022, strict: true, noEmit: true, skipLibCheck: true, types: [] },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, ...rest) =>
    name === file
      ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022)
      : getSourceFile.call(host, name, ...rest);
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** Objects that the schema of their kind refuses, with the reason. */
async function refusals(manifests: readonly Manifest[]): Promise<string[]> {
  const reasons = manifests.map(async (manifest) => {
    const models = (await import(schemaOf(manifest))) as Record<string, Model>;
    try {
      new models[manifest.kind](manifest).validate();
      return [];
    } catch (error) {
      return [`${manifest.kind}: ${(error as Error).message}`];
    }
  });
  return (await Promise.all(reasons)).flat();
}

const podOf = (manifest: Manifest) => manifest.spec.template.spec as Record<string, any>;
const pods = (manifests: readonly Manifest[]) =>
  manifests.filter(({ kind }) => ['Deployment', 'Job'].includes(kind)).map(podOf);

it('has three sets of values to try', () => {
  expect(sets.toSorted()).toEqual(['large', 'small', 'trial']);
});

describe.each(sets)('the chart with the values of %s', (set) => {
  let manifests: Manifest[];
  beforeAll(() => {
    manifests = renderChart(set);
  });

  it('has nothing that helm lint objects to', () => {
    const { status, stdout } = helm('lint', '--strict', chart, '--values', `${chart}/ci/${set}-values.yaml`);
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(stdout).not.toMatch(/\[(WARNING|ERROR)\]/);
  });

  it('renders what the schemas of Kubernetes accept, without unknown fields', async () => {
    expect(manifests.length).toBeGreaterThanOrEqual(3);
    expect(await refusals(manifests)).toEqual([]);
    expect(unknownFields(manifests)).toEqual([]);
  });

  it('sets only variables that are settings of the service', () => {
    const names = pods(manifests).flatMap(({ containers }) =>
      (containers[0].env as { name: string }[]).map(({ name }) => name),
    );
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !(name in settings))).toEqual([]);
    for (const { containers } of pods(manifests)) {
      const own = (containers[0].env as { name: string }[]).map(({ name }) => name);
      expect(new Set(own).size).toBe(own.length);
    }
  });

  it('gives no pod rights, a writable root, a token of the cluster, or a secret in clear', () => {
    expect(pods(manifests)).toHaveLength(2);
    for (const pod of pods(manifests)) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
            resources: {
              limits: { memory: expect.any(String) as string },
              requests: { cpu: expect.anything() as string, memory: expect.any(String) as string },
            },
          },
        ],
      });
      const env = pod.containers[0].env as { name: string; value?: string }[];
      const clear = env.filter(
        ({ name, value }) => value && (settings as Record<string, Setting>)[name].secret,
      );
      expect(clear).toEqual([]);
    }
  });

  it('migrates as the owner before the service starts as another role', () => {
    const job = findManifest(manifests, 'Job');
    expect(job.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' });
    expect(podOf(job).containers[0].command).toEqual(['node', 'dist/src/cli.js', 'migrate']);
    const variables = (manifest: Manifest) => JSON.stringify(podOf(manifest).containers[0].env);
    expect(variables(job)).toContain('"POSTGRES_PASSWORD"');
    expect(variables(findManifest(manifests, 'Deployment'))).not.toContain('"POSTGRES_PASSWORD"');
  });

  it('sends requests, budgets and rules to the pods of the service only', () => {
    const job = findManifest(manifests, 'Job').spec.template.metadata.labels as Record<string, string>;
    const { spec } = findManifest(manifests, 'Deployment');
    const labels = spec.template.metadata.labels as Record<string, string>;
    const selectors = manifests.flatMap(({ kind, spec }): Record<string, string>[] =>
      kind === 'Service'
        ? [spec.selector]
        : [spec.selector?.matchLabels, spec.podSelector?.matchLabels].filter(Boolean),
    );
    expect(selectors.length).toBeGreaterThanOrEqual(2);
    const selects = (selector: Record<string, string>, of: Record<string, string>) =>
      Object.entries(selector).every(([name, value]) => of[name] === value);
    // The ServiceMonitor selects the Service, which has the labels of its pods.
    expect(selectors.filter((selector) => !selects(selector, labels))).toEqual([]);
    expect(selectors.filter((selector) => selects(selector, job))).toEqual([]);
  });

  it('lets load balancers notice that a pod stops before it stops, and requests end', () => {
    const pod = podOf(findManifest(manifests, 'Deployment'));
    const [{ env, readinessProbe }] = pod.containers;
    const delay = Number(
      (env as { name: string; value: string }[]).find(({ name }) => name === 'SHUTDOWN_DELAY_SECONDS')?.value,
    );
    const notices = readinessProbe.periodSeconds * readinessProbe.failureThreshold;
    if (set !== 'trial') expect(delay).toBeGreaterThan(notices);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(delay + 30);
  });
});

describe('the chart', () => {
  it('renders each of its templates for some set of values', () => {
    const kinds = new Set(sets.flatMap((set) => renderChart(set).map(({ kind }) => kind)));
    expect([...kinds].toSorted()).toEqual([
      ...['Deployment', 'HorizontalPodAutoscaler', 'Job', 'NetworkPolicy', 'PodDisruptionBudget'],
      ...['PrometheusRule', 'Service', 'ServiceMonitor'],
    ]);
  });

  it('is checked by schemas that find wrong types and unknown fields', async () => {
    const deployment = findManifest(renderChart('small'), 'Deployment');
    const mistyped = { ...deployment, spec: { ...deployment.spec, replicas: 'two' } };
    expect(await refusals([mistyped])).toEqual([expect.stringContaining('replicas')]);
    const misspelled = { ...deployment, spec: { ...deployment.spec, minReadySecond: 1 } };
    expect(unknownFields([misspelled])).toEqual([expect.stringContaining('minReadySecond')]);
  });

  it('takes the image by digest, before any tag', () => {
    const images = (set: string, ...changes: string[]) =>
      pods(renderChart(set, ...changes)).map(({ containers }) => containers[0].image as string);
    const byDigest = expect.stringMatching(/^ghcr\.io\/example\/astra@sha256:0+1$/) as string;
    expect(images('small', 'image.tag=v1')).toEqual([byDigest, byDigest]);
    expect(images('trial')).toEqual(['astra:latest', 'astra:latest']);
  });

  it.each([
    ['no image', 'image.digest='],
    ['a digest that is none', 'image.digest=sha256:123'],
    ['no public URL', 'publicUrl='],
    ['no secret', 'secretKey.secretName='],
    ['no database', 'database.host='],
    ['an unknown value', 'replica=3'],
    ['an unknown mode of TLS', 'database.sslMode=prefer'],
    ['a delay that the service refuses', 'shutdownDelaySeconds=16'],
    ['a setting that YAML makes something else', 'settings.DOCS=true'],
  ])('refuses %s', (_, change) => {
    expect(() => renderChart('small', change)).toThrow(/values don't meet the specifications/);
  });

  it('has the version of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(parse(readFileSync(`${chart}/Chart.yaml`, 'utf8'))).toMatchObject({
      version,
      appVersion: version,
    });
  });
});
