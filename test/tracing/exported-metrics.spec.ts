import { MetricsServer } from '../../src/metrics/metrics-server.js';
import { eventually } from '../support/eventually.js';
import { TestService } from '../support/test-service.js';
import { type CollectedValue, TraceCollector } from '../support/trace-collector.js';

let collector: TraceCollector;
beforeEach(async () => {
  collector = await TraceCollector.start();
});
afterEach(() => collector.stop());

/** @param interval - Default: 200 ms. */
function start(interval = 200) {
  const lines: string[] = [];
  const url = `${collector.url}/v1/metrics`;
  const metricsExport = { url, headers: { 'x-api-key': 'k3y' }, serviceName: 'accounts', interval };
  return TestService.start({ metricsExport, metricsPort: 0, print: (line) => lines.push(line) }).then(
    (service) => ({ service, lines }),
  );
}

/** The last values of a metric. */
const last = (name: string): CollectedValue[] =>
  collector.metrics.at(-1)?.filter((value) => value.name === name) ?? [];

describe('a collector of metrics', () => {
  it('gets the same ones as Prometheus, with their values', async () => {
    const { service } = await start();
    try {
      await service.signUp();
      await eventually(async () => {
        expect(last('astra_sign_ins_total')).toContainEqual(
          expect.objectContaining({ kind: 'sum', attributes: { outcome: 'success' }, value: 1 }),
        );
      }, 10_000);
      expect(last('astra_http_request_duration_seconds')).toContainEqual(
        expect.objectContaining({
          kind: 'histogram',
          attributes: { method: 'POST', route: '/api/v1/auth/login', status: '2xx' },
          value: 1,
        }),
      );
      expect(last('astra_database_connections')).toContainEqual(
        expect.objectContaining({ kind: 'gauge', attributes: { state: 'idle' } }),
      );
      const [{ resource }] = last('astra_sign_ins_total');
      expect(resource).toMatchObject({
        'service.name': 'accounts',
        'service.version': expect.any(String) as string,
        'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      });
      expect(collector.requests[0]).toMatchObject({ path: '/v1/metrics', headers: { 'x-api-key': 'k3y' } });

      const { port } = service.app.get(MetricsServer, { strict: false });
      const served = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      // Others have no value yet.
      const named = [...served.matchAll(/^(astra_\w+?)(_bucket|_sum|_count)?[{ ]/gm)].map(([, name]) => name);
      const sent = collector.metrics.at(-1)?.map(({ name }) => name);
      expect(new Set(sent)).toEqual(new Set(named));
    } finally {
      await service.stop();
    }
  });

  it('gets the last values when the service stops', async () => {
    const { service } = await start(3_600_000);
    await service.signUp();
    expect(collector.metrics).toEqual([]);
    await service.stop();
    expect(last('astra_http_request_duration_seconds')).not.toEqual([]);
  });

  it('that refuses or hangs is complained of once, and holds up nothing', async () => {
    collector.answer = (response) => response.writeHead(500).end('k3y');
    const { service, lines } = await start();
    await eventually(async () => expect(collector.metrics.length).toBeGreaterThan(3), 10_000);
    collector.answer = () => undefined;
    const count = collector.metrics.length;
    await eventually(async () => expect(collector.metrics.length).toBeGreaterThan(count), 10_000);
    await service.signUp();
    const began = performance.now();
    await service.stop();
    expect(performance.now() - began).toBeLessThan(15_000);
    const complaints = lines.filter((line) => line.includes('Metrics are lost'));
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).not.toMatch(/k3y/);
  });
});
