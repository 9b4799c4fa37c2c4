/** Takes the lock of the directory that it is given and says `held`, or why not; for tests, in a process of its own. */
import { DirectoryLock } from '../../../state/directory-lock.js';

DirectoryLock.take(process.argv[2]!).then(
  () => {
    process.stdout.write('held\n');
    setInterval(() => undefined, 1000);
  },
  (error: Error) => process.stdout.write(`${error.message}\n`),
);
