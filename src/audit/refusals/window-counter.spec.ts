import { WindowCounter } from './window-counter.js';

describe('a counter in memory', () => {
  const quota = { limit: 3, window: 60 };

  it('allows as many tries as the limit, and begins anew when the window ends', () => {
    const counter = new WindowCounter(quota);
    const take = (now: number) => counter.take('192.0.2.1', now);

    expect(take(0)).toEqual({ allowed: true, remaining: 2, resetsIn: 60_000 });
    expect(take(1_000)).toEqual({ allowed: true, remaining: 1, resetsIn: 59_000 });
    expect(take(2_000)).toEqual({ allowed: true, remaining: 0, resetsIn: 58_000 });
    expect(take(3_000)).toEqual({ allowed: false, remaining: 0, resetsIn: 57_000 });
    expect(take(59_999)).toEqual({ allowed: false, remaining: 0, resetsIn: 1 });
    expect(take(60_000)).toEqual({ allowed: true, remaining: 2, resetsIn: 60_000 });
  });

  it('counts each subject by itself', () => {
    const counter = new WindowCounter({ limit: 1, window: 60 });
    const allowed = ['a', 'b', 'a', 'b'].map((subject) => counter.take(subject, 0).allowed);
    expect(allowed).toEqual([true, true, false, false]);
  });

  it('forgets subjects whose window is over', () => {
    const counter = new WindowCounter(quota);
    for (let i = 0; i < 1_000; i++) counter.take(`old ${i}`, 0);
    for (let i = 0; i < 500; i++) counter.take(`new ${i}`, 60_000);
    expect(counter.size).toBe(500);
  });

  it('takes no more memory than it may: then the oldest window ends early', () => {
    const counter = new WindowCounter({ limit: 1, window: 60 }, 100);
    for (let i = 0; i < 1_000; i++) counter.take(`flood ${i}`, i);
    expect(counter.size).toBe(100);
    expect(counter.take('flood 999', 1_000).allowed).toBe(false);
    expect(counter.take('flood 0', 1_000).allowed).toBe(true);
  });
});
