/** What values are read as: the records of whatever sources there are, told by their names. */
import { SOURCES } from '../../../../dev/contract/sources.js';
import { describe, expect, it } from 'vitest';
import { FatalError } from '../../../../common/errors.js';
import type { SourceSpec } from '../../../../schemas/source-spec.js';
import { SCHEMAS } from '../../../../schemas/types.js';
import { HR_RECORD, HR_SOURCE, hrEvent, SIX_SOURCES } from '../../../hr-source.js';
import { OwnRecords } from '../../../../schemas/registry/own-records.js';
import { avro, catalogOf, frame, task, valueOf } from '../samples.js';

const { TaskEvent } = SCHEMAS;
const [TASK, HR] = [1, 2];
const registered = { [TASK]: avro(TaskEvent), [HR]: avro(HR_RECORD) };
/** A second topic that carries tasks. */
const archive: SourceSpec = { name: 'archive', topic: 'OLD_TASK_TOPIC', record: { ...TaskEvent }, format: 'avro' };

describe('a source beyond the contract', () => {
  it('is read with the schema that it comes with', async () => {
    const catalog = await catalogOf(registered, SIX_SOURCES);
    expect(catalog.decode('HR_EVENT_TOPIC', valueOf(HR, HR_RECORD, hrEvent))).toEqual({
      kind: 'event',
      value: { topic: 'HR_EVENT_TOPIC', event: hrEvent },
    });
  });

  it("is read from its writers' other versions, as any other is", async () => {
    const later = { ...HR_RECORD, fields: [...HR_RECORD.fields, { name: 'grade', type: 'int' }] };
    const catalog = await catalogOf({ [HR]: avro(later) }, SIX_SOURCES);
    const value = valueOf(HR, later, { ...hrEvent, grade: 3 });
    expect(catalog.decode('HR_EVENT_TOPIC', value)).toMatchObject({ kind: 'event', value: { event: hrEvent } });
  });

  it('is no record of ours where it is not read, and wrong on a topic that carries another', async () => {
    const value = valueOf(HR, HR_RECORD, hrEvent);
    const without = await catalogOf(registered);
    expect(without.decode('TASK_EVENT_TOPIC', value)).toMatchObject({
      reason: 'wrong-record',
      message: 'schema id 2 is serp.hr.HrEvent, which is no record of ours',
    });
    const catalog = await catalogOf(registered, SIX_SOURCES);
    expect(catalog.decode('TASK_EVENT_TOPIC', value)).toMatchObject({
      reason: 'wrong-record',
      message: 'schema id 2 is serp.hr.HrEvent, which TASK_EVENT_TOPIC does not carry',
    });
  });

  it('may have another field for its id, of which bytes that are no UTF-8 are refused', async () => {
    const fields = HR_RECORD.fields.map((field) => (field.name === 'eventId' ? { ...field, name: 'uid' } : field));
    const record = { ...HR_RECORD, fields };
    const { eventId, ...others } = hrEvent;
    const value = valueOf(HR, record, { ...others, uid: eventId });
    // Behind the header and the length.
    value[6] = 0xff;
    const read = async (idField: string | undefined) =>
      (await catalogOf({ [HR]: avro(record) }, [{ ...HR_SOURCE, record, idField }])).decode('HR_EVENT_TOPIC', value);
    expect(await read('uid')).toMatchObject({
      reason: 'undecodable',
      message: expect.stringContaining('UTF-8') as string,
    });
    expect(await read(undefined)).toMatchObject({ kind: 'event' });
  });
});

describe('a record that two topics carry', () => {
  it('is right on each of them, and tagged with the one that it came by', async () => {
    const catalog = await catalogOf(registered, [...SOURCES, archive]);
    for (const topic of ['TASK_EVENT_TOPIC', 'OLD_TASK_TOPIC'])
      expect(catalog.decode(topic, valueOf(TASK, TaskEvent, task))).toEqual({
        kind: 'event',
        value: { topic, event: task },
      });
    expect(catalog.decode('CRM_EVENT_TOPIC', frame(TASK, Buffer.alloc(1)))).toMatchObject({ reason: 'wrong-record' });
  });

  it.each([
    ['two sources', [...SOURCES, { ...archive, record: { ...TaskEvent, namespace: 'other', doc: 'Another one.' } }]],
    ['a source and a topic of ours', [{ ...HR_SOURCE, record: { ...HR_RECORD, name: 'InAppNotification' } }]],
  ])('must have one schema: %s are refused where they have two', (_, sources) => {
    expect(() => new OwnRecords(sources)).toThrow(FatalError);
    expect(() => new OwnRecords(sources)).toThrow(/carry different records of one name: .* expected one schema/);
  });

  it('may have two schemas where one of the topics is JSON alone: no writer has a schema there', () => {
    const json: SourceSpec = { ...archive, record: { ...TaskEvent, doc: 'Another one.' }, format: 'json' };
    expect(() => new OwnRecords([...SOURCES, json])).not.toThrow();
  });
});
