/** The files of these projects share their modules, so that each need not load them: what one has begun ends with it. */
import { afterAll } from 'vitest';
import { removeStates } from './harness/environment.js';
import { stopWorkers } from './harness/worker.js';

afterAll(async () => {
  await stopWorkers();
  removeStates();
});
