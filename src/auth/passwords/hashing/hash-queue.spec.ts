import { HashQueue, HashQueueFullError } from './hash-queue.js';

/** A hash that ends when the test says so. */
function pending() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { hash: () => promise, resolve, reject };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('HashQueue', () => {
  it('runs no more at once than it may, and the others in the order in which they came', async () => {
    const queue = new HashQueue(2, 10);
    const hashes = Array.from({ length: 5 }, pending);
    const started: number[] = [];
    const results = hashes.map(({ hash }, index) => queue.run(() => (started.push(index), hash())));
    await settle();
    expect(started).toEqual([0, 1]);

    hashes[1].resolve('second');
    await settle();
    expect(started).toEqual([0, 1, 2]);

    for (const { resolve } of hashes) resolve('other');
    await expect(Promise.all(results)).resolves.toEqual(['other', 'second', 'other', 'other', 'other']);
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('refuses at once what may not wait, and takes work again when there is room', async () => {
    const queue = new HashQueue(1, 1);
    const [running, waiting] = [pending(), pending()];
    const accepted = [queue.run(running.hash), queue.run(waiting.hash)];

    const refusal = await queue.run(pending().hash).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(HashQueueFullError);
    expect(refusal).toMatchObject({ status: 503, headers: { 'Retry-After': '2' } });

    running.resolve('first');
    await settle();
    const next = queue.run(() => Promise.resolve('third'));
    waiting.resolve('second');
    await expect(Promise.all([...accepted, next])).resolves.toEqual(['first', 'second', 'third']);
  });

  it('admits as much work as it has places, and more when some is done, however it ends', async () => {
    const queue = new HashQueue(1, 1);
    const [one, other] = [pending(), pending()];
    const admitted = [queue.admit(one.hash), queue.admit(other.hash)];
    expect(() => queue.assertRoom()).toThrow(HashQueueFullError);
    const refused = queue.admit(() => Promise.reject(new Error('it was begun')));
    await expect(refused).rejects.toThrow(HashQueueFullError);

    one.reject(new Error('wrong'));
    await expect(admitted[0]).rejects.toThrow('wrong');
    await expect(queue.admit(() => Promise.resolve('third'))).resolves.toBe('third');
    other.resolve('second');
    await expect(admitted[1]).resolves.toBe('second');
  });

  it('lets no newcomer overtake one who waits', async () => {
    const queue = new HashQueue(1, 2);
    const first = pending();
    const order: string[] = [];
    const running = queue.run(first.hash).then(() => queue.run(async () => void order.push('newcomer')));
    const waiting = queue.run(async () => void order.push('waiting'));
    first.resolve('');
    await Promise.all([running, waiting]);
    expect(order).toEqual(['waiting', 'newcomer']);
  });

  it('frees the place of a hash that fails', async () => {
    const queue = new HashQueue(1, 1);
    const failing = pending();
    const running = queue.run(failing.hash);
    const waiting = queue.run(() => Promise.resolve('next'));
    failing.reject(new Error('out of memory'));
    await expect(running).rejects.toThrow('out of memory');
    await expect(waiting).resolves.toBe('next');
    await expect(queue.run(() => Promise.resolve('later'))).resolves.toBe('later');
  });

  it('keeps sixteen waiting for each of those at once unless told otherwise', async () => {
    const queue = new HashQueue(3);
    const { hash, resolve } = pending();
    const accepted = Array.from({ length: 3 + 48 }, () => queue.run(hash));
    await expect(queue.run(hash)).rejects.toThrow(HashQueueFullError);
    resolve('done');
    await expect(Promise.all(accepted)).resolves.toHaveLength(51);
  });
});
