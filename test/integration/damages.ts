/** What may become of a data file while no worker runs. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { fillState } from '../unit/state/filled-state.js';

const PAGE = 4096;

interface Damage {
  readonly name: string;
  readonly fault: 'damaged' | 'foreign';
  readonly stop: 'SIGTERM' | 'SIGKILL';
  /** What is done to the data file while no worker runs. */
  readonly inflict: (file: string, directory: string) => void | Promise<void>;
}

/** Pages from the middle of the file on. */
function overwritePages(file: string): void {
  const fd = openSync(file, 'r+');
  const pages = Math.floor(statSync(file).size / PAGE);
  for (let page = 4; page < pages; page += 2) writeSync(fd, randomBytes(PAGE), 0, PAGE, page * PAGE);
  closeSync(fd);
}

export const DAMAGES: readonly Damage[] = [
  {
    name: 'cut off',
    fault: 'damaged',
    stop: 'SIGTERM',
    inflict: (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
  },
  { name: 'with overwritten pages', fault: 'damaged', stop: 'SIGKILL', inflict: overwritePages },
  {
    name: 'that is something else',
    fault: 'damaged',
    stop: 'SIGTERM',
    inflict: (file) => writeFileSync(file, randomBytes(50_000)),
  },
  { name: 'of no length', fault: 'damaged', stop: 'SIGKILL', inflict: (file) => writeFileSync(file, '') },
  {
    name: 'of another application',
    fault: 'foreign',
    stop: 'SIGTERM',
    inflict: async (file, directory) => {
      rmSync(file);
      await fillState(directory, { group: 'another-app', cluster: 'another-cluster' });
    },
  },
];
