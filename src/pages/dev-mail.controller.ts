import { Get, Header, Param, UseGuards } from '@nestjs/common';
import { AstraPages } from '../access/astra-controller.decorator.js';
import { DevMailbox } from '../mail/dev/dev-mailbox.js';
import { DevMailGuard } from '../mail/dev/dev-mail.guard.js';
import {
  keyOf,
  messageSecurity,
  pageSecurity,
  renderMailbox,
  renderMessage,
} from '../mail/dev/dev-mail.page.js';
import { NotFoundError } from '../http/problem/problem.js';

/** Shows the messages of an application in development. */
@UseGuards(DevMailGuard)
@AstraPages('dev/mail')
export class DevMailController {
  constructor(private readonly mailbox: DevMailbox) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', pageSecurity)
  list(): string {
    return renderMailbox(this.mailbox.messages);
  }

  @Get(':key')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', messageSecurity)
  show(@Param('key') key: string): string {
    const message = this.mailbox.messages.find((mail) => keyOf(mail) === key);
    if (!message) throw new NotFoundError('This message does not exist or is no longer kept.');
    return renderMessage(message);
  }
}
