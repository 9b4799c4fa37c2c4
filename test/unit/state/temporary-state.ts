/** A real LMDB environment in a folder of its own that is gone after the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { StateEnvironment } from '../../../state/lmdb/environment.js';

export interface TemporaryState {
  readonly directory: string;
  environment: StateEnvironment;
  /** Closes the environment and opens the folder again, as a new process would. */
  reopen(): Promise<StateEnvironment>;
}

export function temporaryState(): TemporaryState {
  const directory = mkdtempSync(join(tmpdir(), 'streams-state-'));
  const state: TemporaryState = {
    directory,
    environment: new StateEnvironment(directory),
    async reopen() {
      await state.environment.close();
      state.environment = new StateEnvironment(directory);
      return state.environment;
    },
  };
  onTestFinished(async () => {
    await state.environment.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return state;
}
