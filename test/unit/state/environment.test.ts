import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StateEnvironment, writeAtomically } from '../../../state/environment.js';
import { FatalError } from '../../../topology/errors.js';
import { temporaryState } from './temporary-state.js';

describe('StateEnvironment', () => {
  it('names the folder that can not be opened', () => {
    const file = join(temporaryState().directory, 'a-file');
    writeFileSync(file, 'x');
    expect(() => new StateEnvironment(join(file, 'state'))).toThrow(FatalError);
    expect(() => new StateEnvironment(join(file, 'state'))).toThrow(/STATE_DIR .*a-file/);
  });

  it('holds a table for each of many tasks', () => {
    const { environment } = temporaryState();
    for (let task = 0; task < 100; task += 1) environment.table(`task-${task}`);
    expect(environment.tables()).toHaveLength(100);
  });
});

describe('writeAtomically', () => {
  it('writes nothing when the step throws, and says that the store can not be written', async () => {
    const table = temporaryState().environment.table('t');
    const failing = writeAtomically(table, () => {
      void table.put(Buffer.from('a'), Buffer.from('1'));
      throw new Error('half way');
    });
    await expect(failing).rejects.toThrow('the state store can not be written: half way');
    await expect(failing).rejects.toBeInstanceOf(FatalError);
    expect(table.get(Buffer.from('a'))).toBeUndefined();
  });
});
