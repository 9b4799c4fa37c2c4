/** Takes the lock of the directory that it is given and says `held`, or why not; for tests, in a process of its own. */
import { DirectoryLock } from '../../../../state/lmdb/directory-lock.js';
import { messageOf } from '../../../../common/errors.js';

DirectoryLock.take(process.argv[2]!).then(
  () => {
    process.stdout.write('held\n');
    setInterval(() => undefined, 1000);
  },
  (error: unknown) => process.stdout.write(`${messageOf(error)}\n`),
);
