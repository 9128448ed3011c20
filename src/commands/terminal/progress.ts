import type { Terminal } from './terminal.js';

/** What is done, and how much of it. */
export interface ProgressOptions {
  /** What goes on, in a word or three, such as `Importing users`. */
  label: string;
  /** How many there are to do; left out if nobody knows. */
  total?: number;
  /** How many of them an earlier run has done. Default 0. */
  done?: number;
}

const BAR_WIDTH = 16;
/** Between two lines, in ms: for somebody who watches, and for a log. */
const REDRAW_EVERY = 100;
const REPORT_EVERY = 5_000;

/**
 * Shows on standard error how far long work has come: count, rate and time left. On a terminal it is one line that
 * moves; in a pipe a plain line every five seconds.
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

  /** Counts what was done since the last call. */
  add(count = 1): void {
    this.done += count;
    const now = performance.now();
    if (now - this.shownAt < (this.terminal.draw ? REDRAW_EVERY : REPORT_EVERY)) return;
    this.shownAt = now;
    const show = this.terminal.draw ?? this.terminal.notice;
    show(this.line(this.timeLeft()));
  }

  /** Leaves a last line that says how far it came, and how long that took. To be called also when the work fails. */
  end(): void {
    this.terminal.notice(this.line(`in ${duration(this.seconds())}`));
  }

  private line(time: string): string {
    const { label, total } = this.options;
    const counts =
      total === undefined
        ? [number(this.done)]
        : [bar(this.done / total), `${number(this.done)}/${number(total)}`];
    return [label, ...counts, `${number(this.rate())}/s`, time].join('  ').trimEnd();
  }

  private timeLeft(): string {
    const { total } = this.options;
    const rate = this.rate();
    return total === undefined || rate === 0 ? '' : `${duration(Math.max(total - this.done, 0) / rate)} left`;
  }

  private rate(): number {
    return (this.done - this.doneBefore) / Math.max(this.seconds(), 0.001);
  }

  private seconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }
}

/** @param part - 0 to 1; what is more, or none of none, is all. */
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
