import { Module } from '@nestjs/common';
import { DevMailbox } from '../mail/dev/dev-mailbox.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { DevMailController } from './dev-mail.controller.js';
import { oncePer } from '../database/once-per.js';
import type { Installation } from '../settings/installation.js';
import { SettingsModule } from '../settings/settings.module.js';

/**
 * Shows the messages of a {@link DevMailbox} at `dev/mail` below the application's prefix, only to browsers
 * on the same machine.
 */
@Module({})
export class DevMailModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: DevMailModule,
    imports: [SettingsModule.of(astra)],
    controllers: [DevMailController],
    providers: [{ provide: DevMailbox, inject: [AuthSettings], useFactory: mailboxOf }],
  }));
}

/** @throws {RangeError} if the mailer is not a {@link DevMailbox}. */
function mailboxOf({ mail: { mailer } }: AuthSettings): DevMailbox {
  if (mailer instanceof DevMailbox) return mailer;
  throw new RangeError('features.devMail requires a DevMailbox as the option mail.mailer');
}
