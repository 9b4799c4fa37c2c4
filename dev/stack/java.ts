/** Finds the two programs that the stack needs, or says what to install. */
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

import { FatalError, messageOf } from '../../common/errors.js';

const run = promisify(execFile);
const OLDEST_JAVA = 17;

const WAY_OUT =
  'Install them (Debian, Ubuntu: `apt-get install openjdk-17-jre-headless maven`), ' +
  'or use Docker instead: `docker compose -f deploy/compose.yml up -d`.';

/**
 * The path of a Java runtime of version 17 or newer: `JAVA_HOME` first, then `PATH`.
 * @throws FatalError that says what to install.
 */
export async function findJava(env: NodeJS.ProcessEnv): Promise<string> {
  const fromHome = env['JAVA_HOME'] ? executable(join(env['JAVA_HOME'], 'bin', 'java')) : undefined;
  const java = fromHome ?? findOnPath('java', env);
  if (java === undefined) {
    throw new FatalError(`The local Kafka needs Java ${OLDEST_JAVA} or newer and Maven; no java was found. ${WAY_OUT}`);
  }
  const version = await javaVersion(java);
  if (version < OLDEST_JAVA) {
    throw new FatalError(
      `The local Kafka needs Java ${OLDEST_JAVA} or newer and Maven; ${java} is version ${version}. ${WAY_OUT}`,
    );
  }
  return java;
}

/**
 * The path of Maven.
 * @throws FatalError that says what to install.
 */
export function findMaven(env: NodeJS.ProcessEnv): string {
  const maven = findOnPath('mvn', env);
  if (maven === undefined) {
    throw new FatalError(`Fetching the local Kafka needs Maven once; no mvn was found. ${WAY_OUT}`);
  }
  return maven;
}

/** The feature version: 17 of `version "17.0.15"`, 8 of `version "1.8.0_402"`. */
function parseJavaVersion(output: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(output);
  return match ? Number(match[1]) : undefined;
}

/** The answer for each path that was asked: a process asks again and again, and each answer is a Java machine that starts. */
const versions = new Map<string, number>();

async function javaVersion(java: string): Promise<number> {
  const known = versions.get(java);
  if (known !== undefined) return known;
  let output: string;
  try {
    // `java -version` writes to standard error.
    output = (await run(java, ['-version'], { timeout: 20_000 })).stderr;
  } catch (error) {
    throw new FatalError(`${java} cannot be run: ${messageOf(error)}. ${WAY_OUT}`, error);
  }
  const version = parseJavaVersion(output);
  if (version === undefined) {
    throw new FatalError(`${java} -version gave no version, but: ${output.trim()}. ${WAY_OUT}`);
  }
  versions.set(java, version);
  return version;
}

function findOnPath(program: string, env: NodeJS.ProcessEnv): string | undefined {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const found = folder === '' ? undefined : executable(join(folder, program));
    if (found !== undefined) return found;
  }
  return undefined;
}

function executable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : undefined;
  } catch {
    // Not there, or not ours to run: the next candidate is tried.
    return undefined;
  }
}
