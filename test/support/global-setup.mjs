// Specs and what they import are transformed by Jest. This file is loaded by Node itself, and the setup needs entities
// and migrations.
import { typescript } from './typescript.mjs';

export default (await import('./global-setup.ts')).default;

typescript.deregister();
