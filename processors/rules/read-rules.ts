/** Reads the folder of a rule set. Every fault of every file is reported at once, each with its file and line. */
import { join } from 'node:path';
import { ConfigError, messageOf } from '../../common/errors.js';
import { SOURCE_TOPICS } from '../../common/record.js';
import type { AvroComplex, AvroRecord, AvroSchema } from '../../schemas/avro/avro-schema.js';
import { parseType } from '../../schemas/avro/parse-type.js';
import { compileJsonReader } from '../../schemas/json/json-reader.js';
import { SCHEMAS } from '../../schemas/types.js';
import { checkRules, type CheckedLanguage, type CheckedSource } from './check-rules.js';
import { languageShape, manifestShape, RECORD_PLACE, sourceShape, type SourceShape } from './rule-shape.js';
import type { Language, RuleSet, SourceRules } from './rule-set.js';
import { RulesFolder } from './rules-folder.js';
import type { Members, YamlFile } from './yaml-file.js';

const MANIFEST = 'rules.yaml';
const SOURCES = 'sources';
const TEXTS = 'texts';
const TEMPLATES = 'templates';
const YAML = '.yaml';
const EVENTS: Members = { under: 'events', missing: { title: '-', message: '-', channels: ['IN_APP'] } };

/** Throws ConfigError with every fault. */
export function readRules(folder: string): RuleSet {
  const files = new RulesFolder(folder);
  const { faults } = files;
  const manifest = files.yaml(MANIFEST)?.read(manifestShape);
  const names = files.names(SOURCES, YAML);
  const sources = names.flatMap((name) => readSource(files, name) ?? []);
  const { language = 'en', version = 1, layout } = manifest ?? {};
  const languages = new Map<string, CheckedLanguage>();
  languages.set(language, { file: undefined, texts: ownTexts(sources) });
  for (const name of files.names(TEXTS, YAML)) {
    const file = files.yaml(`${TEXTS}/${name}${YAML}`);
    const texts = file?.read(languageShape);
    if (texts)
      languages.set(name, {
        file,
        texts: new Map(Object.entries(texts).map(([key, value]) => [key, new Map(Object.entries(value))])),
      });
  }
  const hasTemplates = files.readAll(TEMPLATES);
  const html = layout === undefined ? undefined : files.text(layout, `${MANIFEST}: layout`);
  checkRules({ sources, language, languages, hasUnread: sources.length < names.length }, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return {
    version,
    digest: files.digest(),
    language,
    sources: inOrder(sources.map(({ rules }) => rules)),
    languages: new Map([...languages].map(([tag, { texts }]) => [tag, texts])),
    layout: layout === undefined || html === undefined ? undefined : { path: layout, html },
    templatesDir: hasTemplates ? join(folder, TEMPLATES) : undefined,
  };
}

function readSource(files: RulesFolder, name: string): CheckedSource | undefined {
  const file = files.yaml(`${SOURCES}/${name}${YAML}`);
  const shape = file?.read(sourceShape, EVENTS);
  if (file === undefined || shape === undefined) return undefined;
  const record = readRecord(files, file, shape.schema);
  return record && { file, rules: rulesOf(name, shape, record) };
}

/** A record of the contract by its name, or a schema file of the folder. */
function readRecord(files: RulesFolder, file: YamlFile, schema: string): AvroRecord | undefined {
  const known = new Map<string, AvroRecord>(Object.entries(SCHEMAS)).get(schema);
  if (known !== undefined) return known;
  if (!schema.endsWith('.avsc')) {
    file.fault(
      ['schema'],
      `${schema} is no record of the contract; expected ${Object.keys(SCHEMAS).join(', ')}, or a file such as schemas/HrEvent.avsc`,
    );
    return undefined;
  }
  const text = files.text(schema, `${file.name}: schema`);
  if (text === undefined) return undefined;
  try {
    const record = JSON.parse(text) as AvroSchema;
    // What any of its readers would refuse.
    parseType(record);
    if (!isRecordSchema(record)) {
      file.fault(['schema'], `${schema} holds no record; expected one whose fields are the event's`);
      return undefined;
    }
    compileJsonReader(record);
    return record;
  } catch (error) {
    file.fault(['schema'], `${schema} is no Avro schema: ${messageOf(error)}`);
  }
  return undefined;
}

function rulesOf(name: string, shape: SourceShape, record: AvroRecord): SourceRules {
  const { topic, format, handler, service = name, fields, events, ...common } = shape;
  return {
    ...{ name, topic, format, record, handler, service, fields },
    ...(typeof fields.eventId === 'string' && fields.eventId !== RECORD_PLACE && { idField: fields.eventId }),
    ...(handler === 'accounts' && { bootstraps: 'user-directory' }),
    events: new Map(
      Object.entries(events).map(([type, event]) => [
        type,
        { ...common, ...event, values: { ...common.values, ...event.values } },
      ]),
    ),
  };
}

/** The contract's first, in its order. */
function inOrder(sources: readonly SourceRules[]): readonly SourceRules[] {
  const place = ({ topic }: SourceRules): number => {
    const known = (SOURCE_TOPICS as readonly string[]).indexOf(topic);
    return known < 0 ? SOURCE_TOPICS.length : known;
  };
  return [...sources].sort((one, other) => place(one) - place(other));
}

function isRecordSchema(schema: AvroSchema): schema is AvroRecord {
  return typeof schema === 'object' && !Array.isArray(schema) && (schema as AvroComplex).type === 'record';
}

/** The texts that stand in the sources' files. */
function ownTexts(sources: readonly CheckedSource[]): Language {
  return new Map(sources.map(({ rules: { name, events } }) => [name, events]));
}
