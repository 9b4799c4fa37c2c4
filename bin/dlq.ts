/** `dlq`: the verbs for dead letters. */
import type { Command } from 'commander';
import { addDlqExport } from './dlq/export.js';
import { addDlqImport } from './dlq/import.js';
import { addDlqList } from './dlq/list.js';
import { addDlqPurge } from './dlq/purge.js';
import { addDlqReplay } from './dlq/replay.js';
import { addDlqResume } from './dlq/resume.js';
import { addDlqShow } from './dlq/show.js';
import { readConfig, type ReadConfig } from './read-config.js';

/** Adds the group with every verb of it. */
export function addDlqCommands(program: Command): void {
  const dlq = program.command('dlq').description('look at dead letters, take them out, play them again, delete them');
  const read: ReadConfig = (needs) => readConfig(program.opts(), {}, needs);
  addDlqList(dlq, read);
  addDlqShow(dlq, read);
  addDlqReplay(dlq, read);
  addDlqExport(dlq, read);
  addDlqImport(dlq, read);
  addDlqPurge(dlq, read);
  addDlqResume(dlq);
}
