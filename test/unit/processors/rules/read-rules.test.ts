import { SOURCES } from '../../../../dev/contract/sources.js';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRules } from '../../../../processors/rules/read-rules.js';
import { rulesIn } from '../../../../processors/rules/shipped.js';
import { faultsOf } from '../../faults-of.js';
import { HR_FILES, rulesWith } from './rules-folder.js';

const TASKS = `topic: TASK_EVENT_TOPIC
schema: TaskEvent
recipient: assignedTo
events:
`;
/** A file of tasks whose one event has these lines beside what every event must have. */
const event = (...lines: readonly string[]): string =>
  [`${TASKS}  DONE:`, '    title: Done', '    message: It is', '    channels: [IN_APP]', ...lines].join('\n');

const faultsWith = (files: Readonly<Record<string, string | null>>): readonly string[] =>
  faultsOf(() => readRules(rulesWith({ 'texts/vi.yaml': null, ...files })));

describe('the shipped rules', () => {
  it('read the sources of the contract, in its order', () => {
    const sources = rulesIn(undefined).sources.map(({ name, topic, record, format, bootstraps }) => ({
      ...{ name, topic, record, format },
      ...(bootstraps && { bootstraps }),
    }));
    expect(sources).toEqual(SOURCES);
  });

  it('are whole in English and in Vietnamese', () => {
    const { languages, sources } = rulesIn(undefined);
    expect([...languages.keys()]).toEqual(['en', 'vi']);
    for (const texts of languages.values()) {
      for (const { name, events } of sources) expect([...(texts.get(name)?.keys() ?? [])]).toEqual([...events.keys()]);
    }
  });

  it('have a digest that a change of any file changes', () => {
    const digests = [
      {},
      { 'texts/vi.yaml': null },
      { 'templates/A/title.hbs': 'A', 'templates/A/message.hbs': 'A' },
    ].map((files) => readRules(rulesWith(files)).digest);
    expect(new Set(digests).size).toBe(3);
    expect(readRules(rulesWith({})).digest).toBe(digests[0]);
  });
});

describe('a fault in a source', () => {
  it.each<[what: string, text: string, fault: string]>([
    ['no YAML', 'topic: [', 'sources/tasks.yaml:1: Flow sequence in block collection'],
    ['a setting twice', 'topic: A\ntopic: B', 'sources/tasks.yaml:2: Map keys must be unique'],
    [
      'an unknown setting',
      event('    colour: red'),
      'sources/tasks.yaml:9: events.DONE.colour: there is no such setting',
    ],
    [
      'no message',
      `${TASKS}  DONE:\n    title: Done\n    channels: [IN_APP]`,
      'sources/tasks.yaml:5: events.DONE.message: missing; expected a text',
    ],
    [
      'an unknown type',
      event('    type: FATAL'),
      'sources/tasks.yaml:9: events.DONE.type: "FATAL" is given; expected one of INFO, SUCCESS, WARNING, ERROR',
    ],
    [
      'an unknown format',
      `format: xml\n${event()}`,
      'sources/tasks.yaml:1: format: "xml" is given; expected one of avro, json, avro-or-json',
    ],
    [
      'an unknown schema',
      event().replace('TaskEvent', 'TaskEvnt'),
      'TaskEvnt is no record of the contract; expected CrmEvent',
    ],
    ['a schema that is not there', event().replace('TaskEvent', 'schemas/X.avsc'), 'schemas/X.avsc cannot be read'],
    [
      'an unknown recipient',
      event('    recipient: asignedTo'),
      'sources/tasks.yaml:9: events.DONE.recipient: TaskEvent has no field asignedTo; did you mean assignedTo',
    ],
    [
      'a recipient that is no id',
      event('    recipient: taskTitle'),
      'sources/tasks.yaml:9: events.DONE.recipient: taskTitle is a text; expected an id or a list of ids',
    ],
    [
      'no recipient',
      event().replace('recipient: assignedTo\n', ''),
      'events.DONE.recipient: missing; expected the field with the id of who is told',
    ],
    [
      'an unknown priority',
      event('    priority: URGENT'),
      'events.DONE.priority: URGENT is given; expected LOW, NORMAL, HIGH, or { field: NAME }',
    ],
    [
      'an entity without an id',
      event('    entity: { type: task, id: taskTitle }'),
      'events.DONE.entity.id: taskTitle is a text; expected a whole number',
    ],
    [
      'an expiry that is no time',
      event('    expires: { field: taskId }'),
      'events.DONE.expires: taskId is a whole number; expected a timestamp',
    ],
    [
      'a span that is none',
      event('    expires: { after: soon }'),
      'events.DONE.expires.after: "soon" is given; expected a time such as 90m, 36h or 7d',
    ],
    [
      'metadata that is no field',
      event('    metadata: [colour]'),
      'events.DONE.metadata.0: TaskEvent has no field colour',
    ],
    [
      'money that is no amount',
      event('    values: { price: { money: taskTitle } }'),
      'events.DONE.values.price.money: taskTitle is a text; expected a number',
    ],
    [
      'a value with a field’s name',
      event('    values: { taskId: taskTitle }'),
      'events.DONE.values.taskId: taskId is the name of a field already',
    ],
    [
      'a URL with an unknown field',
      event('    actionUrl: https://erp/{id}'),
      'events.DONE.actionUrl: column 13: {id} is no field of the event',
    ],
    [
      'an id that is no field',
      `fields: { eventId: id }\n${event()}`,
      'sources/tasks.yaml:1: fields.eventId: TaskEvent has no field id',
    ],
    [
      'a text that YAML cuts off',
      event().replace('It is', 'Task #{taskId}'),
      'events.DONE.message: YAML takes what stands behind ` #` for a comment',
    ],
    [
      'an unknown field in a text',
      event().replace('It is', '"{title}"'),
      'events.DONE.message: column 1: {title} is no field of the event; closest: taskTitle',
    ],
    ['the apostrophe of ICU', event().replace('It is', `Task '{taskTitle}'`), "write ''{taskTitle}''"],
    [
      'no event',
      TASKS.replace('events:\n', ''),
      'sources/tasks.yaml:1: events: missing; expected at least one event type',
    ],
    [
      'a topic of ours',
      event().replace('TASK_EVENT_TOPIC', 'EMAIL_REQUEST_TOPIC'),
      'topic: EMAIL_REQUEST_TOPIC is written by the stream already',
    ],
    [
      'another source’s topic',
      event().replace('TASK_EVENT_TOPIC', 'CRM_EVENT_TOPIC'),
      'CRM_EVENT_TOPIC is read by sources/crm.yaml already',
    ],
    [
      'a handler for another record',
      `handler: accounts\n${event()}`,
      'schema: TaskEvent is given; expected UserEvent of the contract, which accounts takes',
    ],
  ])('%s', (_, text, fault) => {
    expect(faultsWith({ 'sources/tasks.yaml': text }).join('\n')).toContain(fault);
  });

  it.each<[what: string, file: string, text: string, fault: string]>([
    [
      'a format in a URL',
      'sources/tasks.yaml',
      event('    actionUrl: https://erp/{deadlineMs, date, ::yyyyMMdd}'),
      'events.DONE.actionUrl: column 13: {deadlineMs} is a part of a URL; this format is for a time',
    ],
    [
      'a URL that begins with a value',
      'sources/tasks.yaml',
      event('    actionUrl: "{taskTitle}/x"'),
      'events.DONE.actionUrl: begins with a value, which is escaped and makes no URL',
    ],
    [
      'a step’s name',
      'sources/email.yaml',
      event().replace('TASK_EVENT_TOPIC', 'X'),
      'sources/email.yaml:1: email is a step of the stream; expected another name for the file',
    ],
    [
      'a handler’s setting',
      'sources/requests.yaml',
      'topic: R\nschema: NotificationRequestEvent\nhandler: requests\npriority: HIGH',
      'sources/requests.yaml:4: priority: requests are handled by code, which does not read this',
    ],
    [
      'another recipient of account events',
      'sources/accounts.yaml',
      'topic: U\nschema: UserEvent\nhandler: accounts\nrecipient: tenantId\nevents: { USER_CREATED: { title: T, message: M, channels: [EMAIL] } }',
      'sources/accounts.yaml:4: recipient: an account event tells its own user; expected userId',
    ],
    ['the language of the sources', 'texts/en.yaml', 'tasks: {}', 'texts/en.yaml:1: en is the language of the sources'],
    [
      'a symbol that an enum does not have',
      'sources/hr.yaml',
      HR_FILES['sources/hr.yaml'].replace('Welcome to the team', '"{contract, select, FIXED {a} other {b}}"'),
      'sources/hr.yaml:5: events.EMPLOYEE_JOINED.message: column 1: FIXED is never the value; expected PERMANENT, FIXED_TERM, none or other',
    ],
    [
      'a field of a record',
      'sources/tasks.yaml',
      event().replace('It is', '"{employee.name}"'),
      'a field of a record needs a name of its own: values: { name: employee.name }',
    ],
    ['an alias of nothing', 'texts/vi.yaml', 'tasks: *nothing', 'texts/vi.yaml:1: Unresolved alias'],
  ])('%s', (_, file, text, fault) => {
    expect(faultsWith({ 'schemas/HrEvent.avsc': HR_FILES['schemas/HrEvent.avsc'], [file]: text }).join('\n')).toContain(
      fault,
    );
  });

  it('hides no other: all of all files are named', () => {
    const faults = faultsWith({
      'sources/tasks.yaml': event('    colour: red', '    recipient: nobody').replace('IN_APP', 'IN_APP, FAX'),
      'sources/sales.yaml': 'topic: 1',
      'rules.yaml': 'version: 0',
    });
    for (const fault of ['colour', 'FAX', 'topic: 1 is given', 'version: 0 is given; expected 1 or more']) {
      expect(faults.join('\n')).toContain(fault);
    }
  });

  it('hides no other in the same event: of its settings, its texts and its fields', () => {
    const text = event('    entity: { type: task, id: nobody }').replace('IN_APP', 'SMS').replace('It is', '"{titel}"');
    const faults = faultsWith({ 'sources/tasks.yaml': text });
    expect(faults).toHaveLength(3);
    for (const fault of ['"SMS" is given', '{titel} is no field', 'no field nobody'])
      expect(faults.join('\n')).toContain(fault);
  });

  it('that all events inherit is named once', () => {
    const text = `${event().replace('assignedTo', 'nobody')}\n  OTHER: { title: T, message: M, channels: [PUSH] }`;
    expect(faultsWith({ 'sources/tasks.yaml': text })).toEqual([
      expect.stringContaining('sources/tasks.yaml:3: recipient: TaskEvent has no field nobody'),
    ]);
  });
});

describe('a fault beside the sources', () => {
  it('is a source without which there is no user directory', () => {
    expect(faultsWith({ 'sources/accounts.yaml': null })).toEqual([
      'sources: no file has `handler: accounts`; expected one, which makes the user directory',
    ]);
  });

  it('is an event without a text in a language, and a text without an event', () => {
    const vi = 'tasks:\n  DONE: { title: Xong, message: Xong }\nsale: {}\n';
    expect(
      faultsWith({ 'sources/tasks.yaml': event().replace('DONE', 'MADE'), 'texts/vi.yaml': vi }).join('\n'),
    ).toContain('texts/vi.yaml:1: tasks: MADE has no text; expected title and message');
    const faults = faultsWith({
      'sources/tasks.yaml': event(),
      'texts/vi.yaml': `${vi}  DNE: { title: T, message: M }`.replace('{}', ''),
    });
    expect(faults.join('\n')).toContain('texts/vi.yaml:3: sale: there is no source of this name; did you mean sales?');
  });

  it('is a language that is none, and a text in it that cannot be read', () => {
    const english = 'tasks: { DONE: { title: "{", message: M } }';
    const faults = faultsWith({ 'sources/tasks.yaml': event(), 'texts/english!.yaml': english }).join('\n');
    expect(faults).toContain('english! is no language; expected a tag such as vi or pt-BR');
  });

  it('is a layout that is not there', () => {
    expect(faultsWith({ 'rules.yaml': 'version: 1\nlayout: layouts/none.html' })).toEqual([
      expect.stringMatching(/^rules\.yaml: layout: .*layouts\/none\.html cannot be read/),
    ]);
  });

  it('is a folder without rules', () => {
    expect(faultsOf(() => readRules('/nowhere/rules')).join('\n')).toContain(join('/nowhere/rules', 'rules.yaml'));
  });

  it('is another schema of a name that the rules have already', () => {
    const files = {
      ...HR_FILES,
      'schemas/HrEvent.avsc': HR_FILES['schemas/HrEvent.avsc'].replace('HrEvent', 'TaskEvent'),
    };
    expect(faultsWith(files).join('\n')).toContain(
      'has another schema of the name TaskEvent; expected one schema a name',
    );
  });
});
