/** `dlq export`: dead letters as a file of one JSON object a line, which can be edited and imported. */
import type { Command } from 'commander';
import { ConfigError } from '../../common/errors.js';
import { rulesIn } from '../../processors/rules/shipped.js';
import { RegistryClient } from '../../schemas/registry/registry-client.js';
import { LetterDecoder } from '../../topology/operations/dead-letters/decoded.js';
import { exportLine } from '../../topology/operations/dead-letters/export-file.js';
import { withDeadLetters } from '../../topology/operations/dead-letters/open.js';
import { letterTopicId, scanDeadLetters } from '../../topology/operations/dead-letters/scan.js';
import { sourcesByTopic } from '../../topology/operations/dead-letters/sources-by-topic.js';
import { WriterSchemas } from '../../topology/operations/dead-letters/writer-schemas.js';
import type { Config } from '../../topology/worker/config.js';
import type { ReadConfig } from '../read-config.js';
import { advise, counted } from '../print.js';
import { ForeignRecords } from './foreign.js';
import { LineWriter } from './line-writer.js';
import { addSelectionFlags, selectionOf, type SelectionFlags } from './selection-flags.js';

interface ExportFlags extends SelectionFlags {
  readonly out?: string;
  readonly payload?: true;
}

export function addDlqExport(dlq: Command, read: ReadConfig): void {
  addSelectionFlags(
    dlq.command('export').description('take dead letters out, one JSON object a line, to be edited and imported'),
  )
    .option('--out <file>', 'a file that is not there yet (default: standard output)')
    .option('--payload', 'must be given: an export holds whole events, personal data included')
    .action(async (flags: ExportFlags) => exportLetters(read({ registry: true }), flags));
}

async function exportLetters(config: Config, flags: ExportFlags): Promise<void> {
  const { sources } = rulesIn(config.rulesDir);
  const selection = selectionOf(flags, sources, Date.now());
  if (!flags.payload) {
    throw new ConfigError([
      '--payload is not given: an export holds whole events, with the personal data in them, and is of no use without; say --payload to take them out',
    ]);
  }
  const decoder = new LetterDecoder(new WriterSchemas(new RegistryClient(config.registry)));
  const byTopic = sourcesByTopic(sources, config.names);
  const foreign = new ForeignRecords();
  const output = await LineWriter.open('--out', flags.out);
  let [count, undecoded, note] = [0, 0, ''];
  try {
    await withDeadLetters(config, async (connections) => {
      const topicId = await letterTopicId(connections, config.names);
      for await (const letter of scanDeadLetters(connections, config.names, { selection, onForeign: foreign.add })) {
        const decoded = await decoder.decode(letter, byTopic.get(letter.origin.topic));
        if (!decoded.isWhole) undecoded += 1;
        if (decoded.format === 'avro' && decoded.event === null) note ||= decoded.note ?? '';
        await output.write(exportLine(letter, decoded, topicId));
        count += 1;
      }
    });
    await output.close();
  } catch (error) {
    await output.discard();
    throw error;
  }
  const where = flags.out === undefined ? '' : ` to ${flags.out}`;
  advise(`${counted(count, 'dead letter')} exported${where}`);
  if (undecoded > 0) advise(`${counted(undecoded, 'value')} of them cannot be read: no event to edit`);
  if (note !== '') advise(note);
  foreign.report();
}
