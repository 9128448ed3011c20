import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

const manifest = JSON.parse(readFileSync(findPackageJSON('..', import.meta.url) ?? '', 'utf8')) as {
  version: string;
};

/** Name of the product, such as in the OpenAPI document. */
export const name = 'Astra';
export const { version } = manifest;
