import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
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

  it('opens a folder whose name has a dot in it, as a version has', () => {
    const directory = join(temporaryState().directory, 'state-1.2');
    const environment = new StateEnvironment(directory);
    onTestFinished(() => environment.close());
    expect(readdirSync(directory)).toContain('data.mdb');
  });

  it('holds a table for each of many tasks', async () => {
    const { environment } = temporaryState();
    for (let task = 0; task < 100; task += 1) {
      const table = environment.table(`task-${task}`);
      await writeAtomically(table, (batch) => batch.put(Buffer.from('a'), Buffer.from('1')));
    }
    expect(environment.tables()).toHaveLength(100);
  });
});

describe('writeAtomically', () => {
  it('writes nothing of a step that throws half way, then or later', async () => {
    const table = temporaryState().environment.table('t');
    const failing = writeAtomically(table, (batch) => {
      batch.put(Buffer.from('a'), Buffer.from('1'));
      throw new Error('half way');
    });
    await expect(failing).rejects.toThrow('half way');
    await writeAtomically(table, (batch) => batch.put(Buffer.from('b'), Buffer.from('2')));
    expect(table.get(Buffer.from('a'))).toBeUndefined();
  });
});
