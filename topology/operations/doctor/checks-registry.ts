/** Whether the registry answers, and holds our schemas. */
import { messageOf } from '../../../common/errors.js';
import { problemsWith } from '../../../schemas/registry/check-subject.js';
import { OwnRecords } from '../../../schemas/registry/own-records.js';
import { weaknessOf } from '../../../schemas/registry/register.js';
import { RegistryClient } from '../../../schemas/registry/registry-client.js';
import { RegistryOutageError, type RegistryFault } from '../../../schemas/registry/registry-outage.js';
import { check, fault, ok, orOk, warning, type Check, type Finding } from './check.js';
import type { Examined, ViewedSubject } from './examined.js';

const REGISTER = '`notification-streams schemas register`';

/** An address of SCHEMA_REGISTRY_URL, without credentials, and why nobody answers there as the registry. */
export interface AskedAddress {
  readonly baseUrl: string;
  readonly error: unknown;
}

const TO_DO: Readonly<Partial<Record<RegistryFault, string>>> = {
  unreachable: 'look at the registry, and at the network between',
  credentials: 'set user and password in SCHEMA_REGISTRY_URL (https://user:password@host)',
  path: "set the path of the registry's Confluent API in SCHEMA_REGISTRY_URL: /apis/ccompat/v7 of Apicurio, none of Confluent's",
};

export function judgeAddresses(asked: readonly AskedAddress[]): readonly Finding[] {
  const silent = asked.filter(({ error }) => error !== undefined);
  const say = silent.length < asked.length ? warning : fault;
  const findings = silent.map(({ baseUrl, error }) =>
    say(
      messageOf(error),
      `the registry's Confluent API at ${baseUrl}`,
      (error instanceof RegistryOutageError ? TO_DO[error.fault] : undefined) ?? 'look at the log of the registry',
    ),
  );
  return orOk(findings, asked.map(({ baseUrl }) => baseUrl).join(', '));
}

export interface SeenSubject extends ViewedSubject {
  /** Why our schema would not be taken, or theirs cannot be read. */
  readonly problems: readonly string[];
}

export function judgeSubjects(seen: readonly SeenSubject[]): readonly Finding[] {
  const lacking = seen.filter(({ view }) => view.ours === undefined);
  const sinks = lacking.filter(({ own }) => own.kind === 'sink');
  const missing = sinks.filter(({ problems }) => problems.length === 0);
  const silent = lacking.filter(({ own, view }) => own.kind === 'source' && view.versions.length === 0);
  const findings: Finding[] = sinks
    .filter(({ problems }) => problems.length > 0)
    .map(({ own: { subject, record }, problems }) =>
      fault(
        `${subject} does not hold our ${record}, and would refuse it: ${problems.join('; ')}`,
        record,
        'see who registers under it: it is the subject of a topic that we alone write',
      ),
    );
  if (missing.length > 0)
    findings.push(
      fault(`no worker starts while our schema is not under ${subjectsOf(missing)}`, recordsOf(missing), REGISTER),
    );
  if (silent.length > 0)
    findings.push(
      warning(
        `nothing is under ${subjectsOf(silent)}: their producers have not begun, or use other subjects`,
        recordsOf(silent),
        `let the producers register theirs, or ${REGISTER}`,
      ),
    );
  const unread = lacking.filter(({ own, problems }) => own.kind === 'source' && problems.length > 0);
  for (const { own, problems } of unread)
    findings.push(
      fault(
        `no record of the latest version of ${own.subject} is read: ${problems.join('; ')}`,
        own.record,
        'let its producers mend their schema',
      ),
    );
  return orOk(findings, `${seen.length} subjects hold what we write, and what we read`);
}

const subjectsOf = (seen: readonly ViewedSubject[]): string => seen.map(({ own }) => own.subject).join(', ');
const recordsOf = (seen: readonly ViewedSubject[]): string => seen.map(({ own }) => own.record).join(', ');

export function judgeCompatibility(viewed: readonly ViewedSubject[]): readonly Finding[] {
  const findings = viewed
    .filter(({ view }) => view.versions.length > 0)
    .flatMap(({ own: { subject }, view: { compatibility } }) => {
      const weakness = weaknessOf(subject, compatibility);
      return weakness === undefined ? [] : [warning(`${subject}: ${weakness.found}`, weakness.expected, weakness.toDo)];
    });
  return orOk(findings, 'a next version must read all that was written before');
}

async function askAddresses({ config }: Examined): Promise<readonly AskedAddress[]> {
  const asked = config.schemaRegistryUrl.split(',').map(async (url): Promise<AskedAddress> => {
    const client = new RegistryClient({ ...config.registry, url });
    const { baseUrl } = client;
    try {
      await client.ask({ method: 'GET', path: '/config' });
      return { baseUrl, error: undefined };
    } catch (error) {
      return { baseUrl, error };
    }
  });
  return Promise.all(asked);
}

async function seeSubjects(examined: Examined): Promise<readonly SeenSubject[]> {
  const viewed = await examined.views();
  const records = new OwnRecords(examined.sources);
  return Promise.all(
    viewed.map(async ({ own, view }): Promise<SeenSubject> => {
      const { latest, ours } = view;
      const isWell = ours !== undefined || latest === undefined;
      return { own, view, problems: isWell ? [] : await problemsWith(examined.registry, own, latest, records) };
    }),
  );
}

export const REGISTRY_CHECKS: readonly Check[] = [
  check(
    { name: 'addresses', asks: 'asks each address of SCHEMA_REGISTRY_URL for its `/config`', isFirst: true },
    askAddresses,
    judgeAddresses,
  ),
  check(
    {
      name: 'subjects',
      asks: 'looks each schema of ours up by its text, or asks whether it would be taken; reads the latest version of each source',
    },
    seeSubjects,
    judgeSubjects,
  ),
  check(
    { name: 'compatibility', asks: "asks for each subject's level, or that of all" },
    (examined) => examined.views(),
    judgeCompatibility,
  ),
  check(
    { name: 'clock', asks: "compares our clock with the Date of the registry's answers, to a second" },
    async (examined) => {
      await examined.registryAnswers();
      return { theirs: examined.registry.clock?.getTime(), ours: Date.now() };
    },
    ({ theirs, ours }) => judgeClock(ours, theirs),
  ),
];

/** A Date has whole seconds, and was a while on its way. */
const CLOCK_TOLERANCE_MS = 5000;

export function judgeClock(ours: number, theirs: number | undefined): readonly Finding[] {
  if (theirs === undefined) return [ok('not known: the registry says no Date')];
  const ahead = ours - theirs;
  if (Math.abs(ahead) <= CLOCK_TOLERANCE_MS) return [ok("ours is that of the registry's machine, within 5 s")];
  const seconds = Math.round(Math.abs(ahead) / 1000);
  return [
    warning(
      `our clock is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} that of the registry's machine`,
      'the same time, within 5 s',
      'let both keep time (chronyd, systemd-timesyncd): tokens and dead letters are dated by it',
    ),
  ];
}
