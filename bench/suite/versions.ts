/** The versions that are compared, as each one's own manifest names them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../dev/stack/place.js';
import { FatalError } from '../../topology/errors.js';

const MANIFESTS: Readonly<Record<string, readonly [file: string, version: RegExp]>> = {
  'notification-streams': ['package.json', /"version": "([^"]+)"/],
  broker: ['dev/stack/pom.xml', /<kafka.version>([^<]+)</],
  registry: ['dev/stack/pom.xml', /<apicurio.version>([^<]+)</],
  'kafka-streams': ['bench/peers/kafka-streams/pom.xml', /kafka-streams<\/artifactId><version>([^<]+)</],
  'quix-streams': ['bench/peers/quix-streams/requirements.txt', /^quixstreams\S*==(\S+)/m],
  kafkats: ['bench/peers/kafkats/package.json', /"@kafkats\/flow": "([^"]+)"/],
};

/** By name. @throws FatalError when a manifest does not name it. */
export function readVersions(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(MANIFESTS).map(([name, [file, pattern]]) => {
      const version = pattern.exec(readFileSync(join(projectRoot(), file), 'utf8'))?.[1];
      if (version === undefined) throw new FatalError(`${file} names no version of ${name}: expected ${pattern}.`);
      return [name, version];
    }),
  );
}
