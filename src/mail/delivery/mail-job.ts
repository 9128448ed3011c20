import { JobType } from '../../jobs/job-type.js';
import type { MailTemplate } from '../../settings/mail/mail-language.js';

/** Queued message. */
export interface MailJob {
  template: MailTemplate;
  to: string;
  /** Its data, encrypted by `MailSeal`. */
  sealed: string;
}

export const sendMail = new JobType<MailJob>('mail');

/** Context for the encryption, which binds the data to its template and recipient. */
export function sealLabel({ template, to }: Pick<MailJob, 'template' | 'to'>): string {
  return `${template} ${to}`;
}
