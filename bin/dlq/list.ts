/** `dlq list`: which dead letters there are, one by one or summed. */
import type { Command } from 'commander';
import { rulesIn } from '../../processors/rules/shipped.js';
import { originText, placeText, type DeadLetter } from '../../topology/operations/dead-letters/dead-letter.js';
import { withDeadLetters } from '../../topology/operations/dead-letters/open.js';
import { scanDeadLetters } from '../../topology/operations/dead-letters/scan.js';
import { SUM_KEYS, Sums, type SumKey } from '../../topology/operations/dead-letters/sums.js';
import type { Config } from '../../topology/worker/config.js';
import type { ReadConfig } from '../read-config.js';
import { eachFlag, wordFlag } from '../flags.js';
import { advise, say, sayJson } from '../print.js';
import { ForeignRecords } from './foreign.js';
import { letterJson } from './letter-json.js';
import { printable } from './printable.js';
import { addSelectionFlags, selectionOf, type SelectionFlags } from './selection-flags.js';
import { Table } from './table.js';
import { ageText, bytesText, timeText } from './units.js';

interface ListFlags extends SelectionFlags {
  readonly by?: string;
  readonly json?: true;
}

export function addDlqList(dlq: Command, read: ReadConfig): void {
  addSelectionFlags(dlq.command('list').description('list dead letters, the newest last'))
    .option('--by <what>', 'sums instead: by reason, topic, or reason,topic')
    .option('--json', 'one JSON object a line')
    .action(async (flags: ListFlags) => list(read(), flags));
}

async function list(config: Config, flags: ListFlags): Promise<void> {
  const now = Date.now();
  const selection = selectionOf(flags, rulesIn(config.rulesDir).sources, now);
  const output = outputOf(flags, now);
  const foreign = new ForeignRecords();
  let count = 0;
  await withDeadLetters(config, async (connections) => {
    for await (const letter of scanDeadLetters(connections, config.names, { selection, onForeign: foreign.add })) {
      output.add(letter);
      count += 1;
    }
  });
  output.end();
  if (count === 0) advise('no dead letter is selected');
  if (count === selection.limit) advise(`these are the oldest ${count}: --limit ${count}`);
  foreign.report();
}

interface Output {
  add(letter: DeadLetter): void;
  end(): void;
}

function outputOf({ by, json }: ListFlags, now: number): Output {
  const keys = by === undefined ? undefined : eachFlag(by.split(','), (word) => wordFlag('--by', word, SUM_KEYS));
  if (keys !== undefined) return summed(keys, json === true, now);
  if (json) return { add: (letter) => sayJson([letterJson(letter)]), end: () => undefined };
  const table = new Table(['LETTER', 'AGE', 'REASON', 'ORIGIN', 'REPLAYS', 'SIZE', 'MESSAGE'], [4, 5], sayLine);
  return { add: (letter) => table.add(rowOf(letter, now)), end: () => table.end() };
}

function rowOf(letter: DeadLetter, now: number): string[] {
  const { at, appendedAt, reason, replayCount, bytes, message } = letter;
  return [
    ...[placeText(at), ageText(now - appendedAt), printable(reason), printable(originText(letter))],
    ...[String(replayCount), bytesText(bytes), printable(message)],
  ];
}

function summed(keys: readonly SumKey[], isJson: boolean, now: number): Output {
  const sums = new Sums(keys);
  return {
    add: (letter) => sums.add(letter),
    end: () => {
      if (isJson) {
        sayJson(sums.all());
        return;
      }
      const columns = [...keys.map((key) => key.toUpperCase()), 'COUNT', 'OLDEST', 'NEWEST', 'NEWEST IS'];
      const table = new Table(columns, [keys.length], sayLine);
      for (const { count, oldest, newest, ...common } of sums.all()) {
        const texts = keys.map((key) => printable(common[key] ?? ''));
        table.add([...texts, String(count), timeText(oldest), timeText(newest), `${ageText(now - newest)} old`]);
      }
      table.end();
    },
  };
}

function sayLine(line: string): void {
  say([line]);
}
