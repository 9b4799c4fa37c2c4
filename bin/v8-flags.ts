/** What V8 is told of our heap: it takes ours for a small one, and the machine for idle. Measured in docs/performance.md. */
export const V8_FLAGS = [
  // The heap may double before V8 collects the whole of it. Left to itself, it sees that this is quickly done and
  // settles on a tenth; fetched bytes, which are gone a moment later, use that up twice a second.
  '--heap-growing-percent=100',
  // What survives of the young generation is little: to wake other threads for it takes more time of the cores, which
  // the broker or another worker may want, than to copy it.
  '--no-parallel-scavenge',
];
