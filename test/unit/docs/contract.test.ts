/** docs/contract.md says of the shipped rules, schemas and cases what they are. */
import { expect, it } from 'vitest';
import { stringify } from 'lossless-json';
import { fieldTable, mappingTable } from './describe-rules.js';
import { readRules } from '../../../processors/rules/read-rules.js';
import { SHIPPED_RULES } from '../../../processors/rules/shipped.js';
import { completed } from '../../../schemas/json/example-event.js';
import { readCases, type CaseFile } from '../../../topology/testing/read-cases.js';
import { section } from './markdown.js';
import { expectPrinted } from './printed-parts.js';

const rules = readRules(SHIPPED_RULES);
const NOW = Date.UTC(2026, 0, 22, 10);

/** The first case's event, with what it leaves out and the schema wants. */
function sourceSection({ source, cases }: CaseFile): string {
  const { topic, record, name } = source;
  const event = completed(record, { eventId: `${name}-1`, ...cases[0]!.event }, NOW);
  const inOrder = record.fields.filter((field) => field.name in event).map((field) => [field.name, event[field.name]]);
  const example = stringify(Object.fromEntries(inOrder), null, 2)!;
  return [`### \`${topic}\``, fieldTable(source), `\`\`\`json\n${example}\n\`\`\``].join('\n\n');
}

it('prints docs/contract.md from the shipped rules; -u writes it', async () => {
  const files = readCases(rules, SHIPPED_RULES);
  const inOrder = rules.sources.map((source) => files.find((file) => file.source.name === source.name)!);
  await expectPrinted('docs/contract.md', {
    mapping: mappingTable(rules),
    sources: inOrder.map(sourceSection).join('\n\n'),
  });
});

it('has a row for each event type, and fields for each source', () => {
  const rows = section('docs/contract.md', '## What becomes of an event');
  for (const { topic, events } of rules.sources) {
    for (const type of events.keys()) expect(rows).toContain(`| \`${type}\``);
    expect(section('docs/contract.md', `### \`${topic}\``)).toContain('```json');
  }
});
