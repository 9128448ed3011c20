import { Logger } from '@nestjs/common';
import { CLOCK_SKEW } from '../auth/tokens/access-token-claims.js';

/** Seconds by which clocks that are set by NTP never differ. */
const NOTICEABLE = 5;
/** How often, in ms, the log says that the clock is off. */
const COMPLAINT_INTERVAL = 60_000;

/** What is known of the clock of this machine, compared to the database's. */
export class ClockWatch {
  private readonly logger = new Logger('Clock');
  private nextComplaint = -Infinity;
  private seconds = 0;

  /** Seconds by which it is ahead, when it was looked at last; negative if it is behind. */
  get lead(): number {
    return this.seconds;
  }

  /** Whether operators should know. */
  get isOff(): boolean {
    return Math.abs(this.seconds) >= NOTICEABLE;
  }

  /** Whether other instances refuse the access tokens of this one, or it theirs. */
  get isBeyondTolerance(): boolean {
    return Math.abs(this.seconds) > CLOCK_SKEW;
  }

  /** Takes down a look at it. */
  note(lead: number): void {
    this.seconds = lead;
    if (!this.isOff || performance.now() < this.nextComplaint) return;
    this.nextComplaint = performance.now() + COMPLAINT_INTERVAL;
    const difference = `${Math.abs(lead).toFixed(0)} s ${lead > 0 ? 'ahead of' : 'behind'}`;
    this.logger.warn(
      `The clock is ${difference} that of the database. Above ${CLOCK_SKEW} s, this instance is not ready for requests. Synchronize the clocks of both machines with NTP.`,
    );
  }
}
