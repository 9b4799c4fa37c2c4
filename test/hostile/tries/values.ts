/** Values that are no events, or that cost more to read than they are worth. */
import { SCHEMAS } from '../../../schemas/types.js';
import { hostileValues, varint } from '../../chaos/bombs.js';
import { good, poison, TASKS, taskValue } from '../makers.js';
import type { RecordScene } from '../record-scene.js';
import { recordTry, type Attack, type HostileRecord } from '../record-try.js';
import type { TryGroup } from '../try.js';

const NOT_READ = ['bad-magic', 'unknown-schema', 'wrong-record', 'undecodable', 'invalid-event'];
const NOTHING = { kind: 'dead', reasons: NOT_READ } as const;
const UNDECODABLE = { kind: 'dead', reasons: ['undecodable'] } as const;

/** The writer's schema of a task event with a field more, before or behind the others. */
function taskSchemaWith(field: object): object {
  return { ...SCHEMAS.TaskEvent, fields: [...SCHEMAS.TaskEvent.fields, field] };
}

/** A record of a writer's schema of its own, whatever a registry would say to that schema. */
function written(scene: RecordScene, schema: object, body: Buffer): Buffer {
  const id = scene.nextSchemaId();
  scene.registry.answers.set(id, () => ({ status: 200, body: JSON.stringify({ schema: JSON.stringify(schema) }) }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, body]);
}

/** One record, dead or notified, on the task topic. */
function alone(record: HostileRecord): Attack[] {
  return [{ topic: TASKS, codec: 'none', records: [record] }];
}

export const VALUES: TryGroup<RecordScene> = {
  title: 'values',
  against: 'one partition of a stream worker',
  tries: [
    recordTry({
      name: '13 values that are no events: short, cut, spoofed, counts of 2^50, 900 KB of one byte',
      holds: '13 dead letters, byte for byte',
      isShort: true,
      holdMs: 400,
      attack: (scene, name) => {
        const crm = scene.messages.crm({ eventId: `${name}-crm` }).message.value as Buffer;
        const values = Object.entries(hostileValues(taskValue(scene, `${name}-task`), crm));
        return values.map(([key, [topic, value]]) => ({
          topic,
          codec: 'gzip' as const,
          records: [poison(value, { key, fate: { kind: 'dead', reasons: NOT_READ } })],
        }));
      },
    }),
    recordTry({
      name: 'an array of 2^40 items of no bytes (the writer says `array of null`)',
      holds: 'a dead letter, found without counting to it',
      isShort: true,
      attack: (scene, name) => {
        const schema = taskSchemaWith({ name: 'nothing', type: { type: 'array', items: 'null' } });
        const body = Buffer.concat([taskValue(scene, name).subarray(5), varint(2n ** 40n), varint(0n)]);
        return alone({ key: name, value: written(scene, schema, body), fate: NOTHING });
      },
    }),
    recordTry({
      name: 'a tree of 100,000 levels (the writer’s schema refers to itself)',
      holds: 'a dead letter or a notification, and no overflow of the stack',
      attack: (scene, name) => {
        const tree = {
          type: 'record',
          name: 'Tree',
          fields: [{ name: 'below', type: ['null', 'Tree'] }],
        };
        const schema = taskSchemaWith({ name: 'tree', type: ['null', tree] });
        const levels = Buffer.alloc(100_000, varint(1n));
        const body = Buffer.concat([taskValue(scene, name).subarray(5), levels, varint(0n)]);
        const value = written(scene, schema, body);
        return alone({ key: name, value, fate: UNDECODABLE });
      },
    }),
    recordTry({
      name: 'a `fixed` of 2 GB in the writer’s schema',
      holds: 'a dead letter, without the memory for it',
      attack: (scene, name) => {
        const schema = taskSchemaWith({ name: 'large', type: { type: 'fixed', name: 'Large', size: 2 ** 31 - 1 } });
        const value = written(scene, schema, taskValue(scene, name).subarray(5));
        return alone({ key: name, value, fate: NOTHING });
      },
    }),
    recordTry({
      name: 'fields of the writer’s schema called `__proto__` and `constructor`',
      holds: 'the event is notified, and nothing else changes',
      attack: (scene, name) => {
        const fields = ['__proto__', 'constructor'].map((field) => ({ name: field, type: 'string', default: '' }));
        const schema = { ...SCHEMAS.TaskEvent, fields: [...SCHEMAS.TaskEvent.fields, ...fields] };
        const body = Buffer.concat([taskValue(scene, `${name}-a`).subarray(5), Buffer.from([2, 65, 2, 66])]);
        const value = written(scene, schema, body);
        return alone({ key: name, value, fate: { kind: 'notified', eventId: `${name}-a` } });
      },
    }),
    recordTry({
      name: 'texts with NUL, CR LF, markup, lone surrogates’ bytes and 100 KB of combining marks',
      holds: 'they are notified as they are; what is no UTF-8 in an id is a dead letter',
      attack: (scene, name) => {
        const title = `\0\r\nX-Injected: yes\r\n\r\n<script>alert(1)</script>${'\u0301'.repeat(50_000)}`;
        const broken = Buffer.from(taskValue(scene, `${name}-broken`));
        broken[broken.indexOf(`${name}-broken`) + 1] = 0xff;
        return [
          {
            topic: TASKS,
            codec: 'none',
            records: [
              good(scene, `${name}-a`, { value: taskValue(scene, `${name}-a`, title) }),
              poison(broken, { fate: UNDECODABLE }),
            ],
          },
        ];
      },
    }),
    recordTry({
      name: 'the same event 5,000 times, in one batch',
      holds: 'one notification',
      attack: (scene, name) => {
        const one = good(scene, `${name}-a`);
        const again = { ...one, fate: { kind: 'skipped' } as const };
        return [{ topic: TASKS, codec: 'gzip', records: [one, ...Array.from({ length: 4999 }, () => again)] }];
      },
      holdMs: 1000,
    }),
  ],
};
