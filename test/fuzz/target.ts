/** What is fuzzed: inputs that begin as valid ones, and the laws that hold whatever comes. */
import type fc from 'fast-check';

/** Data alone, so that it can be kept in the corpus: JSON and bytes. */
export type Input =
  null | boolean | number | string | Buffer | readonly Input[] | { readonly [name: string]: Input | undefined };

export interface Target<I extends Input = Input> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<I>;
  /**
   * Gives the input to the product, and says what became of it: `read`, or `refused: why`. Throws a Fault when a law is
   * broken; whatever else it throws is a fault as well.
   */
  readonly play: (input: I) => string | Promise<string>;
}

/** A law that does not hold. `law` has no part of the input, so that two inputs that break it count as one fault. */
export class Fault extends Error {
  constructor(
    readonly law: string,
    detail = '',
  ) {
    super(detail === '' ? law : `${law}: ${detail}`);
    this.name = 'Fault';
  }
}

/** Throws unless the law holds. */
export function law(holds: boolean, name: string, detail: () => string = () => ''): asserts holds {
  if (!holds) throw new Fault(name, detail());
}

type ErrorClass<E extends Error> = abstract new (...given: never[]) => E;

/** The result, or the error when it is one that the product declares; another one is a fault. */
export function attempt<T, E extends Error = never>(
  declared: readonly ErrorClass<E>[],
  run: () => T,
): { readonly value: T } | E {
  try {
    return { value: run() };
  } catch (error) {
    return declaredOr(declared, error);
  }
}

/** As `attempt`, of what takes its time. */
export async function attemptLater<T, E extends Error = never>(
  declared: readonly ErrorClass<E>[],
  run: () => Promise<T>,
): Promise<{ readonly value: T } | E> {
  try {
    return { value: await run() };
  } catch (error) {
    return declaredOr(declared, error);
  }
}

function declaredOr<E extends Error>(declared: readonly ErrorClass<E>[], error: unknown): E {
  const found = declared.find((known) => error instanceof known);
  if (found) return error as E;
  const name = error instanceof Error ? error.constructor.name : typeof error;
  throw new Fault(
    `throws only ${declared.map((known) => known.name).join(', ') || 'nothing'}, not ${name}`,
    String(error),
  );
}

/** A message without what differs from input to input: a kind of outcome. */
export function kindOf(message: string): string {
  return message
    .replace(/"(?:[^"\\]|\\.)*"?/g, '"…"')
    .replace(/-?\d+(\.\d+)?(e[+-]?\d+)?/gi, 'N')
    .slice(0, 90);
}

/** Whether two decoded values are the same; maps may or may not have a prototype. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Map && b instanceof Map)
    return isSame([...(a as Map<unknown, unknown>)], [...(b as Map<unknown, unknown>)]);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [names, others] = [Object.keys(a), Object.keys(b)];
  return (
    names.length === others.length &&
    names.every(
      (name) =>
        Object.hasOwn(b, name) && isSame((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
    )
  );
}
