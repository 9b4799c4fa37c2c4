/** The store of the model keeps what LMDB would keep: the same writes, the same answers. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Batch, type Table } from '../../../state/lmdb/table.js';
import { temporaryState } from '../../unit/state/temporary-state.js';
import { openMemoryEnvironment } from './memory-environment.js';
import { Simulation } from './simulation.js';

const key = fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => Buffer.from(bytes));
const value = fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => Buffer.from(bytes));
const write = fc.oneof(
  fc.record({ put: fc.constant(true), key, value }),
  fc.record({ put: fc.constant(false), key, value }),
);

const entriesOf = (table: Table, start: Buffer, end: Buffer): string[] =>
  [...table.getRange({ start, end })].map(
    (entry) => `${Buffer.from(entry.key).toString('hex')}=${entry.value.toString('hex')}`,
  );

it('answers as LMDB does, after each batch', { timeout: 30_000 }, async () => {
  const lmdb = temporaryState().environment;
  let opened = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(write, { maxLength: 8 }), { maxLength: 5 }), key, key, async (batches, a, b) => {
      const name = `table-${(opened += 1)}`;
      const real = lmdb.table(name);
      const model = openMemoryEnvironment(new Map(), { begun: () => undefined, held: () => undefined }).table(name);
      const [start, end] = Buffer.compare(a, b) < 0 ? [a, b] : [b, a];
      for (const batch of batches) {
        const steps = new Batch();
        for (const entry of batch) {
          if (entry.put) steps.put(entry.key, entry.value);
          else steps.remove(entry.key);
        }
        await real.write(steps);
        await inSimulation(() => model.write(steps));
        expect(entriesOf(model, start, end)).toEqual(entriesOf(real, start, end));
        for (const entry of batch)
          expect(model.get(entry.key)?.toString('hex')).toBe(real.get(entry.key)?.toString('hex'));
      }
      const keysOf = (table: Table): string[] => table.keys().map((key) => key.toString('hex'));
      expect(keysOf(model)).toEqual(keysOf(real));
    }),
    { numRuns: 50 },
  );
});

it('holds nothing of a batch before its time', async () => {
  const simulation = new Simulation();
  const table = openMemoryEnvironment(new Map(), { begun: () => undefined, held: () => undefined }).table('t');
  const [one, two] = [Buffer.from('1'), Buffer.from('2')];
  simulation.begin();
  try {
    await simulation.within({ name: 'p', state: 'running' }, () => {
      const batch = new Batch();
      for (const key of [one, two]) batch.put(key, key);
      void table.write(batch);
    });
    expect([table.get(one), table.get(two)]).toEqual([undefined, undefined]);
    await simulation.step();
    expect([table.get(one), table.get(two)]).toEqual([one, two]);
  } finally {
    simulation.end();
  }
});

async function inSimulation(work: () => Promise<unknown>): Promise<void> {
  const simulation = new Simulation();
  simulation.begin();
  try {
    await simulation.within({ name: 'p', state: 'running' }, () => void work());
    await simulation.step();
  } finally {
    simulation.end();
  }
}
