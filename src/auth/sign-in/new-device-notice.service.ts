import { Injectable } from '@nestjs/common';
import { MailService } from '../../mail/mail.service.js';
import { AccountEvents } from '../../users/events/account-events.js';
import { UsersService } from '../../users/users.service.js';
import { deviceName } from '../sessions/device-name.js';
import { SignedIn } from '../sessions/session-events.js';

/** Sends users an email when their account is signed in to from a new device. */
@Injectable()
export class NewDeviceNoticeService {
  constructor(
    events: AccountEvents,
    private readonly users: UsersService,
    private readonly mail: MailService,
  ) {
    events.before(SignedIn, async ({ userId, client, isNewDevice }, tx) => {
      if (!isNewDevice) return;
      const user = await this.users.get(userId, tx);
      const notice = { device: deviceName(client.userAgent), ip: client.ip, signedInAt: new Date() };
      await this.mail.enqueue('new-sign-in', user, notice, tx);
    });
  }
}
