// The layering of the project. Each rule names the one folder that may know a library or do I/O.
const only = (name, library, folder, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: '^(topology|processors|schemas|state|bin|dev)/', pathNot: folder },
  to: { path: `node_modules/${library}/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only('kafkajs-only-in-topology-kafka', 'kafkajs', '^topology/kafka/', 'The client may be changed in one place.'),
    only('lmdb-only-in-state', 'lmdb', '^state/', 'The store is reached through state/store.ts alone.'),
    only('uws-only-in-fanout', 'uWebSockets.js', '^processors/fanout/', 'Sockets live in the gateway alone.'),
    {
      name: 'processors-do-no-io',
      severity: 'error',
      comment:
        'Processors are pure; the gateway (fanout/) and the loader of template files are the only ones that do I/O.',
      from: { path: '^processors/', pathNot: '^processors/(fanout/|load-templates)' },
      to: {
        path: '^(topology/kafka/|state/(?!directory-entry)|(node:)?(fs|net|http|https|dgram|child_process|timers)(/|$))',
      },
    },
    {
      name: 'product-does-not-know-dev-or-test',
      severity: 'error',
      from: { path: '^(topology|processors|schemas|state)/' },
      to: { path: '^(dev|test|bench|bin)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
