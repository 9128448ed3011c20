import type { FastifyInstance } from 'fastify';
import type { TestService } from './test-service.js';

/** Returns the routes of the router, with their methods from the `Allow` header of a rejected method. */
export async function servedRoutes(service: TestService): Promise<string[]> {
  const server: FastifyInstance = service.app.getHttpAdapter().getInstance();
  const paths: string[] = [];
  const parents: string[] = [];
  for (const line of server.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent, path, methods] = /^(.*)── (\S*)( \(.*\))?$/.exec(line) ?? [];
    if (path === undefined) continue;
    const depth = (indent.length - 1) / 4;
    parents.length = depth;
    parents.push(path);
    if (methods) paths.push(parents.join(''));
  }
  const names = await Promise.all(
    paths.map(async (path) => {
      const { headers } = await service.request('OPTIONS', `/${path.replace(/:\w+/g, 'x')}`);
      const methods = headers.get('allow')?.split(', ') ?? [];
      return methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${named(path)}`);
    }),
  );
  return names.flat();
}

/**
 * Returns a path with its parameters in braces. The router joins the names of parameters at the same place of several routes,
 * in the order of the routes; the longer route comes first.
 */
function named(path: string): string {
  return path
    .replace(/:(\w+)\|:\w+(?=\/)/g, ':$1')
    .replace(/:\w+\|:(\w+)$/, ':$1')
    .replace(/:(\w+)/g, '{$1}');
}
