/** Rules of which the first that fits decides: data, so that a test can go through them and the documents be printed from them. */

export interface Rule<Facts, Then> {
  /** The row in print: what there is, and what follows. */
  readonly row: readonly string[];
  readonly when: (facts: Facts) => boolean;
  readonly then: Then;
}

/** What follows. The last rule must fit everything. */
export function decide<Facts, Then>(rules: readonly Rule<Facts, Then>[], facts: Facts): Then {
  const rule = rules.find(({ when }) => when(facts));
  if (!rule) throw new Error('no rule fits');
  return rule.then;
}
