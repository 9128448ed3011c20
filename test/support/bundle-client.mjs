// Prints the bundle of the client, minified, as an application's build makes it: bundle-client.mjs [name of an export …]
// A process of its own, since the bundler does not take functions of Jest's realm.
import { rolldown } from 'rolldown';

const client = new URL('../../src/client/index.ts', import.meta.url).pathname;
const names = process.argv.slice(2);
const entry = `export ${names.length > 0 ? `{ ${names.join(', ')} }` : '*'} from ${JSON.stringify(client)}`;

const bundle = await rolldown({
  input: 'entry',
  resolve: { extensionAlias: { '.js': ['.ts'] } },
  plugins: [
    {
      name: 'entry',
      resolveId: (id) => (id === 'entry' ? '\0entry' : null),
      load: (id) => (id === '\0entry' ? entry : null),
    },
  ],
});
const { output } = await bundle.generate({ format: 'esm', minify: true });
process.stdout.write(output[0].code);
