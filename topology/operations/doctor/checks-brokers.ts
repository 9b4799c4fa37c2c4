/** Whether the brokers answer, and what they are. */
import { sayReason } from '../../../common/reasons.js';
import { shownAddress } from '../../../common/shown.js';
import { brokerFault, deafAddresses, type BrokerView } from '../../kafka/index.js';
import { check, fault, ok, orOk, warning, type Check, type Finding } from './check.js';

/** The feature whose highest level goes up with each release, since 3.3 and without ZooKeeper. */
const RELEASE = 'metadata.version';
/** The highest level that the binaries of each release know. */
const RELEASES: readonly (readonly [level: number, release: string])[] = [
  [7, '3.3'],
  [8, '3.4'],
  [11, '3.5'],
  [14, '3.6'],
  [19, '3.7'],
  [20, '3.8'],
  [21, '3.9'],
  [25, '4.0'],
  [27, '4.1'],
  [29, '4.2'],
  [30, '4.3'],
];
/** 4.3.0, 4.3.1 and 4.4.0 lose commit markers (KAFKA-20734); 4.2 does not. */
const LAST_SOUND_LEVEL = 29;
const TRANSACTIONS = 'transaction.version';

/** `deaf`: which addresses nobody answers at, and why. */
export function judgeAddresses(brokers: readonly string[], deaf: ReadonlyMap<string, unknown>): readonly Finding[] {
  const isAlive = deaf.size < brokers.length;
  const say = isAlive ? warning : fault;
  const silent = [...deaf].map(([address, error]) =>
    say(
      `${shownAddress(address)} does not answer as a broker of ours: ${sayReason(brokerFault(error))}`,
      'a broker at each address of KAFKA_BROKERS',
      'look at that broker, at the network between, and at KAFKA_BROKERS, KAFKA_SSL and KAFKA_SASL_MECHANISM',
    ),
  );
  return orOk(silent, `${brokers.length} of ${brokers.length} addresses of KAFKA_BROKERS answer`);
}

export function judgeBrokers(brokers: readonly BrokerView[]): readonly Finding[] {
  const silent = brokers.flatMap(({ nodeId, address, spoken }) =>
    spoken instanceof Error
      ? [
          fault(
            `broker ${nodeId} does not answer at ${address}, the address that it names: ${sayReason(brokerFault(spoken))}`,
            'each broker of the cluster within reach from here',
            'look at its advertised.listeners, and at the network between',
          ),
        ]
      : [],
  );
  return orOk(
    silent,
    `${brokers.length} of ${brokers.length} brokers of the cluster answer at the addresses they name`,
  );
}

/** What one release of binaries knows; undefined where a broker says nothing of it. */
function releaseOf({ spoken }: BrokerView): { readonly level: number; readonly release: string } | undefined {
  if (spoken === undefined || spoken instanceof Error) return undefined;
  const level = spoken.supported.get(RELEASE);
  if (level === undefined) return undefined;
  const release = RELEASES.find(([highest]) => level <= highest)?.[1];
  return { level, release: release ?? 'newer than 4.3' };
}

export function judgeReleases(brokers: readonly BrokerView[]): readonly Finding[] {
  const asked = brokers.filter(({ spoken }) => !(spoken instanceof Error));
  const findings = asked.map((broker): Finding => {
    const known = releaseOf(broker);
    const who = `broker ${broker.nodeId}`;
    if (known === undefined) {
      return warning(
        `${who} says nothing of its release: it is older than 3.3, or runs with ZooKeeper`,
        'Kafka 4.2, on which this is tested; 2.5 and newer will do',
        'look at its log for the version that it starts with',
      );
    }
    const { level, release } = known;
    if (level <= LAST_SOUND_LEVEL) return ok(`${who} is Kafka ${release}`);
    return warning(
      `${who} is Kafka ${release} (${RELEASE} ${level}): 4.3.0, 4.3.1 and 4.4.0 lose commit markers, and a client cannot know the last number`,
      'a release without the defect, such as 4.2.2',
      'see `kafka-broker-api-versions --version` on that broker, and docs/operations.md on Kafka 4.3.0, 4.3.1 and 4.4.0',
    );
  });
  const sound = findings.filter(({ mark }) => mark === 'ok');
  const said = [...new Set(sound.map(({ found }) => found.replace(/^broker \d+ is /, '')))];
  const all =
    sound.length > 0 ? [ok(`${said.join(' and ')}; the last number of a release cannot be known to a client`)] : [];
  return [...findings.filter(({ mark }) => mark !== 'ok'), ...all];
}

/** Levels count only when every broker knows them: any of them may be asked. */
export function judgeTransactions(brokers: readonly BrokerView[]): readonly Finding[] {
  const [spoken] = brokers.flatMap((broker) => (broker.spoken instanceof Error ? [] : [broker.spoken]));
  const level = spoken?.features.get(TRANSACTIONS) ?? 0;
  if (level >= 2) return [ok(`${TRANSACTIONS} is ${level}: partitions join a transaction with the first write`)];
  if ((spoken?.supported.get(TRANSACTIONS) ?? 0) < 2)
    return [ok(`${TRANSACTIONS} 2 is not known to these brokers: commits go by version 1, with two requests more`)];
  return [
    warning(
      `${TRANSACTIONS} is ${level}, and these brokers know 2: commits go by version 1, with two requests more`,
      `${TRANSACTIONS} 2`,
      '`kafka-features --bootstrap-server <broker> upgrade --feature transaction.version=2`, then restart the workers one by one',
    ),
  ];
}

export const BROKER_CHECKS: readonly Check[] = [
  check(
    {
      name: 'addresses',
      asks: 'connects to each address of KAFKA_BROKERS, with TLS and SASL as a worker would',
      isFirst: true,
    },
    ({ config }) => deafAddresses(config.kafka),
    (deaf, { config }) => judgeAddresses(config.kafkaBrokers, deaf),
  ),
  check(
    {
      name: 'brokers',
      asks: 'connects to each broker that the cluster names (Metadata), at the address it advertises',
    },
    async (examined) => (await examined.cluster()).brokers,
    judgeBrokers,
  ),
  check(
    {
      name: 'releases',
      asks: 'asks each broker for the highest `metadata.version` that it knows (ApiVersions); warns of those that lose commit markers',
    },
    async (examined) => (await examined.cluster()).brokers,
    judgeReleases,
  ),
  check(
    { name: 'transactions', asks: 'asks for the level of the feature `transaction.version` (ApiVersions)' },
    async (examined) => (await examined.cluster()).brokers,
    judgeTransactions,
  ),
];
