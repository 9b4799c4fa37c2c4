/** `dlq show`: single dead letters, with what is wrong in them. */
import type { Command } from 'commander';
import { stringify } from 'lossless-json';
import { rulesIn } from '../../processors/rules/shipped.js';
import type { SourceRules } from '../../processors/rules/rule-set.js';
import { unqualified } from '../../schemas/avro/writer-type.js';
import { RegistryClient } from '../../schemas/registry/registry-client.js';
import { placeText, type DeadLetter, type LetterPlace } from '../../topology/operations/dead-letters/dead-letter.js';
import { LetterDecoder, type DecodedValue } from '../../topology/operations/dead-letters/decoded.js';
import { Mask } from '../../topology/operations/dead-letters/mask.js';
import { withDeadLetters } from '../../topology/operations/dead-letters/open.js';
import { letterBounds, scanDeadLetters, type LetterBounds } from '../../topology/operations/dead-letters/scan.js';
import { sourcesByTopic } from '../../topology/operations/dead-letters/sources-by-topic.js';
import { WriterSchemas } from '../../topology/operations/dead-letters/writer-schemas.js';
import type { Config } from '../../topology/worker/config.js';
import type { ReadConfig } from '../read-config.js';
import { eachFlag, positionFlag } from '../flags.js';
import { advise, say } from '../print.js';
import { letterJson } from './letter-json.js';
import { letterLines, type ShownParts } from './show-text.js';

interface ShowFlags {
  readonly payload?: true;
  readonly json?: true;
}

export function addDlqShow(dlq: Command, read: ReadConfig): void {
  dlq
    .command('show')
    .description('show dead letters, with what is wrong in them')
    .argument('<partition:offset...>', "their places, as the first column of 'dlq list' says them")
    .option('--payload', 'what they hold, personal data included; without it values are masked')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExit code 1 when one of them is not there.')
    .action(async (places: string[], flags: ShowFlags) => show(read({ registry: true }), places, flags));
}

async function show(config: Config, given: readonly string[], flags: ShowFlags): Promise<void> {
  const at = eachFlag(given, (place) => positionFlag('<partition:offset>', place));
  const { sources } = rulesIn(config.rulesDir);
  const byTopic = sourcesByTopic(sources, config.names);
  const letters = new Map<string, DeadLetter>();
  const missing = new Map<string, string>();
  await withDeadLetters(config, async (connections) => {
    const bounds = await letterBounds(connections, config.names);
    for (const place of at) missing.set(placeText(place), whyMissing(place, bounds));
    const onForeign = (place: LetterPlace, { fault }: { fault: string }): unknown =>
      missing.set(placeText(place), `the record there is no dead letter of ours: ${fault}`);
    for await (const letter of scanDeadLetters(connections, config.names, { selection: { at }, onForeign }))
      letters.set(placeText(letter.at), letter);
  });
  const decoder = new LetterDecoder(new WriterSchemas(new RegistryClient(config.registry)));
  for (const place of new Set(at.map(placeText))) {
    const letter = letters.get(place);
    if (letter === undefined) {
      advise(`${place}: ${missing.get(place)!}`);
      process.exitCode = 1;
      continue;
    }
    const source = byTopic.get(letter.origin.topic);
    const decoded = await decoder.decode(letter, source);
    const parts = flags.payload ? wholeParts(letter, decoded) : maskedParts(letter, decoded, sources, source);
    say(flags.json ? [jsonLine(letter, decoded, parts)] : [...letterLines(letter, decoded, parts, Date.now()), '']);
  }
  if (!flags.payload && !flags.json && letters.size > 0) advise('(values are masked; --payload shows them)');
}

/** Where no dead letter is found at a place. */
function whyMissing({ partition, offset }: LetterPlace, bounds: ReadonlyMap<number, LetterBounds>): string {
  const found = bounds.get(partition);
  if (found === undefined) return `the dead-letter topic has ${bounds.size} partitions`;
  if (offset < found.low) return `it is gone: partition ${partition} begins at ${found.low}`;
  if (offset >= found.end) return `partition ${partition} ends at ${found.end}`;
  return 'no committed record has this offset';
}

function wholeParts({ key, headers }: DeadLetter, { event, fault }: DecodedValue): ShownParts {
  return { key, headers, event, fault, isWhole: true };
}

function maskedParts(
  { key, headers }: DeadLetter,
  { event, record, fault }: DecodedValue,
  sources: readonly SourceRules[],
  source: SourceRules | undefined,
): ShownParts {
  // By the record that it is, which may be another than the topic's.
  const isOther = source !== undefined && record !== null && unqualified(record) !== source.record.name;
  const mask = new Mask(isOther ? sources.find((one) => one.record.name === unqualified(record)) : source);
  return {
    key: mask.key(key, event),
    headers: headers.map(([name, value]) => [name, mask.bytes(value)]),
    event: event && mask.event(event),
    fault: fault && { ...fault, fields: fault.fields.map((path) => mask.path(path.split('.'), event).join('.')) },
    isWhole: false,
  };
}

/** Bytes are in base64; what is masked is an object that says so. */
function jsonLine(
  letter: DeadLetter,
  decoded: DecodedValue,
  { key, headers, event, fault, isWhole }: ShownParts,
): string {
  const { exception, stackTrace, value } = letter;
  const { format, schemaId, record, note } = decoded;
  const bytes = <T>(given: Buffer | T): string | T => (Buffer.isBuffer(given) ? given.toString('base64') : given);
  const line = {
    ...letterJson(letter),
    ...{ exception, stackTrace },
    key: bytes(key),
    headers: headers.map(([name, given]) => [name, bytes(given)]),
    value: {
      bytes: value?.length ?? null,
      ...{ format, schemaId, record, event, fault: fault ?? null, note: note ?? null },
      ...(isWhole && { base64: value?.toString('base64') ?? null }),
    },
  };
  return stringify(line)!;
}
