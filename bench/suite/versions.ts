/** The versions that are compared, as each one's own manifest names them. */
import { readVersion, stackVersions, type Manifest } from '../../dev/stack/versions.js';

const MANIFESTS: Readonly<Record<string, Manifest>> = {
  'notification-streams': ['package.json', /"version": "([^"]+)"/],
  'kafka-streams': ['bench/peers/kafka-streams/pom.xml', /kafka-streams<\/artifactId><version>([^<]+)</],
  'quix-streams': ['bench/peers/quix-streams/requirements.txt', /^quixstreams\S*==(\S+)/m],
  kafkats: ['bench/peers/kafkats/package.json', /"@kafkats\/flow": "([^"]+)"/],
};

/** By name. @throws FatalError when a manifest does not name it. */
export function readVersions(): Record<string, string> {
  const ofContenders = Object.entries(MANIFESTS).map(([name, manifest]) => [name, readVersion(name, manifest)]);
  return { ...stackVersions(), ...(Object.fromEntries(ofContenders) as Record<string, string>) };
}
