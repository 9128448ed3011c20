import { type DynamicModule, Module } from '@nestjs/common';
import type { AuthDynamicModule } from '../auth/auth.module.js';
import { AccountPages, API_PATH } from './account-pages.js';
import { PagesController } from './pages.controller.js';

/** The pages that links in mail open, at `account/…` below the prefix of the application: `publicUrl` has to lead there. */
@Module({})
export class PagesModule {
  /**
   * @param auth - What `AuthModule.forRoot` returned.
   * @param options.apiPath - Where the API is, if not below the same prefix: such as `/api/v1`. Default there.
   * @throws {RangeError} if there is no mail that could lead to them, or `apiPath` is no path.
   */
  static forRoot(auth: AuthDynamicModule, options: { apiPath?: string } = {}): DynamicModule {
    const { apiPath = '' } = options;
    if (!auth.features.mail) throw new RangeError('PagesModule is of no use where features.mail is false');
    if (!/^(\/[^\s/?#]+)*$/.test(apiPath))
      throw new RangeError('apiPath must begin with a slash, and not end with one');
    return {
      module: PagesModule,
      imports: [auth],
      controllers: [PagesController],
      providers: [AccountPages, { provide: API_PATH, useValue: apiPath }],
    };
  }
}
