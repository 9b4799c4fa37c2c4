/** Types of other subjects that a writer's schema names: fetched, once and within bounds. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_LEVELS, MAX_REFERENCES } from '../../../../schemas/registry/references.js';
import { SCHEMAS } from '../../../../schemas/types.js';
import { CatalogRig, never } from './catalog-rig.js';
import { frame, task, valueOf } from '../samples.js';
import { type Answer, json, notKnown } from './stub-registry.js';

const ID = 7;

interface Version {
  readonly schema: unknown;
  readonly references?: unknown;
}

let rig: CatalogRig;
/** What the registry has, by path. */
let versions: Record<string, Version>;

const serve: Answer = ({ path }, response) => {
  const version = versions[path];
  if (version === undefined) notKnown(response);
  else json(response, 200, { ...version, schema: JSON.stringify(version.schema) });
};

beforeEach(async () => {
  rig = await CatalogRig.start();
  rig.stub.answer = serve;
  versions = {};
});

afterEach(() => rig.close());

const refersTo = (name: string, subject = name, version = 1) => ({ name, subject, version });
const pathOf = (subject: string, version = 1) =>
  `/subjects/${encodeURIComponent(subject)}/versions/${version}?deleted=true`;

/** A task event with a further field of a type of another schema, and its value. */
function register(references: unknown, type: unknown = 'Priority'): void {
  const fields = [...SCHEMAS.TaskEvent.fields, { name: 'further', type }];
  versions[`/schemas/ids/${ID}`] = { schema: { ...SCHEMAS.TaskEvent, fields }, references };
}

const value = Buffer.concat([valueOf(ID, SCHEMAS.TaskEvent, task), Buffer.from([2])]);
const priority = { type: 'enum', name: 'Priority', symbols: ['LOW', 'HIGH'] };
const learn = () => rig.catalog.resolve(ID, { signal: never });
const decode = () => rig.catalog.decode('TASK_EVENT_TOPIC', value);
const event = { kind: 'event', value: { topic: 'TASK_EVENT_TOPIC', event: task } };

describe('a schema that refers to another', () => {
  it('is read with it, whatever its subject is called', async () => {
    register([refersTo('Priority', 'erp/shared types-value', 3)]);
    versions[pathOf('erp/shared types-value', 3)] = { schema: priority };
    await learn();
    expect(decode()).toEqual(event);
    expect(rig.paths).toEqual([`/schemas/ids/${ID}`, '/subjects/erp%2Fshared%20types-value/versions/3?deleted=true']);
  });

  it('is read with those that the other refers to, each asked for once', async () => {
    const holder = (name: string, ...types: string[]) => ({
      type: 'record',
      name,
      fields: types.map((type, index) => ({ name: `f${index}`, type })),
    });
    register([refersTo('Both'), refersTo('Left')], 'Both');
    versions[pathOf('Both')] = { schema: holder('Both', 'Left'), references: [refersTo('Left'), refersTo('Right')] };
    versions[pathOf('Left')] = { schema: holder('Left', 'Priority'), references: [refersTo('Priority')] };
    versions[pathOf('Right')] = { schema: holder('Right', 'Priority'), references: [refersTo('Priority')] };
    versions[pathOf('Priority')] = { schema: priority };
    await learn();
    expect(decode()).toEqual(event);
    expect(rig.paths.toSorted()).toEqual([...new Set(rig.paths)].toSorted());
    expect(rig.paths).toHaveLength(5);
  });

  it('may be a union of the names of whole records', async () => {
    versions[`/schemas/ids/${ID}`] = {
      schema: ['serp.crm.CrmEvent', 'serp.task.TaskEvent'],
      references: [refersTo('serp.task.TaskEvent'), refersTo('serp.crm.CrmEvent')],
    };
    versions[pathOf('serp.task.TaskEvent')] = { schema: SCHEMAS.TaskEvent };
    versions[pathOf('serp.crm.CrmEvent')] = { schema: SCHEMAS.CrmEvent };
    await learn();
    const body = valueOf(ID, SCHEMAS.TaskEvent, task).subarray(5);
    const written = (branch: number) => frame(ID, Buffer.concat([Buffer.from([branch * 2]), body]));
    expect(rig.catalog.decode('TASK_EVENT_TOPIC', written(1))).toEqual(event);
    expect(rig.catalog.decode('TASK_EVENT_TOPIC', written(0))).toMatchObject({
      reason: 'wrong-record',
      message: `schema id ${ID} is serp.crm.CrmEvent, which TASK_EVENT_TOPIC does not carry`,
    });
    expect(rig.catalog.decode('TASK_EVENT_TOPIC', written(2))).toMatchObject({ reason: 'undecodable' });
  });

  it('that the registry does not know is asked for three times, then unknown-schema', async () => {
    register([refersTo('Priority', 'shared', 2)]);
    await learn();
    expect(rig.waits).toEqual([1000, 2000]);
    expect(rig.paths.filter((path) => path === pathOf('shared', 2))).toHaveLength(3);
    expect(rig.catalog.health.ready).toBe(true);
    expect(decode()).toMatchObject({
      reason: 'unknown-schema',
      attempts: 3,
      message: `the schema registry does not know version 2 of shared, to which the schema id ${ID} refers`,
    });
  });

  it('waits while the registry fails to give it, and is read afterwards', async () => {
    register([refersTo('Priority')]);
    versions[pathOf('Priority')] = { schema: priority };
    rig.stub.answer = (asked, response) => {
      if (asked.path === pathOf('Priority')) json(response, 503, {});
      else serve(asked, response);
    };
    rig.meanwhile = () => {
      expect(rig.catalog.health.fault).toBe('failing');
      expect(decode()).toEqual({ kind: 'unresolved', schemaId: ID });
      if (rig.waits.length === 4) rig.stub.answer = serve;
    };
    await learn();
    expect(rig.waits).toEqual([1000, 2000, 4000, 8000]);
    expect(rig.catalog.health.ready).toBe(true);
    expect(decode()).toEqual(event);
  });

  it('that the registry never gives, though it answers for others, makes its records wrong-record', async () => {
    register([refersTo('Priority')]);
    rig.stub.answer = (asked, response) => {
      if (asked.path === pathOf('Priority')) json(response, 403, {});
      else if (asked.path.includes('own-value')) json(response, 200, {});
      else serve(asked, response);
    };
    await learn();
    expect(rig.waits).toEqual([1000, 2000]);
    expect(decode()).toMatchObject({ reason: 'wrong-record', attempts: 3 });
  });
});

describe('references without end', () => {
  it('in a circle end, and the schema is refused', async () => {
    register([refersTo('A')]);
    const holding = (name: string, type: string) => ({ type: 'record', name, fields: [{ name: 'x', type }] });
    versions[pathOf('A')] = { schema: holding('A', 'B'), references: [refersTo('B')] };
    versions[pathOf('B')] = { schema: holding('B', 'A'), references: [refersTo('A')] };
    await learn();
    expect(rig.paths).toHaveLength(3);
    expect(decode()).toMatchObject({
      reason: 'wrong-record',
      message: expect.stringContaining('which is nowhere defined') as string,
    });
  });

  it.each([
    ['side by side', { first: 500, then: 0 }, MAX_REFERENCES, /refers to more than 100 others/],
    ['behind one another', { first: 1, then: 1 }, MAX_LEVELS, /refers to others over more than 20 levels/],
    ['in a tree', { first: 3, then: 3 }, MAX_REFERENCES, /refers to/],
  ])('%s are asked for up to a bound', async (_, { first, then }, most, message) => {
    let made = 0;
    rig.stub.answer = ({ path }, response) => {
      const length = path.startsWith('/schemas') ? first : then;
      const references = Array.from({ length }, () => refersTo(`T${(made += 1)}`));
      json(response, 200, { schema: JSON.stringify(SCHEMAS.TaskEvent), references });
    };
    await learn();
    expect(rig.paths.length).toBeLessThanOrEqual(most + 1);
    expect(decode()).toMatchObject({ reason: 'wrong-record', message: expect.stringMatching(message) as string });
  });

  it('of many large schemas are asked for up to a bound', async () => {
    register(Array.from({ length: 50 }, (_, index) => refersTo(`T${index}`)));
    rig.stub.answer = (asked, response) => {
      if (!asked.path.startsWith('/subjects')) serve(asked, response);
      else json(response, 200, { schema: 'x'.repeat(900_000) });
    };
    await learn();
    expect(rig.paths).toHaveLength(6);
    expect(decode()).toMatchObject({ reason: 'wrong-record' });
  });

  it('that are none are passed over', async () => {
    register([
      'Priority',
      null,
      5,
      { name: 'Priority', subject: 7, version: 1 },
      { ...refersTo('x'), version: '../1' },
      refersTo('Priority', 'a\ud800'),
    ]);
    await learn();
    expect(rig.paths).toHaveLength(1);
    expect(decode()).toMatchObject({
      reason: 'wrong-record',
      message: `schema id ${ID} is a schema that cannot be read: it names the type Priority, which is nowhere defined`,
    });
  });
});
