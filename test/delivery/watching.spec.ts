import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { MetricsServer } from '../../src/metrics/metrics-server.js';
import { TestService } from '../support/test-service.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}
interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
}
/** A series that a query selects, with what it expects of labels. */
interface Selector {
  readonly name: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
  readonly grouped: readonly string[];
}

const { groups } = parse(readFileSync('deploy/helm/astra/files/alerts.yaml', 'utf8')) as {
  groups: { rules: Rule[] }[];
};
const rules = groups.flatMap(({ rules }) => rules);
const { panels } = JSON.parse(readFileSync('deploy/grafana/astra.json', 'utf8')) as Dashboard;
const runbook = readFileSync('docs/runbooks/alerts.md', 'utf8');
const queries = [
  ...rules.map(({ alert, expr }) => ({ of: alert, expr })),
  ...panels.flatMap(({ title, targets }) =>
    // Grafana replaces its variable before it sends the query.
    targets.map(({ expr }) => ({ of: title, expr: expr.replaceAll('$__rate_interval', '5m') })),
  ),
];

let service: TestService;
let text: string;
beforeAll(async () => {
  service = await TestService.start({ metricsPort: 0, metricsHost: '127.0.0.1', webhooks: true });
  const { port } = service.app.get(MetricsServer, { strict: false });
  text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
});
afterAll(() => service.stop());

/** Parses a query by the grammar of Prometheus. @throws {Error} if it is malformed. */
function selectorsOf(expr: string): Selector[] {
  const selectors: { name: string; matchers: { label: string; operator: string; value: string }[] }[] = [];
  const grouped: string[] = [];
  parser.parse(expr).iterate({
    enter({ name, type, from, to, node }) {
      const part = expr.slice(from, to);
      if (type.isError) throw new Error(`${expr}: cannot be read at ${from}`);
      if (name === 'VectorSelector') selectors.push({ name: /^\w+/.exec(part)![0], matchers: [] });
      if (name === 'UnquotedLabelMatcher') {
        const [, label, operator, value] = /^(\w+)\s*(=~|!~|!=|=)\s*"(.*)"$/.exec(part)!;
        selectors.at(-1)!.matchers.push({ label, operator, value });
      }
      if (name === 'LabelName' && node.parent?.name === 'GroupingLabels') grouped.push(part);
    },
  });
  return selectors.map((selector) => ({ ...selector, grouped }));
}

/** Names and labels of all series that the service publishes or declares. */
function published(): Map<string, Map<string, Set<string>>> {
  const series = new Map<string, Map<string, Set<string>>>();
  const [declared, types] = [/^# HELP (\w+) /gm, new Map<string, string>()];
  for (const [, name, type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) types.set(name, type);
  for (const [, name] of text.matchAll(declared)) {
    const isHistogram = types.get(name) === 'histogram';
    for (const suffix of isHistogram ? ['_bucket', '_count', '_sum'] : [''])
      series.set(name + suffix, new Map());
  }
  for (const [, name, labels] of text.matchAll(/^(\w+)\{(.*)\} \S+$/gm)) {
    for (const [, label, value] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      const values = series.get(name)!;
      values.set(label, (values.get(label) ?? new Set()).add(value));
    }
  }
  return series;
}

describe('the alerts and the dashboard', () => {
  it('are there', () => {
    expect(rules.length).toBeGreaterThan(12);
    expect(panels.length).toBeGreaterThan(12);
  });

  it.each(queries)('asks for what there is: $of', async ({ expr }) => {
    // So that there are series with all labels of requests.
    await service.get('/nothing');
    const series = published();
    const selectors = selectorsOf(expr);
    expect(selectors).not.toEqual([]);
    for (const { name, matchers } of selectors) {
      expect([...series.keys()]).toContain(name);
      for (const { label, operator, value } of matchers) {
        const known = series.get(name)!.get(label);
        // Requests have had no 5xx here, and a limit has no series until it refuses.
        const isOpen = name.startsWith('astra_http_') || name === 'astra_rate_limit_refusals_total';
        if (isOpen) continue;
        expect([name, label, known]).toEqual([name, label, expect.any(Set)]);
        const wanted = operator.endsWith('~') ? value.split('|') : [value];
        expect(wanted.filter((one) => !known!.has(one))).toEqual([]);
      }
    }
  });

  it('are read by a grammar that finds mistakes', () => {
    expect(() => selectorsOf('sum(rate(astra_hashes[5m])')).toThrow('cannot be read');
    expect(() => selectorsOf('sum by astra_hashes')).toThrow('cannot be read');
  });

  it('ask for all that Astra counts', () => {
    const asked = new Set(queries.flatMap(({ expr }) => selectorsOf(expr).map(({ name }) => name)));
    const own = [...text.matchAll(/^# TYPE (astra_\w+) (\w+)$/gm)];
    expect(own.length).toBeGreaterThan(15);
    const forgotten = own.filter(([, name]) => ![name, `${name}_count`].some((series) => asked.has(series)));
    expect(forgotten.map(([, name]) => name)).toEqual([]);
  });

  it('have a runbook for each alert, and no other', () => {
    const sections = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(rules.map(({ alert }) => alert));
    expect(new Set(sections).size).toBe(sections.length);
    for (const { alert, labels, annotations } of rules) {
      expect([alert, labels.severity]).toEqual([alert, expect.stringMatching(/^(critical|warning)$/)]);
      expect(annotations.summary).toMatch(/^(\{\{|[A-Z]).*\.$/);
    }
  });

  it('name no alert in a runbook that does not exist', () => {
    const names = new Set(rules.map(({ alert }) => alert));
    const named = [...runbook.matchAll(/\bAstra[A-Z]\w+/g)].map(([name]) => name);
    expect(named.filter((name) => !names.has(name))).toEqual([]);
  });

  it('show panels that do not overlap', () => {
    const places = panels.map(({ gridPos: { x, y } }) => `${x},${y}`);
    expect(new Set(places).size).toBe(panels.length);
  });
});
