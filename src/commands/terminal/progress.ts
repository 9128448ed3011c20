import type { Terminal } from './terminal.js';

/** Options of a progress display. */
export interface ProgressOptions {
  /** Activity in a few words, such as `Importing users`. */
  label: string;
  /** Total; omitted if unknown. */
  total?: number;
  /** Number completed by an earlier run. Default 0. */
  done?: number;
}

const BAR_WIDTH = 16;
/** Interval between two lines in ms: on a terminal, and in a pipe. */
const REDRAW_EVERY = 100;
const REPORT_EVERY = 5_000;

/**
 * Shows the progress of long work on standard error: count, rate and remaining time. On a terminal it updates one line;
 * in a pipe it prints a line every five seconds.
 */
export class Progress {
  private readonly startedAt = performance.now();
  private readonly doneBefore: number;
  private shownAt = this.startedAt;
  private done: number;

  constructor(
    private readonly terminal: Pick<Terminal, 'notice' | 'draw'>,
    private readonly options: ProgressOptions,
  ) {
    this.doneBefore = this.done = options.done ?? 0;
  }

  /** Adds to the count. */
  add(count = 1): void {
    this.done += count;
    const now = performance.now();
    if (now - this.shownAt < (this.terminal.draw ? REDRAW_EVERY : REPORT_EVERY)) return;
    this.shownAt = now;
    const show = this.terminal.draw ?? this.terminal.notice;
    show(this.line(this.timeLeft()));
  }

  /** Prints a final line with the count and the duration. Call it even if the work fails. */
  end(): void {
    this.terminal.notice(this.line(`in ${duration(this.seconds())}`));
  }

  /** Formats a line: with a bar if the total is known, otherwise with the count only. */
  private line(time: string): string {
    const { label, total } = this.options;
    const counts =
      total === undefined
        ? [number(this.done)]
        : [bar(this.done / total), `${number(this.done)}/${number(total)}`];
    return [label, ...counts, `${number(this.rate())}/s`, time].join('  ').trimEnd();
  }

  /** Estimates the remaining time from the rate so far. */
  private timeLeft(): string {
    const { total } = this.options;
    const rate = this.rate();
    return total === undefined || rate === 0 ? '' : `${duration(Math.max(total - this.done, 0) / rate)} left`;
  }

  /** Returns items per second, without those that an earlier run completed. */
  private rate(): number {
    return (this.done - this.doneBefore) / Math.max(this.seconds(), 0.001);
  }

  private seconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }
}

/**
 * Draws a bar.
 *
 * @param part - From 0 to 1; other values, such as NaN for 0 of 0, are drawn as complete.
 */
function bar(part: number): string {
  const whole = part >= 0 && part <= 1 ? part : 1;
  const filled = Math.floor(whole * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}  ${String(Math.floor(whole * 100)).padStart(3)} %`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
