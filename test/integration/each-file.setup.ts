/** The files of these projects share their modules, so that each need not load them: what one has begun ends with it. */
import { afterAll, afterEach, beforeEach } from 'vitest';
import { removeStates } from './harness/environment.js';
import { beginTest, endTest, stopWorkers } from './harness/worker.js';

// Workers that idle beside the tests that follow would take a share of the two cores.
beforeEach(beginTest);
afterEach(endTest);

afterAll(async () => {
  await stopWorkers();
  removeStates();
});
