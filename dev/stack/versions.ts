/** Versions, as the manifests name them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FatalError } from '../../common/errors.js';
import { projectRoot } from '../../common/project-root.js';

/** A file of the project, and where in it the version stands (the first group). */
export type Manifest = readonly [file: string, version: RegExp];

export interface StackVersions {
  /** Apache Kafka. */
  readonly broker: string;
  /** Apicurio Registry. */
  readonly registry: string;
}

/** The versions of the stack's broker and registry: those of the environment (`npm run matrix`), else those of pom.xml. */
export function stackVersions(env: NodeJS.ProcessEnv = process.env): StackVersions {
  return {
    broker: env['STACK_KAFKA_VERSION'] || readVersion('broker', ['dev/stack/pom.xml', /<kafka.version>([^<]+)</]),
    registry:
      env['STACK_REGISTRY_VERSION'] || readVersion('registry', ['dev/stack/pom.xml', /<apicurio.version>([^<]+)</]),
  };
}

/** @throws FatalError when the manifest does not name it. */
export function readVersion(name: string, [file, pattern]: Manifest): string {
  const version = pattern.exec(readFileSync(join(projectRoot(), file), 'utf8'))?.[1];
  if (version === undefined) throw new FatalError(`${file} names no version of ${name}: expected ${pattern}.`);
  return version;
}
