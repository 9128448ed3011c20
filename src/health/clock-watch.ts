import { Logger } from '@nestjs/common';
import { CLOCK_SKEW } from '../auth/tokens/access-token-claims.js';
import { onceAMinute } from '../http/problem/once-a-minute.js';

/** Difference in seconds that clocks synchronized by NTP never reach. */
const NOTICEABLE = 5;

/** Difference between the clocks of this machine and of the database. */
export class ClockWatch {
  private readonly logger = new Logger('Clock');
  private readonly mayComplain = onceAMinute();
  private seconds = 0;

  /** Seconds by which this clock is ahead according to the last check; negative if it is behind. */
  get lead(): number {
    return this.seconds;
  }

  /** Whether the difference should be reported to operators. */
  get isOff(): boolean {
    return Math.abs(this.seconds) >= NOTICEABLE;
  }

  /** Whether instances may reject each other's access tokens. */
  get isBeyondTolerance(): boolean {
    return Math.abs(this.seconds) > CLOCK_SKEW;
  }

  /** Records a measured difference, and logs it if it is noticeable. */
  note(lead: number): void {
    this.seconds = lead;
    if (!this.isOff || !this.mayComplain()) return;
    const difference = `${Math.abs(lead).toFixed(0)} s ${lead > 0 ? 'ahead of' : 'behind'}`;
    this.logger.warn(
      `The clock is ${difference} that of the database. Above ${CLOCK_SKEW} s, this instance is not ready for requests. Synchronize the clocks of both machines with NTP.`,
    );
  }
}
