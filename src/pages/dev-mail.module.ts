import { type DynamicModule, Module } from '@nestjs/common';
import type { AuthDynamicModule } from '../auth/auth.module.js';
import { DevMailbox } from '../mail/dev/dev-mailbox.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { DevMailController } from './dev-mail.controller.js';

/**
 * Shows the messages of a {@link DevMailbox} at `dev/mail` below the application's prefix, only to browsers
 * on the same machine.
 */
@Module({})
export class DevMailModule {
  /**
   * Adds the page.
   *
   * @param auth - Return value of `AuthModule.forRoot`, with a `DevMailbox` as the option `mail.mailer`.
   */
  static forRoot(auth: AuthDynamicModule): DynamicModule {
    return {
      module: DevMailModule,
      imports: [auth],
      controllers: [DevMailController],
      providers: [{ provide: DevMailbox, inject: [AuthSettings], useFactory: mailboxOf }],
    };
  }
}

/** @throws {RangeError} if the mailer is not a {@link DevMailbox}. */
function mailboxOf({ mail: { mailer } }: AuthSettings): DevMailbox {
  if (mailer instanceof DevMailbox) return mailer;
  throw new RangeError('DevMailModule requires a DevMailbox as the option mail.mailer');
}
