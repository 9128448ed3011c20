import { appendFile, cp, glob, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** This version, and the next one: the same sources with the migrations of next-migrations.ts, and a field that needs them. */
export type Release = 'this' | 'next';

/** Releases as others install them: built, each in a folder of its own. */
export class Releases {
  private constructor(private readonly folder: string) {}

  static async build(): Promise<Releases> {
    // Below node_modules, where the packages that they import are found.
    const cache = join(root, 'node_modules/.cache');
    await mkdir(cache, { recursive: true });
    const releases = new Releases(await mkdtemp(join(cache, 'astra-releases-')));
    await translate(releases.path('this'));
    await cp(releases.path('this'), releases.path('next'), { recursive: true });
    await appendFile(
      releases.path('next', 'src/schema/migrations.js'),
      `\nimport { nextMigrations } from '../../test/support/next-migrations.js'; migrations.push(...nextMigrations);`,
    );
    await appendFile(
      releases.path('next', 'src/users/user.entity.js'),
      `\nColumn('varchar', { length: 100, default: 'unknown' })(User.prototype, 'city');`,
    );
    return releases;
  }

  path(release: Release, file = ''): string {
    return join(this.folder, release, file);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

/** Translates the sources. */
async function translate(to: string): Promise<void> {
  const paths: string[] = [];
  for await (const path of glob('{src,migrations}/**/*.*', { cwd: root })) paths.push(path);
  const needed = ['package.json', 'test/support/next-migrations.ts', ...paths];
  await Promise.all(
    needed
      .filter((path) => !path.endsWith('.spec.ts'))
      .map(async (path) => {
        const from = join(root, path);
        await mkdir(dirname(join(to, path)), { recursive: true });
        if (!path.endsWith('.ts')) return cp(from, join(to, path));
        const { code } = await transformFile(from, { cwd: root, sourceMaps: false });
        await writeFile(join(to, path.replace(/ts$/, 'js')), code);
      }),
  );
}
