/** The jars of Kafka, of the registry and of the compiler, fetched once with Maven into a folder named by pom.xml's digest and the versions. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { FatalError, messageOf } from '../../common/errors.js';
import { findMaven } from './java.js';
import { projectRoot } from '../../common/project-root.js';
import { type StackPlace } from './place.js';
import { stackVersions, type StackVersions } from './versions.js';

const run = promisify(execFile);

export interface Artifacts {
  /** Class path of the broker and of every Kafka tool. */
  readonly kafka: string;
  /** The registry's runnable jar; its libraries stand beside it. */
  readonly registry: string;
  readonly registryVersion: string;
  /** The batch compiler (ecj). */
  readonly compiler: string;
  /** The folder that holds them all. */
  readonly folder: string;
}

/**
 * Fetches what is missing. The folder appears under its name only when whole, so that a broken fetch is never used
 * and two at the same time do no harm.
 * @throws FatalError with Maven's last lines.
 */
export async function fetchArtifacts(place: StackPlace): Promise<Artifacts> {
  const pom = join(projectRoot(), 'dev', 'stack', 'pom.xml');
  const versions = stackVersions(place.env);
  const digest = createHash('sha256')
    .update(await readFile(pom))
    .update(JSON.stringify(versions))
    .digest('hex')
    .slice(0, 12);
  const folder = join(place.artifacts, digest);
  if (!existsSync(folder)) {
    const maven = findMaven(place.env);
    place.progress('Fetching Kafka and the Schema Registry with Maven (once, about 160 MB) ...');
    const partial = `${folder}.${process.pid}.partial`;
    await mkdir(partial, { recursive: true });
    try {
      await runMaven(maven, pom, partial, versions, place.env);
      await publish(partial, folder);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  }
  return {
    folder,
    kafka: join(folder, 'kafka', '*'),
    registry: join(folder, 'registry', `apicurio-registry-app-${versions.registry}-runner.jar`),
    registryVersion: versions.registry,
    compiler: join(folder, 'compiler', 'ecj.jar'),
  };
}

async function runMaven(
  maven: string,
  pom: string,
  folder: string,
  { broker, registry }: StackVersions,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const versions = [`-Dkafka.version=${broker}`, `-Dapicurio.version=${registry}`];
  const args = ['-B', '-q', '-f', pom, 'prepare-package', `-Dstack.artifacts=${folder}`, ...versions];
  try {
    await run(maven, args, { env, timeout: 15 * 60_000, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    const output = (error as { stdout?: string }).stdout ?? '';
    const faults = output.split('\n').filter((line) => line.includes('ERROR') && line.length > 20);
    throw new FatalError(
      `Maven could not fetch the local Kafka (${maven} ${args.join(' ')}):\n${faults.slice(0, 5).join('\n') || messageOf(error)}`,
      error,
    );
  }
}

async function publish(partial: string, folder: string): Promise<void> {
  try {
    await rename(partial, folder);
  } catch (error) {
    // Another process was faster: its folder has the same content.
    if (!existsSync(folder)) throw error;
  }
}
