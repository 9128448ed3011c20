import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { AstraOptions } from './astra-options.js';
import {
  checkedDataSource,
  checkedFeatures,
  checkedPath,
  type FeatureSet,
  type ModuleOptions,
} from './module-options.js';

/** Options that may come from a factory. */
export type FactoryOptions = Omit<AstraOptions, keyof ModuleOptions>;

/** Options that depend on other providers. */
export interface AstraAsyncOptions
  extends ModuleOptions, Pick<ModuleMetadata, 'imports'>, Pick<FactoryProvider, 'inject'> {
  /** Returns the other options; called with the providers in `inject`. */
  useFactory: (...injected: never[]) => FactoryOptions | Promise<FactoryOptions>;
}

/**
 * Installation of Astra in an application: what its modules need before any provider exists. Each module is created
 * once per installation.
 */
export class Installation {
  /** Enabled features. */
  readonly features: FeatureSet;
  /** Name of the DataSource, if it has one. */
  readonly dataSource: string | undefined;
  /** Path of all routes except pages. */
  readonly path: string;

  /** @throws {RangeError} if one of the {@link ModuleOptions} is invalid; the message names it. */
  constructor(readonly options: AstraAsyncOptions) {
    this.features = checkedFeatures(options.features);
    this.dataSource = checkedDataSource(options.dataSource);
    this.path = checkedPath(options.path);
  }
}
