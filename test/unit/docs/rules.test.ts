/** docs/rules.md: its settings are printed from the shapes of the files, and its texts say what it says they do. */
import { faultsOf } from '../faults-of.js';
import { describe, expect, it } from 'vitest';
import { compileLayout } from '../../../processors/email-layout.js';
import { jsonSchemaOf } from '../../../processors/rules/json-schema.js';
import { compileText } from '../../../processors/rules/texts.js';
import { money } from '../../../processors/money.js';
import type { Field } from '../../../processors/rules/text-value.js';
import { readDocument, section } from './markdown.js';
import { expectPrinted } from './printed-parts.js';

const PAGE = 'docs/rules.md';

/** As much of a JSON Schema as the files have. */
interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
}

function settings({ properties = {}, required = [] }: Schema, names = Object.keys(properties)): string {
  return names.map((name) => setting(name, properties[name]!, required.includes(name))).join('\n');
}

function setting(name: string, schema: Schema, isRequired: boolean): string {
  const { description = '', default: byDefault, properties } = schema;
  const facts = [
    ...(isRequired ? ['must be set'] : []),
    ...formOf(schema),
    ...(typeof byDefault === 'string' ? [`default \`${byDefault}\``] : []),
  ];
  // What it holds says more than what it is.
  const inner = properties && byDefault !== undefined ? settings(schema).split('\n') : [];
  const lines = [...sentencesOf(description), ...inner].map((line) => `  ${line}`);
  return [`- \`${name}\`${facts.length === 0 ? ':' : ` (${facts.join('; ')}):`}`, ...lines].join('\n');
}

function formOf({ type, enum: values, items }: Schema): string[] {
  if (items?.enum) return [`a list of ${oneOf(items.enum)}`];
  if (values) return [oneOf(values)];
  return type === 'integer' ? ['a whole number'] : [];
}

function oneOf(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join(', ');
}

function sentencesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=[.!?]) (?=\S)/);
}

describe(PAGE, () => {
  it('prints every setting from what a file may hold; -u writes it', async () => {
    const manifest = JSON.parse(jsonSchemaOf('rules')) as Schema;
    const source = JSON.parse(jsonSchemaOf('source')) as Schema;
    const event = source.properties!['events']!.additionalProperties as Schema;
    const ofEvent = new Set(Object.keys(event.properties!));
    const ofSource = Object.keys(source.properties!).filter((name) => !ofEvent.has(name));
    await expectPrinted(PAGE, {
      manifest: settings(manifest),
      source: settings(source, ofSource),
      event: settings(event),
    });
  });

  it('says of each text what a reader sees', () => {
    const at = Date.UTC(2026, 0, 22, 10);
    const fields: Readonly<Record<string, Field>> = {
      taskTitle: { kind: 'text', get: () => 'Login' },
      fullName: { kind: 'text', get: ({ fullName }) => (fullName ?? null) as string | null },
      days: { kind: 'number', get: ({ days }) => days as number },
      dueAt: { kind: 'time', get: () => new Date(at) },
      total: { kind: 'text', get: (_, locale) => money(12_500, 'EUR', locale) },
    };
    const rows = [...section(PAGE, '## Texts').matchAll(/^\| `(.+?)` +\| (.+?) +\| (.+?) +\|$/gm)];
    expect(rows.length).toBeGreaterThanOrEqual(7);
    for (const [, text, given, seen] of rows) {
      const event = JSON.parse(given === 'nothing' ? '{}' : given!.replaceAll('`', '')) as object;
      const compiled = compileText(text!, 'en', (name) => fields[name], Object.keys(fields));
      if (compiled.kind === 'faults')
        expect(`a fault: ${compiled.faults.join()}`, text).toContain(seen!.replaceAll('`', '').replace('…', ''));
      else expect(compiled.render({ ...event }, 'Asia/Ho_Chi_Minh'), text).toBe(seen);
    }
  });

  it('names each value that a layout may have', () => {
    const [, names] = /a layout has ([\w, ]+)/.exec(
      faultsOf(() => compileLayout('<p>{{message}}{{nothing}}</p>', 'mine.html')).join('\n'),
    )!;
    for (const name of names!.split(', ')) expect(section(PAGE, '## E-mails')).toContain(`\`${name}\``);
    expect(readDocument(PAGE)).toContain('layouts/standard.html');
  });
});
