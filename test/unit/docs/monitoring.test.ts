/** The list of metrics is printed from their table. */
import { expect, it } from 'vitest';
import { labelNames, METRICS, METRIC_PREFIX, type MetricDefinition } from '../../../common/metrics.js';
import { readDocument } from './markdown.js';
import { expectPrinted } from './printed-parts.js';

const PAGE = 'docs/monitoring.md';
const WIDTH = 140;

/** One item a metric, its lines no wider than a page's. */
function itemOf(name: string, definition: MetricDefinition): string {
  const labels = labelNames(definition);
  const by = labels.length === 0 ? '' : `, by ${labels.join(', ')}`;
  const words = `- \`${name}\` (${definition.kind}${by}): ${definition.help}`.split(' ');
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length === 0) lines.push(word);
    else if (longer.length <= WIDTH) lines[lines.length - 1] = longer;
    else lines.push(`  ${word}`);
  }
  return lines.join('\n');
}

it('prints the metrics with kind, labels and help; -u writes it', async () => {
  const items = Object.entries(METRICS).map(([name, definition]) => itemOf(name, definition));
  await expectPrinted(PAGE, { metrics: items.join('\n') });
});

it('names no metric that is not there, also not with its labels', () => {
  const named = [...readDocument(PAGE).matchAll(/`(?:notification_streams_)?([a-z]+(?:_[a-z]+)+)(?:\{([^}]*)\})?`/g)];
  expect(named.length).toBeGreaterThan(80);
  const isOurs = (name: string): boolean => !/^(process|nodejs)_/.test(name) && name !== 'free_pages';
  for (const [, name, labels = ''] of named.filter(([, found]) => isOurs(found!))) {
    expect(Object.keys(METRICS), METRIC_PREFIX + name!).toContain(name);
    const definition: MetricDefinition = METRICS[name as keyof typeof METRICS];
    for (const [, label] of labels.matchAll(/(\w+)=/g)) expect(labelNames(definition), name).toContain(label);
  }
});
