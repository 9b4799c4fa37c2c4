/** What V8 is told of a worker: it takes our heap for a small one, the machine for idle, and us for a short script. Measured in bench/journal.md. */
export const V8_FLAGS = [
  // The heap may double before V8 collects the whole of it. Left to itself, it sees that this is quickly done and
  // settles on a tenth; fetched bytes, which are gone a moment later, use that up twice a second.
  '--heap-growing-percent=100',
  // What survives of the young generation is little: to wake other threads for it takes more time of the cores, which
  // the broker or another worker may want, than to copy it.
  '--no-parallel-scavenge',
  // V8 compiles what is called now and then as eagerly as what every record calls. Given seven times as long to watch,
  // it compiles less, and what it compiles once more often is right. Later versions have another compiler between, and
  // do not know this flag.
  ...(process.versions.node.startsWith('20.') ? ['--interrupt-budget=500000'] : []),
];
