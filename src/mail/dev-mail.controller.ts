import { Controller, Get, Header, Param, UseFilters, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { NotFoundError } from '../problem/problem.js';
import { ProblemFilter } from '../problem/problem.filter.js';
import { keyOf, messageSecurity, pageSecurity, renderMailbox, renderMessage } from './dev-mail.page.js';
import { DevMailGuard } from './dev-mail.guard.js';
import { DevMailbox } from './dev-mailbox.js';

/** Shows the mail that a development service sent. */
@ApiExcludeController()
@UseFilters(ProblemFilter)
@UseGuards(DevMailGuard)
@Controller('dev/mail')
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
