// Prints the bundle of a module that uses the client, as a development build makes it: bundle-recipe.mjs <file> <platform>
// A process of its own, since the bundler does not take functions of Jest's realm.
import { rolldown } from 'rolldown';

const [input, platform] = process.argv.slice(2);
const source = (path) => new URL(`../../src/${path}`, import.meta.url).pathname;

const bundle = await rolldown({
  input,
  platform,
  resolve: {
    extensionAlias: { '.js': ['.ts', '.tsx', '.js'] },
    alias: {
      'nestjs-astra/client/react': source('client/react/index.ts'),
      'nestjs-astra/client': source('client/index.ts'),
    },
  },
  transform: {
    jsx: 'react-jsx',
    // Where React is strict, and says what it finds.
    define: { 'process.env.NODE_ENV': '"development"' },
  },
  logLevel: 'silent',
});
const { output } = await bundle.generate({ format: 'esm' });
process.stdout.write(output[0].code);
