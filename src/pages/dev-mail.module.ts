import { type DynamicModule, Module } from '@nestjs/common';
import type { AuthDynamicModule } from '../auth/auth.module.js';
import { DevMailbox } from '../mail/dev-mailbox.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { DevMailController } from './dev-mail.controller.js';

/**
 * Shows the messages that a {@link DevMailbox} keeps, at `dev/mail` below the prefix of the application. Only browsers on
 * the same machine are answered.
 */
@Module({})
export class DevMailModule {
  /**
   * Adds the page.
   *
   * @param auth - What `AuthModule.forRoot` returned, with a `DevMailbox` as its option `mail.mailer`.
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

/** @throws {RangeError} if mail goes elsewhere. */
function mailboxOf({ mail: { mailer } }: AuthSettings): DevMailbox {
  if (mailer instanceof DevMailbox) return mailer;
  throw new RangeError('DevMailModule requires a DevMailbox as the option mail.mailer');
}
