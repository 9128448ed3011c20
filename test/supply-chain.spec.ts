import { readFileSync } from 'node:fs';

interface Locked {
  version: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  dev?: boolean;
  devOptional?: boolean;
  hasInstallScript?: boolean;
}

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> };

/** All but the project itself. */
const locked = Object.entries(packages).filter(([path]) => path !== '');
const nameOf = (path: string) => path.split('node_modules/').at(-1)!;

function isAtLeast(version: string, floor: string): boolean {
  const [given, least] = [version, floor].map((text) => text.split(/[.-]/).map(Number));
  const at = least.findIndex((number, i) => given[i] !== number);
  return at < 0 || given[at] > least[at];
}

describe('the lock file', () => {
  it('has a hash for everything, which comes from the registry of npm', () => {
    expect(locked.length).toBeGreaterThan(100);
    const others = locked.filter(
      ([, { integrity, link, resolved = 'https://registry.npmjs.org/' }]) =>
        link || !integrity?.startsWith('sha512-') || !resolved.startsWith('https://registry.npmjs.org/'),
    );
    expect(others).toEqual([]);
  });

  // What was known of them when SECURITY.md was written; `npm audit` knows of newer holes, where it is let out.
  it.each([
    ['fastify', '5.12.3'],
    ['@nestjs/platform-fastify', '12.0.3'],
    ['@fastify/static', '9.1.1'],
    ['typeorm', '1.1.0'],
    ['nodemailer', '9.1.1'],
    ['@simplewebauthn/server', '13.3.2'],
  ])('has no %s below %s, which has known holes', (name, floor) => {
    const versions = locked.filter(([path]) => nameOf(path) === name).map(([, { version }]) => version);
    expect(versions).not.toEqual([]);
    expect(versions.filter((version) => !isAtLeast(version, floor))).toEqual([]);
  });
});

describe('install scripts', () => {
  const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript);

  it('are decided on by name, one by one, and npm runs no other', () => {
    expect([...new Set(scripted.map(([path]) => nameOf(path)))].sort()).toEqual(
      Object.keys(allowScripts).sort(),
    );
    expect(read('.npmrc')).toMatch(/^strict-allow-scripts=true$/m);
  });

  it('are none of what is shipped', () => {
    const shipped = scripted.filter(([, { dev, devOptional }]) => !dev && !devOptional);
    expect(shipped.filter(([path]) => allowScripts[nameOf(path)])).toEqual([]);
  });
});

/** The images of others that are pulled, but for those of the matrix of PostgreSQL versions. */
function imagesOf(file: string, text: string): string[] {
  const stages = new Set([...text.matchAll(/ AS (\w+)$/gm)].map(([, stage]) => stage));
  const named = [...text.matchAll(/^(?:FROM|\s+image:) (\S+)/gm)].map(([, image]) => image);
  return named
    .filter((image) => !stages.has(image) && !image.includes('${{'))
    .map((image) => `${file}: ${image}`);
}

describe('the images that are pulled', () => {
  const found = ['Dockerfile', 'docker-compose.yml', '.github/workflows/ci.yml'].flatMap((file) =>
    imagesOf(file, read(file)),
  );

  it('are found', () => {
    expect(found.map((image) => image.replace(/@.*/, '').replace(/:v?\d[\w.-]*$/, '')).sort()).toEqual([
      '.github/workflows/ci.yml: node',
      'Dockerfile: node',
      'docker-compose.yml: axllent/mailpit',
      'docker-compose.yml: postgres',
      'docker-compose.yml: redis',
    ]);
  });

  it('have a version, and are pinned by digest all together or not at all', () => {
    const pinned = found.filter((image) => /:v?\d[\w.-]*@sha256:[0-9a-f]{64}$/.test(image));
    const versioned = found.filter((image) =>
      /:v?\d[\w.-]*$/.test(image.replace(/@sha256:[0-9a-f]{64}$/, '')),
    );
    expect(versioned).toEqual(found);
    expect([0, found.length]).toContain(pinned.length);
  });
});
