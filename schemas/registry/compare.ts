/** Our schemas against those that were there before: in the registry, or in the folder of an earlier release. */
import { messageOf } from '../../common/errors.js';
import type { AvroSchema } from '../avro/avro-schema.js';
import { schemaDifferences } from '../avro/differences.js';
import { readFaults } from '../avro/read-faults.js';
import { parseWriter } from '../avro/writer-type.js';
import type { OwnSubject } from './own-subjects.js';

/**
 * Why a schema of ours cannot take the place of an earlier one; none when it can. What was written before must be read by
 * ours; and what we write, by those who still have the earlier one: workers that roll, consumers.
 */
export function replacementFaults({ schema, kind }: OwnSubject, earlier: string): readonly string[] {
  try {
    const [ours, before] = [parseWriter(schema), parseWriter(JSON.parse(earlier))];
    const backward = readFaults(before, ours, { isOurs: true }).map(
      (fault) => `what was written before is not read: ${fault}`,
    );
    if (kind === 'source') return backward;
    const forward = readFaults(ours, before, { isOurs: false });
    return [...backward, ...forward.map((fault) => `who has the earlier schema does not read ours: ${fault}`)];
  } catch (error) {
    return [`it is no Avro schema: ${messageOf(error)}`];
  }
}

/** In words; none when both say the same. `there`: what the other one is called. */
export function differencesFrom({ schema }: OwnSubject, other: string, there: string): readonly string[] {
  try {
    return schemaDifferences(schema, JSON.parse(other) as AvroSchema, { one: 'ours', other: there });
  } catch (error) {
    return [`the schema in ${there} is no Avro schema: ${messageOf(error)}`];
  }
}
