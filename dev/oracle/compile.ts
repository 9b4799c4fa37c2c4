/** Compiles the oracle once, with the compiler that came with the stack's artifacts: a Java runtime alone suffices. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { FatalError, messageOf } from '../../topology/errors.js';
import { fetchArtifacts } from '../stack/artifacts.js';
import { findJava } from '../stack/java.js';
import { placeOf, projectRoot, type StackOptions } from '../stack/place.js';

const run = promisify(execFile);

export interface CompiledOracle {
  readonly java: string;
  readonly classPath: string;
}

/** The compiled oracle, kept beside the artifacts in a folder named by its source's digest. */
export async function compileOracle(
  options: Pick<StackOptions, 'artifacts' | 'env' | 'progress'>,
): Promise<CompiledOracle> {
  const place = placeOf(options);
  const java = await findJava(place.env);
  const artifacts = await fetchArtifacts(place);
  const source = join(projectRoot(), 'dev', 'oracle', 'Oracle.java');
  const digest = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
    .slice(0, 12);
  const classes = join(artifacts.folder, `oracle-${digest}`);
  if (!existsSync(classes)) {
    const partial = `${classes}.${process.pid}.partial`;
    const libraries = dirname(artifacts.kafka);
    const client = (await readdir(libraries)).find((name) => name.startsWith('kafka-clients-'));
    const args = [
      '-jar',
      artifacts.compiler,
      '-17',
      '-encoding',
      'UTF-8',
      '-nowarn',
      '-cp',
      join(libraries, String(client)),
      '-d',
      partial,
      source,
    ];
    try {
      await run(java, args, { timeout: 60_000 });
      await rename(partial, classes);
    } catch (error) {
      // Another process may have been faster: its folder has the same content.
      if (!existsSync(classes)) throw new FatalError(`${source} does not compile: ${messageOf(error)}`, error);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  }
  return { java, classPath: `${classes}:${artifacts.kafka}` };
}
