// Specs and what they import are transformed by Jest. This file is loaded by Node itself, and the setup needs entities
// and migrations.
import { buildInterface } from '../../ui/build.mjs';
import { typescript } from './typescript.mjs';

const { default: startServer } = await import('./global-setup.ts');
typescript.deregister();

/** Before the first test: the bundles that pages serve, and a Postgres. */
export default async function globalSetup() {
  await buildInterface();
  await startServer();
}
