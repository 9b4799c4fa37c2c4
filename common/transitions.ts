/** The one table of a state machine: which states may follow which. */
export type Transitions<State extends string> = Readonly<Record<State, readonly State[]>>;

/** Gives the next state, or throws an error that names both. `what`: whose states they are, "a session". */
export function transitions<State extends string>(
  what: string,
  table: Transitions<State>,
): (from: State, to: State) => State {
  return (from, to) => {
    if (!table[from].includes(to)) throw new Error(`${what} cannot go from ${from} to ${to}`);
    return to;
  };
}
