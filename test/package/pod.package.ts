// The container of the Helm chart, with the package's build: started by the image's command as a pod would be.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { eventually } from '../support/eventually.js';
import { findManifest, type Manifest, renderChart } from '../support/helm.js';
import { repository, tarball } from '../support/outside.js';
import { Pod } from '../support/pod.js';
import { TestDatabase, testServerUrl } from '../support/test-database.js';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string } };
}

/** A uid that no file has, such as OpenShift assigns one. */
const UID = 1_000_680_000;
const MEMORY = 256 * 2 ** 20;
const ada = { username: 'ada', email: 'ada@example.com', password: 'Analytical1' };

let app: string;
let database: TestDatabase;
let manifests: Manifest[];
let secrets: Record<string, string>;
let serviceUser: string;
let port: number;
let pod: Pod;

beforeAll(async () => {
  app = mkdtempSync(join(tmpdir(), 'astra-image-'));
  // As the Dockerfile has it: the build, package.json, and the packages.
  execFileSync('tar', ['xzf', tarball(), '--strip-components=1', 'package/dist', 'package/package.json'], {
    cwd: app,
  });
  symlinkSync(join(repository, 'node_modules'), join(app, 'node_modules'));
  database = await TestDatabase.create('template0');
  const { connection } = database;
  serviceUser = connection.database.replace(/_test$/, '_service_test');
  port = await freePort();
  manifests = renderChart(
    'trial',
    'database.host=127.0.0.1',
    `database.port=${connection.port}`,
    `database.name=${connection.database}`,
    `database.owner.user=${connection.username}`,
    `database.service.user=${serviceUser}`,
    `resources.limits.memory=${MEMORY / 2 ** 20}Mi`,
  );
  secrets = {
    astra: Buffer.alloc(32, 'chart').toString('base64url'),
    postgres: connection.password ?? '',
    'postgres-service': 'service-password-1',
  };
}, 120_000);

afterAll(async () => {
  await pod.remove();
  await database.drop();
  const client = new pg.Client(testServerUrl());
  await client.connect();
  await client.query(`DROP ROLE ${serviceUser}`);
  await client.end();
  rmSync(app, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What the image sets. */
function imageEnv(): Record<string, string> {
  const [, block] = /^ENV ((?:.*\\\n)*.*)$/m.exec(readFileSync('Dockerfile', 'utf8'))!;
  return Object.fromEntries([...block.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
}

/** What Kubernetes adds for the services of the namespace, where service links are not turned off. */
function serviceLinks(...services: string[]): Record<string, string> {
  const links = services.map((name) => ({
    [`${name}_SERVICE_HOST`]: '10.96.12.7',
    [`${name}_SERVICE_PORT`]: '80',
    [`${name}_SERVICE_PORT_HTTP`]: '80',
    [`${name}_PORT`]: 'tcp://10.96.12.7:80',
    [`${name}_PORT_80_TCP`]: 'tcp://10.96.12.7:80',
    [`${name}_PORT_80_TCP_PROTO`]: 'tcp',
    [`${name}_PORT_80_TCP_PORT`]: '80',
    [`${name}_PORT_80_TCP_ADDR`]: '10.96.12.7',
  }));
  return Object.assign({}, ...links) as Record<string, string>;
}

/** Starts the container of an object of the chart, with its command or that of the image. */
function start(manifest: Manifest, changes: Record<string, string> = {}): Pod {
  const [container] = manifest.spec.template.spec.containers as [
    { env: Variable[]; command?: string[]; resources: { limits: { memory: string } } },
  ];
  expect(container.resources.limits.memory).toBe('256Mi');
  const own = container.env.map(({ name, value, valueFrom }) => [
    name,
    value ?? secrets[valueFrom!.secretKeyRef.name],
  ]);
  const [, command] = /^CMD (\[.*\])$/m.exec(readFileSync('Dockerfile', 'utf8'))!;
  const [node, ...args] = container.command ?? (JSON.parse(command) as string[]);
  expect(node).toBe('node');
  return new Pod({
    app,
    uid: UID,
    memory: MEMORY,
    command: ['/app/node_modules/node/bin/node', ...args],
    env: {
      ...serviceLinks('ASTRA', 'SHOP_ASTRA', 'POSTGRES', 'REDIS', 'SMTP', 'KUBERNETES'),
      ...imageEnv(),
      ...(Object.fromEntries(own) as Record<string, string>),
      ...changes,
    },
  });
}

const ask = (path: string, init: RequestInit = {}) =>
  // A connection of its own, as a new client has.
  fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers: { connection: 'close', ...init.headers } });
const post = (path: string, body: object) =>
  ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

it('migrates by the job, and ends', async () => {
  const job = start(findManifest(manifests, 'Job'));
  try {
    expect({ code: await job.exit, output: job.output }).toMatchObject({ code: 0 });
    expect(job.output).toContain('Applied');
  } finally {
    await job.remove();
  }
}, 60_000);

it('becomes ready as any user, on a root that cannot be written, among service links', async () => {
  pod = start(findManifest(manifests, 'Deployment'), { PORT: String(port), METRICS_PORT: '0' });
  await eventually(async () => expect((await ask('/health/ready')).status).toBe(200), 30_000);
  expect(pod.output).not.toMatch(/EROFS|EACCES|EPERM/);
}, 60_000);

it('serves in 256 MB, also while passwords are hashed', async () => {
  expect((await post('/api/v1/auth/register', ada)).status).toBe(201);
  const { username, password } = ada;
  const signIns = await Promise.all(
    Array.from({ length: 16 }, () => post('/api/v1/auth/login', { username, password })),
  );
  expect(signIns.map(({ status }) => status)).toEqual(signIns.map(() => 200));
  const { access_token } = (await signIns[0].json()) as { access_token: string };
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        ask('/api/v1/users/me', { headers: { authorization: `Bearer ${access_token}` } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  }
  expect(pod.killedForMemory).toBe(0);
}, 60_000);

it('serves on while it is no longer ready, finishes requests, and ends with 0 at SIGTERM', async () => {
  pod.terminate();
  await eventually(async () => expect((await ask('/health/ready')).status).toBe(503), 1_500);
  expect((await ask('/health/live')).status).toBe(200);
  const { username, password } = ada;
  expect((await post('/api/v1/auth/login', { username, password })).status).toBe(200);
  expect({ code: await pod.exit, output: pod.output }).toMatchObject({ code: 0 });
  await expect(ask('/health/live')).rejects.toThrow();
  expect(pod.killedForMemory).toBe(0);
  expect(pod.output).not.toContain(secrets.astra);
}, 60_000);
