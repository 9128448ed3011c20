// Packs the package before the tests of it begin, which would stand in each other's way if each of them built it.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import globalSetup from './global-setup.mjs';

export default async function setUp() {
  const options = { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } };
  const ready = process.env.ASTRA_BUILT ? ['--ignore-scripts'] : [];
  const said = execFileSync('npm', ['pack', ...ready, '--json', '--pack-destination', 'dist'], options);
  process.env.ASTRA_TEST_TARBALL = resolve('dist', /"filename": "([^"]+)"/.exec(said)[1]);
  await globalSetup();
}
