import { Progress, type ProgressOptions } from './progress.js';

const { jest } = import.meta;

beforeEach(() => jest.useFakeTimers({ now: 0 }));
afterEach(() => jest.useRealTimers());

/** Does 100 a second for a while, ten times a second. */
function work(options: ProgressOptions, { watched, seconds }: { watched: boolean; seconds: number }) {
  const drawn: string[] = [];
  const noticed: string[] = [];
  const terminal = {
    notice: (line: string) => void noticed.push(line),
    ...(watched && { draw: (line: string) => void drawn.push(line) }),
  };
  const progress = new Progress(terminal, options);
  for (let i = 0; i < seconds * 10; i++) {
    jest.advanceTimersByTime(100);
    progress.add(10);
  }
  progress.end();
  return { drawn, noticed };
}

describe('Progress', () => {
  it('moves one line on a terminal, and leaves the last', () => {
    const { drawn, noticed } = work({ label: 'Seeding users', total: 8000 }, { watched: true, seconds: 30 });
    expect(drawn).toHaveLength(300);
    expect(drawn.at(-1)).toBe('Seeding users  ██████░░░░░░░░░░   37 %  3,000/8,000  100/s  50 s left');
    expect(noticed).toEqual(['Seeding users  ██████░░░░░░░░░░   37 %  3,000/8,000  100/s  in 30 s']);
  });

  it('writes a line every five seconds into a pipe', () => {
    const { noticed } = work({ label: 'Seeding users', total: 1500 }, { watched: false, seconds: 15 });
    expect(noticed).toEqual([
      'Seeding users  █████░░░░░░░░░░░   33 %  500/1,500  100/s  10 s left',
      'Seeding users  ██████████░░░░░░   66 %  1,000/1,500  100/s  5 s left',
      'Seeding users  ████████████████  100 %  1,500/1,500  100/s  0 s left',
      'Seeding users  ████████████████  100 %  1,500/1,500  100/s  in 15 s',
    ]);
  });

  it('does without a total', () => {
    const { noticed } = work({ label: 'Exporting users' }, { watched: false, seconds: 6 });
    expect(noticed).toEqual(['Exporting users  500  100/s', 'Exporting users  600  100/s  in 6 s']);
  });

  it('does not take what an earlier run did for its own speed', () => {
    const options = { label: 'Importing users', total: 1_000_000, done: 500_000 };
    const { noticed } = work(options, { watched: false, seconds: 5 });
    expect(noticed[0]).toBe(
      'Importing users  ████████░░░░░░░░   50 %  500,500/1,000,000  100/s  1 h 23 min left',
    );
  });

  it('takes nothing of nothing for all', () => {
    const { noticed } = work({ label: 'Importing users', total: 0 }, { watched: true, seconds: 0 });
    expect(noticed).toEqual(['Importing users  ████████████████  100 %  0/0  0/s  in 0 s']);
  });
});
