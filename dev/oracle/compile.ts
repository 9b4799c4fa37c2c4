/** Compiles Java programs once, with the compiler that came with the stack's artifacts: a Java runtime alone suffices. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { FatalError, messageOf } from '../../common/errors.js';
import { type Artifacts, fetchArtifacts } from '../stack/artifacts.js';
import { findJava } from '../stack/java.js';
import { projectRoot } from '../../common/project-root.js';
import { placeOf, type StackOptions } from '../stack/place.js';

const run = promisify(execFile);

export interface CompiledOracle {
  readonly java: string;
  readonly classPath: string;
}

/** One source file a program; each is run by its name. */
const SOURCES = ['Oracle.java', 'Load.java'];

type CompileOptions = Pick<StackOptions, 'artifacts' | 'env' | 'progress'>;

/** What programs are compiled with, by the folder of the artifacts that holds it. */
interface Libraries {
  readonly folder: (artifacts: Artifacts) => string;
  readonly needed: RegExp;
}

const KAFKA: Libraries = {
  folder: ({ kafka }) => dirname(kafka),
  needed: /^(kafka-clients|slf4j-api)-/,
};
/** The registry's own Avro, and what that needs. */
const AVRO: Libraries = {
  folder: ({ registry }) => join(dirname(registry), 'lib'),
  needed: /^(org\.apache\.avro\.avro|com\.fasterxml\.jackson\.core\.jackson-\w+|org\.slf4j\.slf4j-api)-/,
};

/** The compiled oracle, and the load that tests put on a cluster. */
export async function compileOracle(options: CompileOptions): Promise<CompiledOracle> {
  return compileJava('oracle', SOURCES.map(sourceOf), options);
}

/** The reader of Avro's own library. */
export function compileAvroReader(options: CompileOptions): Promise<CompiledOracle> {
  return compile('avro-reader', [sourceOf('AvroReader.java')], AVRO, options);
}

function sourceOf(name: string): string {
  return join(projectRoot(), 'dev', 'oracle', name);
}

/**
 * Programs of ours on Kafka's Java client, compiled beside the artifacts into a folder named by the sources' digest.
 * @throws FatalError with what the compiler says.
 */
export async function compileJava(
  name: string,
  sources: readonly string[],
  options: CompileOptions,
): Promise<CompiledOracle> {
  const { java, classPath, artifacts } = await compile(name, sources, KAFKA, options);
  return { java, classPath: `${classPath}:${artifacts.kafka}` };
}

async function compile(
  name: string,
  sources: readonly string[],
  libraries: Libraries,
  options: CompileOptions,
): Promise<CompiledOracle & { readonly artifacts: Artifacts }> {
  const place = placeOf(options);
  const java = await findJava(place.env);
  const artifacts = await fetchArtifacts(place);
  const contents = await Promise.all(sources.map((source) => readFile(source)));
  const digest = createHash('sha256').update(Buffer.concat(contents)).digest('hex').slice(0, 12);
  const classes = join(artifacts.folder, `${name}-${digest}`);
  const folder = libraries.folder(artifacts);
  const needed = (await readdir(folder)).filter((file) => libraries.needed.test(file));
  const classPath = needed.map((file) => join(folder, file)).join(':');
  if (!existsSync(classes)) {
    const partial = `${classes}.${process.pid}.partial`;
    const args = [
      '-jar',
      artifacts.compiler,
      '-17',
      '-encoding',
      'UTF-8',
      '-nowarn',
      '-cp',
      classPath,
      '-d',
      partial,
      ...sources,
    ];
    try {
      await run(java, args, { timeout: 60_000 });
      await rename(partial, classes);
    } catch (error) {
      // Another process may have been faster: its folder has the same content.
      if (!existsSync(classes))
        throw new FatalError(`${sources.join(', ')} do not compile: ${messageOf(error)}`, error);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  }
  return { java, classPath: `${classes}:${classPath}`, artifacts };
}
