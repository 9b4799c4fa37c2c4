/** A rule set as tables in Markdown: what the contract's page says of it. */
import type { AvroSchema } from '../../../schemas/avro/avro-schema.js';
import type { RuleSet, SourceRules } from '../../../processors/rules/rule-set.js';

/** One row an event type. */
export function mappingTable({ sources }: RuleSet): string {
  const rows = sources.flatMap((source) =>
    [...source.events].map(([type, rule]) => [
      code(type),
      rule.title,
      code(rule.message),
      rule.recipient?.map(code).join(', ') ?? '',
      rule.channels.join(', ') + (rule.priority === 'HIGH' ? ' (priority HIGH)' : ''),
      rule.type ?? 'INFO',
    ]),
  );
  return table(['event', 'title', 'message', 'to', 'channels', 'type'], rows);
}

/** The fields of a source's schema. */
export function fieldTable({ record }: SourceRules): string {
  return table(
    ['field', 'type', 'meaning'],
    record.fields.map(({ name, type, doc = '', default: byDefault }) => [
      code(name),
      typeText(type) +
        (byDefault === undefined || byDefault === null ? '' : `, default ${code(JSON.stringify(byDefault))}`),
      doc,
    ]),
  );
}

/** `double or null`, `list of long`. */
function typeText(type: AvroSchema): string {
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) return (type as readonly AvroSchema[]).map(typeText).sort(nullLast).join(' or ');
  const {
    type: kind,
    logicalType,
    items,
    values,
    symbols,
  } = type as Exclude<AvroSchema, string | readonly AvroSchema[]>;
  if (logicalType !== undefined) return logicalType;
  if (kind === 'array') return `list of ${typeText(items ?? 'null')}`;
  if (kind === 'map') return `map of ${typeText(values ?? 'null')}`;
  return symbols === undefined ? typeText(kind) : symbols.join(' or ');
}

function nullLast(one: string, other: string): number {
  return Number(one === 'null') - Number(other === 'null');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function code(text: string): string {
  return `\`${text.replaceAll('|', String.raw`\|`)}\``;
}
