/** Opens the state directory that it is given as a worker does, and commits to a task: for tests, in a process of its own. */
import { pino } from 'pino';
import { TaskStore } from '../../../state/dedup/task-store.js';
import { FreeSpace } from '../../../state/lmdb/free-space.js';
import { openState } from '../../../state/open-state.js';
import { commitTo, IDENTITY, SHAPE } from './filled-state.js';

const directory = process.argv[2]!;
const log = pino({ level: 'silent' });
const options = { directory, identity: IDENTITY, space: new FreeSpace(directory, log), log };
const environment = await openState(options, new AbortController().signal);
await commitTo(new TaskStore(environment, 0, SHAPE), 100, [1, 2, 3]);
await environment.close();
