/** Lines of an export, as a person has edited them, as letters to be replayed: all are checked before any is sent. */
import { createHash } from 'node:crypto';
import { stringify } from 'lossless-json';
import { FatalError } from '../../../common/errors.js';
import { getOrMake } from '../../../common/get-or-make.js';
import type { SourceRules } from '../../../processors/rules/rule-set.js';
import { JsonFault } from '../../../schemas/json/json-fault.js';
import { writeAvro } from '../../../schemas/json/write-avro.js';
import type { RegistryClient } from '../../../schemas/registry/registry-client.js';
import { foundId, subjectOf } from '../../../schemas/registry/registry.js';
import { framed } from '../../../schemas/wire-format.js';
import { placeText } from './dead-letter.js';
import { LetterDecoder, type DecodedValue } from './decoded.js';
import { eventHash, readExportLine, type ExportLine } from './export-file.js';
import { changesOf, type FieldChange } from './field-changes.js';
import type { LetterToReplay } from './replay.js';
import type { LetterBounds } from './scan.js';
import { WriterSchemas, type WriterSchema } from './writer-schemas.js';

/** A line as it will be sent. */
export interface ImportedLetter extends LetterToReplay {
  readonly line: number;
  /** The dead-letter topic that it was exported from; null where that has no id. */
  readonly topicId: string | null;
  readonly source: SourceRules | undefined;
  /** What was edited; none of a line that is sent as it was. */
  readonly changes: readonly FieldChange[];
  /** As it was edited; undefined of a line that is sent as it was. */
  readonly event?: ExportLine['event'];
  /** How an edited event was written: `by schema id 7`. */
  readonly written: string | undefined;
}

export interface ImportedFile {
  readonly letters: readonly ImportedLetter[];
  /** Each with the number of its line. */
  readonly faults: readonly string[];
  readonly sha256: string;
}

/** `sources`: by the name of their topics on the brokers. Throws FatalError when the registry does not answer. */
export async function readImport(
  file: Buffer,
  sources: ReadonlyMap<string, SourceRules>,
  client: RegistryClient,
): Promise<ImportedFile> {
  const reader = new ImportReader(sources, client);
  const letters: ImportedLetter[] = [];
  const faults: string[] = [];
  const lines = new Map<string, number>();
  for (const [index, text] of file.toString().split('\n').entries()) {
    if (text.trim() === '') continue;
    const found = await reader.read(text, index + 1);
    const before = typeof found === 'string' ? undefined : lines.get(placeText(found.letter.at));
    if (typeof found === 'string') faults.push(`${index + 1}: ${found}`);
    else if (before !== undefined) faults.push(`${index + 1}: it is of the same letter as line ${before}`);
    else {
      lines.set(placeText(found.letter.at), index + 1);
      letters.push(found);
    }
  }
  return { letters, faults, sha256: createHash('sha256').update(file).digest('hex') };
}

/**
 * The lines that were exported from another dead-letter topic than the one that is there: an earlier one of its name, or
 * another cluster's. Their places are of other letters, which would count as replayed.
 */
export function faultsOfPlace(
  letters: readonly Pick<ImportedLetter, 'line' | 'topicId' | 'letter'>[],
  topicId: string | undefined,
  bounds: ReadonlyMap<number, LetterBounds>,
): string[] {
  return letters.flatMap(({ line, topicId: exported, letter: { at } }) => {
    if (topicId !== undefined && exported !== null && exported !== topicId)
      return `${line}: it was exported from the dead-letter topic with the id ${exported}, and the one that is there has ${topicId}: it was recreated, or is another cluster's; expected an export of this topic`;
    const end = bounds.get(at.partition)?.end ?? 0;
    return at.offset < end
      ? []
      : `${line}: there is no letter ${placeText(at)}, the partition ends at ${end}; expected an export of this dead-letter topic`;
  });
}

class ImportReader {
  readonly #sources: ReadonlyMap<string, SourceRules>;
  readonly #client: RegistryClient;
  readonly #writers: WriterSchemas;
  readonly #decoder: LetterDecoder;
  readonly #latest = new Map<string, Promise<number | undefined>>();

  constructor(sources: ReadonlyMap<string, SourceRules>, client: RegistryClient) {
    this.#sources = sources;
    this.#client = client;
    this.#writers = new WriterSchemas(client);
    this.#decoder = new LetterDecoder(this.#writers);
  }

  /** What is wrong with it, for a line that cannot be sent. */
  async read(text: string, number: number): Promise<ImportedLetter | string> {
    const line = readExportLine(text);
    if ('fault' in line) return line.fault;
    const { letter, topicId } = line;
    const source = this.#sources.get(letter.origin.topic);
    const unchanged = { line: number, topicId, letter, source, changes: [], written: undefined };
    if (line.event === null || eventHash(line.event) === line.eventSha256) return unchanged;
    const decoded = await this.#decoder.decode(letter, source);
    const before = decoded.isWhole ? decoded.event : null;
    if (before !== null && stringify(before) === stringify(line.event)) return unchanged;
    if (letter.batch !== undefined) return 'it stands for a whole batch, whose records cannot be edited';
    try {
      const { value, written } = await this.#encoded(line, source, decoded);
      return { ...unchanged, edited: { value }, written, changes: changesOf(before, line.event), event: line.event };
    } catch (error) {
      if (error instanceof JsonFault) return `event: ${error.message}`;
      throw error;
    }
  }

  /** As its source is written: JSON that its schema reads, or Avro by the schema that the line names, or else the newest. */
  async #encoded(
    line: ExportLine,
    source: SourceRules | undefined,
    { event, schemaId, branches }: DecodedValue,
  ): Promise<{ value: Buffer; written: string }> {
    if ((line.format ?? source?.format) === 'json') {
      const value = Buffer.from(stringify(line.event)!);
      if (source !== undefined) this.#decoder.jsonReader(source)(value);
      return { value, written: 'as JSON' };
    }
    // What another schema has read says nothing of this one's branches.
    const before = branches && schemaId === line.schemaId ? { value: event, branches } : undefined;
    const named = line.schemaId === null ? undefined : await this.#schema(line.schemaId);
    if (named !== undefined)
      return {
        value: framed(writeAvro(named.type, line.event, before), line.schemaId!),
        written: `by schema id ${line.schemaId}`,
      };
    const subject = subjectOf(line.letter.origin.topic);
    const id = await this.#newest(subject);
    const newest = id === undefined ? undefined : await this.#schema(id);
    if (newest === undefined)
      throw new JsonFault(
        'edited',
        `a schema to write it by: the registry knows neither id ${line.schemaId} nor ${subject}`,
      );
    return {
      value: framed(writeAvro(newest.type, line.event), id!),
      written: `by schema id ${id}, the newest of ${subject}`,
    };
  }

  async #schema(id: number): Promise<Extract<WriterSchema, { kind: 'schema' }> | undefined> {
    const found = await this.#writers.get(id);
    if (found.kind === 'outage') throw new FatalError(`nothing was sent: ${found.message}`);
    return found.kind === 'schema' ? found : undefined;
  }

  #newest(subject: string): Promise<number | undefined> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/latest`;
    return getOrMake(this.#latest, subject, () => this.#client.ask({ method: 'GET', path }).then(foundId));
  }
}
