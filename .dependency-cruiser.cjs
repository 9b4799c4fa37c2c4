/**
 * Which folder may import which: each list goes from the ground up, and a folder may import those before it in its list.
 * Names on one line do not know each other. `npm run layers` checks it; docs/architecture.md says what is in each.
 */
const FLOORS = [
  ['common'],
  ['schemas'],
  ['state'],
  ['processors', 'gateway'],
  ['topology'],
  ['dev'],
  ['bench'],
  ['bin'],
];

/** The same for the rooms of a folder; `.` is what lies in the folder itself. */
const ROOMS = {
  schemas: [['avro'], ['json'], ['.'], ['registry']],
  state: [['lmdb'], ['dedup', 'directory'], ['.']],
  topology: [['graph', 'kafka'], ['stores'], ['.'], ['feeds'], ['task'], ['worker', 'testing'], ['operations']],
  'topology/kafka': [['protocol', 'records'], ['cluster'], ['fetch', 'produce', 'group'], ['.']],
};

const anyOf = (paths) => `^(${paths.join('|')})`;

/** Nothing may import what is above it, or beside it. */
function lookDown(floors, pathOf, within) {
  return floors.flatMap((floor, index) =>
    floor.map((name) => {
      const others = [...floor.filter((other) => other !== name), ...floors.slice(index + 1).flat()];
      return {
        name: `${within}${name}-imports-nothing-above-or-beside-it`,
        severity: 'error',
        from: { path: anyOf([pathOf(name)]) },
        to: { path: others.length > 0 ? anyOf(others.map(pathOf)) : '^$' },
      };
    }),
  );
}

/** Only this folder may import that library. */
const only = (folder, library, why) => ({
  name: `${library}-in-${folder}-only`,
  severity: 'error',
  comment: why,
  from: { pathNot: `^(${folder}|bench|test)/` },
  to: { path: `node_modules/${library}/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...lookDown(FLOORS, (name) => `${name}/`, ''),
    ...Object.entries(ROOMS).flatMap(([folder, rooms]) =>
      lookDown(rooms, (room) => (room === '.' ? `${folder}/[^/]+$` : `${folder}/${room}/`), `${folder}/`),
    ),
    {
      name: 'no-import-of-tests',
      severity: 'error',
      from: { path: '^(common|schemas|state|processors|gateway|topology|dev|bin)/' },
      to: { path: '^test/' },
    },
    {
      name: 'the-engine-knows-no-store',
      severity: 'error',
      comment: 'What a task remembers is behind topology/graph/task-state.ts.',
      from: { path: '^topology/(graph|kafka|task)/' },
      to: { path: '^state/(dedup|directory)/' },
    },
    {
      name: 'kafka-has-one-door',
      severity: 'error',
      comment: 'topology/kafka/index.ts says what others may use of the client.',
      from: { pathNot: '^topology/kafka/' },
      to: { path: '^topology/kafka/', pathNot: '^topology/kafka/index\\.ts$' },
    },
    {
      name: 'processors-do-no-io',
      severity: 'error',
      comment:
        'Processors are pure. Those that read the files of templates and of rules are the only ones that read files.',
      from: { path: '^processors/', pathNot: '^processors/(load-templates|rules/rules-folder)\\.ts$' },
      to: { path: '^(node:)?(fs|net|http|https|dgram|child_process|timers)(/|$)' },
    },
    only('topology/kafka', 'kafkajs', 'The client may be changed in one place.'),
    only('state/lmdb', 'lmdb', 'The store is reached through tables alone.'),
    only('gateway', 'uWebSockets.js', 'Sockets live in the gateway alone.'),
    only('topology/graph', '@opentelemetry', 'Spans are made in one place, by the API alone.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^bench/peers/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
