import { RequestMethod, type Type, type VersioningOptions } from '@nestjs/common';
import { MODULE_PATH, VERSION_METADATA } from '@nestjs/common/constants.js';
import type { ModuleRef } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';

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
  // Nest builds paths with this class, but exports neither it nor its input.
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
