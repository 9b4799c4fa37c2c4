/** Our reading of other writers' values, held against Avro's own reader for Java. */
import { TOPIC_RECORDS, SOURCES } from '../../dev/contract/sources.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AvroAnswer, readByJava } from '../../dev/oracle/read-avro.js';
import { framed } from '../../schemas/wire-format.js';
import { admitWriter } from '../../schemas/registry/writer.js';
import { avro, type AvroInput, readBy, valuesEditedBy } from '../fuzz/targets/avro.js';
import type { ResolutionRow } from '../unit/schemas/avro/resolutions/row.js';
import { RESOLUTIONS } from '../unit/schemas/avro/resolutions/table.js';
import { OwnRecords } from '../../schemas/registry/own-records.js';

/** A value of ours as the reader writes it. */
function asJson(value: unknown): unknown {
  if (typeof value === 'bigint') return { long: `${value}` };
  if (typeof value === 'number') return { double: bitsOf(value) };
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, asJson(part)]));
}

function bitsOf(value: number): string {
  const eight = Buffer.alloc(8);
  eight.writeDoubleBE(value);
  return eight.readBigUInt64BE().toString(16);
}

describe("Avro's reader for Java", () => {
  it('makes of each row of the table what the table says', async () => {
    const rows = RESOLUTIONS.filter(({ java }) => java !== undefined);
    const answers = await readByJava(
      rows.map(({ topic, writer, references = [], body }) => ({
        body,
        reader: JSON.stringify(TOPIC_RECORDS[topic]),
        writer: JSON.stringify(writer),
        references: references.map((reference) => JSON.stringify(reference)),
      })),
    );
    const said = rows.map(({ name }, index) => [name, outcomeOf(answers[index]!)]);
    expect(said).toEqual(rows.map(({ name, java }) => [name, expected(java)]));
  });

  it('reads what we read, and nothing else, of what producers of other versions write', async () => {
    const inputs = sample(valuesEditedBy(fc.constant([]), fc.constant([])));
    const said = await answersTo(inputs);
    expect(inputs.map((input, index) => [input, said[index]])).toEqual(
      inputs.map((input) => [input, ourAnswer(input)]),
    );
    expect(said.filter((answer) => answer !== 'unread').length).toBeGreaterThan(1000);
  });

  it('reads what we read of values that were damaged', async () => {
    const inputs = sample(avro.inputs).filter((input) => ourAnswer(input) !== 'unread');
    expect(await answersTo(inputs)).toEqual(inputs.map(ourAnswer));
    expect(inputs.length).toBeGreaterThan(500);
  });
});

function sample(inputs: fc.Arbitrary<AvroInput>): AvroInput[] {
  // Java would count the nulls of an array, however many it is told.
  const countable = inputs.filter(({ schema }) => !schema.includes('"items":"null"'));
  return fc.sample(countable, { numRuns: 4000, seed: 21 });
}

async function answersTo(inputs: readonly AvroInput[]): Promise<unknown[]> {
  const answers = await readByJava(
    inputs.map(({ topic, schema, body }) => ({ body, reader: JSON.stringify(TOPIC_RECORDS[topic]), writer: schema })),
  );
  return answers.map(outcomeOf);
}

function ourAnswer({ schema, body }: AvroInput): unknown {
  const writer = admitWriter({ schemaType: 'AVRO', schema }, new OwnRecords(SOURCES));
  if (writer.kind === 'refused') return writer.message;
  try {
    return asJson(readBy(writer, framed(body, 1)));
  } catch {
    // Why is the table's to say.
    return 'unread';
  }
}

function outcomeOf(answer: AvroAnswer): unknown {
  return answer.kind === 'read' ? answer.value : answer.kind;
}

function expected(java: ResolutionRow['java']): unknown {
  return typeof java === 'object' ? asJson(java.reads) : java;
}
