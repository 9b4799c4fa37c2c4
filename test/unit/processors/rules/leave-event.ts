/** An event of a source that only rules know, and what rules with some lines changed make of it. */
import { createActionUrlRule } from '../../../../processors/action-url.js';
import type { ProcessorContext } from '../../../../processors/context.js';
import { createMappers } from '../../../../processors/map/mappers.js';
import type { MappedEvent } from '../../../../processors/mapped-event.js';
import { readRules } from '../../../../processors/rules/read-rules.js';
import { compileTemplates } from '../../../../processors/templates.js';
import type { EventRecord } from '../../../../schemas/codecs.js';
import { rulesWith, shippedText } from './rules-folder.js';

export const VI = shippedText('texts/vi.yaml');
const SCHEMA = JSON.stringify({
  type: 'record',
  name: 'LeaveEvent',
  namespace: 'serp.hr',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['APPROVED', 'REFUSED'] } },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'tenantId', type: 'long' },
    { name: 'approvers', type: { type: 'array', items: 'long' } },
    { name: 'manager', type: ['null', 'long'], default: null },
    { name: 'employee', type: { type: 'record', name: 'Employee', fields: [{ name: 'name', type: 'string' }] } },
    { name: 'days', type: 'int' },
    { name: 'from', type: { type: 'int', logicalType: 'date' } },
    { name: 'until', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'pay', type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }], default: null },
    { name: 'currency', type: ['null', 'string'], default: null },
    { name: 'link', type: ['null', 'string'], default: null },
    { name: 'badge', type: ['null', { type: 'fixed', name: 'Badge', size: 2 }], default: null },
    { name: 'notes', type: { type: 'map', values: 'string' }, default: {} },
  ],
});

const LEAVE: EventRecord = {
  ...{ id: 'l-1', kind: 'APPROVED', at: 1_760_000_000_000n, tenantId: 3n, approvers: [8n, 9n, 8n], manager: 7n },
  ...{
    employee: { name: 'Lan & Co' },
    days: 2,
    from: 20_000,
    until: 1_760_050_000_000n,
    pay: '1250.50',
    currency: 'EUR',
  },
  ...{ link: '/leave/1', notes: { shift: 'late' }, badge: Buffer.from('0aff', 'hex') },
};

const SOURCE = `topic: HR_EVENT_TOPIC
schema: schemas/LeaveEvent.avsc
service: hr
category: HR
recipient: [approvers, manager]
fields: { eventType: kind, eventId: id, timestamp: at }
values: { name: employee.name }
events:
  APPROVED:
    title: Leave approved
    message: "{name}: {days, plural, one {# day} other {# days}}"
    channels: [IN_APP]
`;

const context = {
  record: { source: 'HR_EVENT_TOPIC-2', offset: 5, timestamp: 99 },
  now: 100,
} as unknown as ProcessorContext;

/** What the source, with these lines in the place of others, makes of the event. */
export function mapped(
  lines: Readonly<Record<string, string>> = {},
  event: EventRecord = {},
  { locales = ['en'] as [string, ...string[]], files = {} } = {},
): MappedEvent | undefined {
  const yaml = Object.entries(lines).reduce((text, [line, other]) => text.replace(line, () => other), SOURCE);
  const folder = rulesWith({
    ...{ 'texts/vi.yaml': null, 'schemas/LeaveEvent.avsc': SCHEMA, 'sources/hr.yaml': yaml },
    ...files,
  });
  const actionUrl = createActionUrlRule(['https']);
  const mappers = createMappers(readRules(folder), { templates: compileTemplates([]), locales, actionUrl });
  return mappers.get('HR_EVENT_TOPIC')!.map({ ...LEAVE, ...event }, context);
}
