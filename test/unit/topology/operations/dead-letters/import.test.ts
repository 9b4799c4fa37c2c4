import { describe, expect, it } from 'vitest';
import { rulesIn } from '../../../../../processors/rules/shipped.js';
import type { SourceRules } from '../../../../../processors/rules/rule-set.js';
import type { RegistryAnswer, RegistryRequest } from '../../../../../schemas/registry/registry-client.js';
import { SCHEMAS } from '../../../../../schemas/types.js';
import { LetterDecoder } from '../../../../../topology/operations/dead-letters/decoded.js';
import { exportLine } from '../../../../../topology/operations/dead-letters/export-file.js';
import {
  faultsOfPlace,
  readImport,
  type ImportedFile,
} from '../../../../../topology/operations/dead-letters/import.js';
import { WriterSchemas } from '../../../../../topology/operations/dead-letters/writer-schemas.js';
import { encodeWith } from '../../../../../topology/testing/driver.js';
import { InMemoryRegistry } from '../../../../../topology/testing/in-memory-registry.js';
import { task } from '../../../../contract/events.js';
import { deadLetter, type LetterParts } from './letters.js';

const TASKS = 'it.TASK_EVENT_TOPIC';
const source = rulesIn(undefined).sources.find(({ topic }) => topic === 'TASK_EVENT_TOPIC')!;

/** One whose newest schema of every subject is known. */
class Registry extends InMemoryRegistry {
  newest: number | undefined;

  override ask(request: RegistryRequest): Promise<RegistryAnswer> {
    if (!request.path.endsWith('/versions/latest')) return super.ask(request);
    return Promise.resolve(
      this.newest === undefined
        ? { kind: 'missing', message: 'no such subject' }
        : { kind: 'ok', body: { id: this.newest } },
    );
  }
}

const registry = new Registry();
const id = registry.register(SCHEMAS.TaskEvent);
const value = (event: Parameters<typeof task>[0]): Buffer => encodeWith(SCHEMAS.TaskEvent, id, task(event));

/** The line that an export has of a letter. */
async function lineOf(parts: LetterParts, from: SourceRules = source): Promise<string> {
  const letter = deadLetter(parts);
  return exportLine(letter, await new LetterDecoder(new WriterSchemas(registry)).decode(letter, from), 'id-1');
}

function imported(lines: readonly string[], from: SourceRules = source): Promise<ImportedFile> {
  return readImport(Buffer.from(lines.join('\n')), new Map([[TASKS, from]]), registry);
}

describe('an import', () => {
  it('sends a line that was not edited as it was, byte for byte', async () => {
    const headers = [['a', '1']] as const;
    const parts = { value: value({ tenantId: 0n, taskId: 2n ** 62n + 1n }), key: null, headers };
    const { letters, faults } = await imported([await lineOf(parts), '']);
    expect(faults).toEqual([]);
    const { rawHeaders, ...original } = deadLetter(parts);
    const { at, origin, key, timestamp, replayCount } = original;
    expect(letters[0]).toMatchObject({
      changes: [],
      letter: { at, origin, key, timestamp, replayCount },
    });
    expect(letters[0]!.edited).toBeUndefined();
    expect(letters[0]!.letter.value).toEqual(parts.value);
    expect(letters[0]!.letter.rawHeaders.bytes).toEqual(rawHeaders.bytes);
  });

  it('sends a line that was not edited as it was also when nobody knows its schema any more', async () => {
    registry.newest = id;
    const was = encodeWith(SCHEMAS.TaskEvent, 901, task({}));
    const line = (await lineOf({ value: value({}) })).replace(`"schemaId":${id}`, '"schemaId":901');
    const { letters } = await imported([line.replace(/"value":"[^"]*"/, `"value":"${was.toString('base64')}"`)]);
    expect([letters[0]!.edited, letters[0]!.letter.value]).toEqual([undefined, was]);
    registry.newest = undefined;
  });

  it("encodes what was edited by the writer's schema, with all else as it was", async () => {
    const line = await lineOf({ value: value({ tenantId: 0n, taskId: 2n ** 62n + 1n }) });
    const { letters } = await imported([line.replace('"tenantId":0', '"tenantId":7')]);
    expect(letters[0]!.edited!.value).toEqual(value({ tenantId: 7n, taskId: 2n ** 62n + 1n }));
    expect(letters[0]!.written).toBe(`by schema id ${id}`);
    expect(letters[0]!.changes.map(({ path, before, after }) => [path, String(before), String(after)])).toEqual([
      [['tenantId'], '0', '7'],
    ]);
  });

  it('changes nothing of a union that was not edited', async () => {
    const fields = [...SCHEMAS.TaskEvent.fields, { name: 'proof', type: ['null', 'bytes', 'string'] }];
    const schema = { ...SCHEMAS.TaskEvent, fields };
    const withUnion = registry.register(schema);
    const bytes = (tenantId: bigint): Buffer =>
      Buffer.concat([
        Buffer.from([0]),
        Buffer.from(Uint32Array.of(withUnion).buffer).reverse(),
        value({ tenantId }).subarray(5),
        Buffer.from([2, 6, 1, 2, 3]),
      ]);
    const line = await lineOf({ value: bytes(0n) });
    const { letters } = await imported([line.replace('"tenantId":0', '"tenantId":7')]);
    expect(letters[0]!.edited!.value).toEqual(bytes(7n));
  });

  it('encodes an event whose schema nobody knows by the newest of its subject', async () => {
    const line = (await lineOf({ value: value({ tenantId: 0n }) }))
      .replace(`"schemaId":${id}`, '"schemaId":900')
      .replace('"tenantId":0', '"tenantId":7');
    const unknown = line.replace(/"value":"[^"]*"/, `"value":"${Buffer.from([0, 0, 0, 3, 132]).toString('base64')}"`);
    expect((await imported([unknown])).faults).toEqual([
      `1: event: the whole value is edited; expected a schema to write it by: the registry knows neither id 900 nor ${TASKS}-value`,
    ]);
    registry.newest = id;
    const { letters } = await imported([unknown]);
    expect(letters[0]).toMatchObject({
      written: `by schema id ${id}, the newest of ${TASKS}-value`,
      edited: { value: value({ tenantId: 7n }) },
    });
  });

  it('writes an event of a JSON source as JSON, which its schema must read', async () => {
    const json: SourceRules = { ...source, format: 'json' };
    const text = JSON.stringify({ ...task({ tenantId: 0n }) }, (_, one: unknown) =>
      typeof one === 'bigint' ? Number(one) : one,
    );
    const line = await lineOf({ value: Buffer.from(text) }, json);
    const { letters } = await imported([line.replace('"tenantId":0', '"tenantId":7')], json);
    expect(JSON.parse(String(letters[0]!.edited!.value))).toMatchObject({ tenantId: 7 });
    const { faults } = await imported([line.replace('"tenantId":0', '"tenantId":"x"')], json);
    expect(faults).toEqual([expect.stringMatching(/^1: event: \/tenantId is a text; expected an int64/)]);
  });

  it('refuses lines of another dead-letter topic, and places that the present one has not reached', async () => {
    const line = await lineOf({ value: value({}) });
    const lines = [
      line,
      line.replace('"3:42"', '"3:50"').replace('"id-1"', '"id-0"'),
      line.replace('"3:42"', '"3:60"'),
    ];
    const { letters, faults } = await imported([...lines, line.replace('"3:42"', '"9:1"').replace('"id-1"', 'null')]);
    expect(faults).toEqual([]);
    const bounds = new Map([[3, { low: 45, end: 60 }]]);
    expect(faultsOfPlace(letters, 'id-1', bounds)).toEqual([
      "2: it was exported from the dead-letter topic with the id id-0, and the one that is there has id-1: it was recreated, or is another cluster's; expected an export of this topic",
      '3: there is no letter 3:60, the partition ends at 60; expected an export of this dead-letter topic',
      '4: there is no letter 9:1, the partition ends at 0; expected an export of this dead-letter topic',
    ]);
  });

  it('names each line that cannot be sent, and what is wrong with it', async () => {
    const good = await lineOf({ value: value({ tenantId: 0n }) });
    const defect = { kind: 'unreadable-batch', lastOffset: 12, codec: 'gzip', bytes: 99, message: 'm' } as const;
    const batch = (await lineOf({ key: null, value: null, defect })).replace('"event":null', '"event":{}');
    const { letters, faults } = await imported([
      '{',
      good,
      good.replace('"tenantId":0', '"tenantId":null'),
      good,
      good.replace(/"letter":"[^"]*"/, '"letter":"here"'),
      batch.replace(/"letter":"[^"]*"/, '"letter":"1:1"'),
    ]);
    expect(letters.map(({ line }) => line)).toEqual([2]);
    expect(faults).toEqual([
      '1: it is no JSON',
      '3: event: /tenantId is null; expected an integer of 64 bits',
      '4: it is of the same letter as line 2',
      '5: letter is "here"; expected partition:offset, such as 3:42',
      '6: it stands for a whole batch, whose records cannot be edited',
    ]);
  });
});
