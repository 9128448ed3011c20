/**
 * Everything that Astra uses of Nest beyond its documented API, and why:
 *
 * - **Arguments of routes.** Global pipes of a host run before any pipe of a controller, and would validate by the host's
 *   rules. The DTO therefore moves from where Nest shows it to every pipe to a pipe of ours. `InputGuard` and the OpenAPI
 *   document need to know which kinds of input a route has. Nest offers no way to read or change either.
 * - **Paths of routes.** Links in messages lead to pages of this application, below its prefix, version and module path.
 *   Nest does not expose how it combines them.
 * - **Cookies.** Nest reads them for parameters of handlers only; a guard needs them as well.
 *
 * If an update of Nest moves any of this, this file no longer compiles, or the tests of input, pages and cookies fail.
 */
import { RequestMethod, type Type, type VersioningOptions } from '@nestjs/common';
import {
  METHOD_METADATA,
  MODULE_PATH,
  PARAMTYPES_METADATA,
  ROUTE_ARGS_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { ModuleRef } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';

export { getRequestCookie } from '@nestjs/core/helpers/cookies/request-cookies.js';

const inputKinds = {
  body: RouteParamtypes.BODY,
  query: RouteParamtypes.QUERY,
  param: RouteParamtypes.PARAM,
};

/** Kind of input: `@Body()`, `@Query()` or `@Param()`. */
export type InputKind = keyof typeof inputKinds;

/** Parameter of a handler that receives input. */
export interface InputArgument {
  kind: InputKind;
  index: number;
  /** Name of the only field that the parameter receives; `undefined` if it receives all. */
  field?: string;
}

/** Returns the parameters of a handler that receive input. */
export function inputArguments(controller: object, handler: string): InputArgument[] {
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) ?? {}) as Record<
    string,
    { index: number; data?: string }
  >;
  return Object.entries(args).flatMap(([name, { index, data }]) =>
    (Object.keys(inputKinds) as InputKind[])
      .filter((kind) => name === `${inputKinds[kind]}:${index}`)
      .map((kind) => ({ kind, index, field: data })),
  );
}

/** Returns the types of a handler's parameters, as Nest shows them to pipes; an entry may be replaced. */
export function parameterTypes(prototype: object, handler: string): unknown[] | undefined {
  return Reflect.getMetadata(PARAMTYPES_METADATA, prototype, handler) as unknown[] | undefined;
}

/** Returns whether a method of a controller is a route. */
export function isRoute(method: unknown): method is (...args: never[]) => unknown {
  return typeof method === 'function' && Reflect.hasMetadata(METHOD_METADATA, method);
}

/**
 * Returns the path that the application adds before a route: its prefix, unless the route is excluded from it, the
 * version, and the path of the module. Empty, or with a leading slash.
 *
 * @param route - Combined path of controller and method, with a leading slash.
 */
export function servedBelow(
  moduleRef: ModuleRef,
  module: Type,
  controller: Type,
  route: `${'GET' | 'POST'} /${string}`,
): string {
  const container = moduleRef['container'];
  const config = container.applicationConfig;
  if (!config) return '';
  const [method, path] = route.split(' ') as ['GET' | 'POST', string];
  const versioning = config.getVersioning();
  const ofApplication = MODULE_PATH + container.getModules().applicationId;
  const ownVersion = Reflect.getMetadata(VERSION_METADATA, controller) as VersioningOptions['defaultVersion'];
  const prefix = config.getGlobalPrefix();
  const [served] = new RoutePathFactory(config).create(
    {
      ctrlPath: path,
      modulePath: (Reflect.getMetadata(ofApplication, module) ?? Reflect.getMetadata(MODULE_PATH, module)) as
        string | undefined,
      globalPrefix: prefix && `/${prefix.replace(/^\//, '')}`,
      controllerVersion: versioning && (ownVersion ?? versioning.defaultVersion),
      versioningOptions: versioning,
    },
    RequestMethod[method],
  );
  return served.slice(0, -path.length);
}
