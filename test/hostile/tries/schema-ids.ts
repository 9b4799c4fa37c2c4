/** Schema ids that the registry never answers well: an id's own fault is told from an outage. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

import { good, taskValue, TASKS } from '../makers.js';
import type { RecordScene } from '../record-scene.js';
import { recordTry, type Attack, type HostileRecord } from '../record-try.js';
import type { TryGroup } from '../try.js';

const WRONG = { kind: 'dead', reasons: ['wrong-record'] } as const;
const UNKNOWN = { kind: 'dead', reasons: ['unknown-schema'] } as const;
const BLOCKED = 'the partition stood still for ever, the worker was not ready';

function withId(scene: RecordScene, eventId: string, id: number, fate: HostileRecord['fate']): HostileRecord {
  const value = taskValue(scene, eventId);
  value.writeUInt32BE(id, 1);
  return { key: eventId, value, fate };
}

function error(code: number, message = 'no'): string {
  return JSON.stringify({ error_code: code, message });
}

/** A good one, one of an id that is answered like that, and another good one behind it. */
function answeredWith(status: number, body: string | Buffer, fate: HostileRecord['fate']) {
  return (scene: RecordScene, name: string): Attack[] => {
    const id = scene.nextSchemaId();
    scene.registry.answers.set(id, () => ({ status, body }));
    return [
      {
        topic: TASKS,
        codec: 'none',
        records: [good(scene, `${name}-a`), withId(scene, `${name}-bad`, id, fate), good(scene, `${name}-b`)],
      },
    ];
  };
}

async function gatewayIsReady(scene: RecordScene): Promise<void> {
  for (const { process } of scene.workers) {
    const { http } = await process.ports();
    const reply = await fetch(`http://127.0.0.1:${http}/readyz?role=gateway`);
    expect(reply.status, '/readyz?role=gateway').toBe(200);
  }
}

export const SCHEMA_IDS: TryGroup<RecordScene> = {
  title: 'schema ids',
  against: 'one partition of a stream worker whose registry answers badly for one id',
  tries: [
    recordTry({
      name: 'an id whose schema is 1.1 MB',
      holds: 'one dead letter `wrong-record`; the gateway stays ready meanwhile',
      before: BLOCKED,
      isShort: true,
      shows: '5',
      meanwhile: gatewayIsReady,
      attack: (scene, name) => {
        const schema = JSON.stringify({ type: 'record', name: 'TaskEvent', doc: 'x'.repeat(1_100_000), fields: [] });
        return answeredWith(200, JSON.stringify({ schema }), WRONG)(scene, name);
      },
    }),
    recordTry({
      name: 'an id that is answered 400 (an artifact of another type)',
      holds: 'one dead letter `wrong-record`',
      before: BLOCKED,
      shows: '5',
      attack: answeredWith(400, error(400, 'The artifact is of another type'), WRONG),
    }),
    recordTry({
      name: 'an id that is answered 403',
      holds: 'one dead letter `wrong-record`; the gateway stays ready meanwhile',
      before: BLOCKED,
      shows: '5',
      meanwhile: gatewayIsReady,
      attack: answeredWith(403, error(40301, 'Forbidden'), WRONG),
    }),
    recordTry({
      name: 'an id that is answered 410, one that is answered 422',
      holds: 'two dead letters `wrong-record`',
      before: BLOCKED,
      attack: (scene, name) => [
        ...answeredWith(410, error(410), WRONG)(scene, `${name}-gone`),
        ...answeredWith(422, error(42201), WRONG)(scene, `${name}-invalid`),
      ],
    }),
    recordTry({
      name: 'an id whose schema is no JSON, one of another kind (PROTOBUF), one of another record',
      holds: 'dead letters `wrong-record`',
      attack: (scene, name) => {
        const other = { type: 'record', name: 'Other', fields: [{ name: 'a', type: 'int' }] };
        const bodies = [
          { schema: '{"type":' },
          { schemaType: 'PROTOBUF', schema: 'syntax = "proto3";' },
          { schema: JSON.stringify(other) },
        ];
        return bodies.flatMap((body, index) =>
          answeredWith(200, JSON.stringify(body), WRONG)(scene, `${name}-${index}`),
        );
      },
    }),
    recordTry({
      name: 'ids 0, 2^31, 2^32-1',
      holds: 'dead letters',
      attack: (scene, name) => [
        {
          topic: TASKS,
          codec: 'none',
          records: [0, 2 ** 31, 2 ** 32 - 1].map((id) =>
            withId(scene, `${name}-${id}`, id, {
              kind: 'dead',
              reasons: ['unknown-schema', 'wrong-record', 'undecodable'],
            }),
          ),
        },
      ],
    }),
    recordTry({
      name: '40 ids that nobody knows, before one that is registered a second later',
      holds: '40 dead letters `unknown-schema`, and the late one is notified',
      before: 'the late one was a dead letter, the 40 had used up its patience',
      isShort: true,
      shows: '5',
      attack: (scene, name) => {
        const [late, known] = [scene.nextSchemaId(), scene.ids.get('TaskEvent')!];
        let firstAsked: number | undefined;
        scene.registry.answers.set(late, () => {
          firstAsked ??= performance.now();
          const isKnown = performance.now() - firstAsked > 1200;
          return isKnown ? known : { status: 404, body: error(40403, 'Schema not found') };
        });
        const unknown = Array.from({ length: 40 }, (_, index) => {
          const id = scene.nextSchemaId();
          scene.registry.answers.set(id, () => ({ status: 404, body: error(40403, 'Schema not found') }));
          return withId(scene, `${name}-unknown-${index}`, id, UNKNOWN);
        });
        const eventId = `${name}-late`;
        return [
          {
            topic: TASKS,
            codec: 'none',
            records: [...unknown, withId(scene, eventId, late, { kind: 'notified', eventId })],
          },
        ];
      },
    }),
    recordTry({
      name: 'the same bad id again, 2,000 times',
      holds: 'dead letters at once: the registry is not asked for each',
      attack: (scene, name) => {
        const id = scene.nextSchemaId();
        scene.registry.answers.set(id, () => ({ status: 403, body: error(40301) }));
        const records = Array.from({ length: 2000 }, (_, index) => withId(scene, `${name}-${index}`, id, WRONG));
        return [{ topic: TASKS, codec: 'gzip', records }];
      },
      before: BLOCKED,
      meanwhile: async (scene) => {
        await delay(6000);
        expect(Math.max(...scene.registry.asked.values()), 'requests for one id').toBeLessThan(40);
      },
    }),
    recordTry({
      name: 'an id that is answered 500 for three seconds',
      holds: 'it counts as an outage: the record waits and is notified, nothing is a dead letter',
      attack: (scene, name) => {
        const [id, known] = [scene.nextSchemaId(), scene.ids.get('TaskEvent')!];
        let firstAsked: number | undefined;
        scene.registry.answers.set(id, () => {
          firstAsked ??= performance.now();
          return performance.now() - firstAsked > 3000 ? known : { status: 500, body: 'out of order' };
        });
        const eventId = `${name}-late`;
        return [{ topic: TASKS, codec: 'none', records: [withId(scene, eventId, id, { kind: 'notified', eventId })] }];
      },
    }),
  ],
};
