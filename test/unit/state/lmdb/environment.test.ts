import { execFileSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StateEnvironment, writeAtomically } from '../../../../state/lmdb/environment.js';
import { FatalError } from '../../../../common/errors.js';
import { temporaryState } from '../temporary-state.js';

describe('StateEnvironment', () => {
  it('names the folder that cannot be opened', () => {
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

describe('what the store takes', () => {
  it('is its file, of which what is removed lies free and is written again', async () => {
    const state = temporaryState();
    const table = state.environment.table('t');
    const keys = Array.from({ length: 2000 }, (_, index) => Buffer.from(String(index)));
    await writeAtomically(table, (batch) => {
      for (const key of keys) batch.put(key, Buffer.alloc(1000));
    });
    const full = state.environment.usage()!;
    expect(full.file).toBe(statSync(join(state.directory, 'data.mdb')).size);
    expect(full.used).toBeGreaterThan(2_000_000);
    expect(full.used + full.freePages).toBe(full.file);
    await writeAtomically(table, (batch) => {
      for (const key of keys) batch.remove(key);
    });
    const empty = state.environment.usage()!;
    expect(empty.used).toBeLessThan(200_000);
    expect(empty.freePages).toBeGreaterThan(1_500_000);
    expect(empty.used + empty.freePages).toBe(empty.file);
  });

  it('is not asked for any more once it closes', async () => {
    const { environment } = temporaryState();
    await environment.close();
    expect(environment.usage()).toBeUndefined();
  });
});

describe('closing the environment', () => {
  it('waits for the write that is on its way, and refuses those and the reads that come after', async () => {
    const state = temporaryState();
    const { environment } = state;
    const table = environment.table('t');
    const written = writeAtomically(table, (batch) => {
      for (let key = 0; key < 2000; key += 1) batch.put(Buffer.from(String(key)), Buffer.alloc(2000));
    });
    let isWritten = false;
    void written.then(() => (isWritten = true));
    const closed = environment.close();
    expect(() => table.get(Buffer.from('1'))).toThrow('is closed');
    expect(() => table.keys()).toThrow('is closed');
    expect(() => environment.table('another')).toThrow('is closed');
    await expect(writeAtomically(table, (batch) => batch.put(Buffer.from('b'), Buffer.from('2')))).rejects.toThrow(
      'is closed',
    );
    await closed;
    expect(isWritten).toBe(true);
    expect(environment.close()).toBe(closed);
    await state.reopen();
    expect(state.environment.table('t').keys()).toHaveLength(2000);
  });

  it('is left to nobody at the exit of the process: LMDB would be closed under a write of its thread', () => {
    const { directory } = temporaryState();
    const module = new URL('../../../../state/lmdb/environment.ts', import.meta.url).href;
    const script = `const { StateEnvironment } = await import(${JSON.stringify(module)});
      const before = process.listenerCount('exit');
      new StateEnvironment(${JSON.stringify(join(directory, 'own'))});
      console.log(process.listenerCount('exit') - before);`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' }).trim()).toBe('0');
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
