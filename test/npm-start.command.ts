import { execFile } from 'node:child_process';
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './support/eventually.js';
import { repository } from './support/outside.js';
import { Program } from './support/program.js';

/** The name of a class, or those of parameters. */
type Type = string | Type[];

const execute = promisify(execFile);

/** A checkout that was never built, with the packages of this one. */
let checkout: string;
let env: Record<string, string>;
const running: Program[] = [];
const builds = () => join(checkout, 'node_modules/.cache/astra');

beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'astra-checkout-'));
  env = { DATA_DIR: join(checkout, 'data'), PORT: '0' };
  const files = [
    'src',
    'ui',
    'migrations',
    'package.json',
    'ormconfig.ts',
    '.swcrc',
    'start.js',
    'tsconfig.json',
  ];
  for (const name of [...files, 'tsconfig.build.json'])
    await cp(join(repository, name), join(checkout, name), { recursive: true });
  await mkdir(join(checkout, 'node_modules'));
  for (const name of await readdir(join(repository, 'node_modules')))
    if (name !== '.cache')
      await symlink(join(repository, 'node_modules', name), join(checkout, 'node_modules', name));
});

afterEach(stopAll);

afterAll(() => rm(checkout, { recursive: true }));

function npmStart(): Program {
  const program = Program.run(['npm', 'start'], checkout, env);
  running.push(program);
  return program;
}

/** The processes that run from a build. */
async function usersOf(build: string): Promise<number[]> {
  const names = await readdir(join(builds(), build));
  const pids = names.filter((name) => name.startsWith('in-use-')).map((name) => Number(name.slice(7)));
  const alive = await Promise.all(
    pids.map((pid) =>
      stat(`/proc/${pid}`).then(
        () => true,
        () => false,
      ),
    ),
  );
  return pids.filter((_, i) => alive[i]);
}

/** Presses Ctrl-C everywhere, and waits until the services are gone: npm does not wait for them. */
async function stopAll(): Promise<void> {
  for (const program of running.splice(0)) program.interrupt();
  await eventually(async () => {
    for (const build of await readdir(builds())) expect(await usersOf(build)).toEqual([]);
  }, 20_000);
}

/** Waits until it is ready. @returns where it is. */
const readyAt = (program: Program) => program.says(/API +(\S+)/);

describe('npm start', () => {
  it('makes one build of two starts at the same moment, and both serve', async () => {
    const urls = await Promise.all([npmStart(), npmStart()].map(readyAt));
    expect(await readdir(builds())).toHaveLength(1);
    const person = { username: 'ada', email: 'ada@example.com', password: 'Correct7Horse', full_name: 'Ada' };
    const post = (url: string, body: object) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await post(`${urls[0]}/auth/register`, person)).status).toBe(201);
    const login = await post(`${urls[1]}/auth/login`, { username: 'ada', password: 'Correct7Horse' });
    const { access_token } = (await login.json()) as { access_token: string };
    const me = await fetch(`${urls[0]}/users/me`, { headers: { authorization: `Bearer ${access_token}` } });
    expect(await me.json()).toMatchObject({ username: 'ada' });
  }, 90_000);

  it('is soon ready the second time, since it builds nothing', async () => {
    const [build] = await readdir(builds());
    const before = await stat(join(builds(), build, 'src/main.js'));
    const program = npmStart();
    await readyAt(program);
    expect(await readdir(builds())).toEqual([build]);
    expect(await stat(join(builds(), build, 'src/main.js'))).toMatchObject({
      ino: before.ino,
      mtimeMs: before.mtimeMs,
    });

    // The time of the processor, because other tests run beside this one: about 2.7 s.
    const users = await usersOf(build);
    expect(users).toHaveLength(1);
    const used = await readFile(`/proc/${users[0]}/stat`, 'utf8');
    const [user, system] = used.split(') ')[1].split(' ').slice(11, 13).map(Number);
    expect((user + system) / 100).toBeLessThan(15);
  }, 60_000);

  it('builds changed sources apart, and leaves the build of a running service until it has ended', async () => {
    const [old] = await readdir(builds());
    const anHourAgo = new Date(Date.now() - 3_700_000);
    const first = npmStart();
    await readyAt(first);

    await appendFile(join(checkout, 'src/version.ts'), '// changed\n');
    await utimes(join(builds(), old), anHourAgo, anHourAgo);
    const second = npmStart();
    await readyAt(second);
    expect(await readdir(builds())).toHaveLength(2);

    await stopAll();
    await utimes(join(builds(), old), anHourAgo, anHourAgo);
    const third = npmStart();
    await readyAt(third);
    const left = await readdir(builds());
    expect(left).toHaveLength(1);
    expect(left).not.toContain(old);
  }, 90_000);

  it('says where the sources are wrong, and leaves no half of a build', async () => {
    const before = await readdir(builds());
    const source = join(checkout, 'src/version.ts');
    const text = await readFile(source);
    await appendFile(source, 'const = 1;\n');
    const failing = Program.run(['npm', 'start'], checkout, env);
    expect(await failing.exit).toBe(1);
    await writeFile(source, text);
    expect(failing.output).toContain('src/version.ts cannot be compiled.');
    expect(await readdir(builds())).toEqual(before);
  }, 60_000);

  it('builds the metadata of decorators that the compiler of TypeScript builds', async () => {
    const options = ['--noCheck', '--declaration', 'false', '--sourceMap', 'false'];
    const tsc = join(repository, 'node_modules/typescript/bin/tsc');
    await execute(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...options], { cwd: checkout });
    await cp(join(repository, 'package.json'), join(checkout, 'dist/package.json'));
    await readyAt(npmStart());
    const recorder = join(repository, 'test/support/decorator-metadata.mjs');
    const metadataOf = async (folder: string) => {
      const { stdout } = await execute(process.execPath, [recorder, folder], { maxBuffer: 1e8 });
      return JSON.parse(stdout) as Record<string, Type>;
    };
    const ours = await metadataOf(join(builds(), (await readdir(builds()))[0]));
    const theirs = await metadataOf(join(checkout, 'dist'));
    expect(Object.keys(theirs).length).toBeGreaterThan(500);
    expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
    // File by file, SWC cannot know that a type of another file is a union of texts. Nothing here reads the difference.
    const orObject = (type: Type): unknown =>
      Array.isArray(type)
        ? type.map(orObject)
        : type === 'String'
          ? expect.stringMatching(/^(String|Object)$/)
          : type;
    for (const [place, type] of Object.entries(theirs))
      expect({ place, type: ours[place] }).toEqual({ place, type: orObject(type) });
  }, 120_000);
});
