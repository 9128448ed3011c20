// Prints a bundle of the client, minified, as an application's build makes it, without React:
// bundle-client.mjs <index.ts or react/index.ts> [name of an export …]
// A process of its own, since the bundler does not take functions of Jest's realm.
import { rolldown } from 'rolldown';

const [file, ...names] = process.argv.slice(2);
const client = new URL(`../../src/client/${file}`, import.meta.url).pathname;
const entry = `export ${names.length > 0 ? `{ ${names.join(', ')} }` : '*'} from ${JSON.stringify(client)}`;

const bundle = await rolldown({
  input: 'entry',
  external: ['react'],
  // It would warn of the directive for React's server components.
  logLevel: 'silent',
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
