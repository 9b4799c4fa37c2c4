/** One YAML file of a rule set: its values, and the line that each stands on. */
import { isCollection, isMap, isNode, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { messageOf } from '../../common/errors.js';
import { shown } from '../../common/shown.js';

export type Path = readonly PropertyKey[];

/**
 * The members of a mapping, of which a faulty setting alone is left out; those that must be there have these values in
 * its place, which nobody sees: the file has a fault.
 */
export interface Members {
  readonly under: string;
  readonly missing: Readonly<Record<string, unknown>>;
}

export class YamlFile {
  /** As faults name it: relative to the folder of the rules. */
  readonly name: string;
  /** False once something in it was left out for its faults. */
  isWhole = true;
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #faults: string[];

  /** Faults of the file are added to the list that is given. */
  constructor(name: string, text: string, faults: string[]) {
    this.name = name;
    this.#faults = faults;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const { pos, message } of this.#document.errors) this.#say(this.#lines.linePos(pos[0]).line, message);
  }

  /**
   * What the file says, if it is of that shape; its faults are noted, each with its line. Without what is at fault where
   * the rest is sound, so that faults of another kind are found at once; undefined where it is not.
   */
  read<Shape extends z.ZodType>(shape: Shape, members?: Members): z.output<Shape> | undefined {
    const given = this.#values();
    if (given === undefined) return undefined;
    const { data, error } = shape.safeParse(given, { reportInput: true });
    if (error === undefined) return data;
    this.isWhole = false;
    for (const issue of error.issues) {
      this.#note(issue);
      for (const path of pathsOf(issue)) drop(given, path, members);
    }
    if (members !== undefined) complete(given, members);
    return shape.safeParse(given).data;
  }

  /** Undefined for a file that cannot be read; an alias of nothing is found only now. */
  #values(): object | undefined {
    if (this.#document.errors.length > 0) return undefined;
    try {
      return (this.#document.toJS() ?? {}) as object;
    } catch (error) {
      this.fault([], messageOf(error));
      return undefined;
    }
  }

  /** Notes a fault of the value at a path. */
  fault(path: Path, message: string): void {
    const at = path.map(String).join('.');
    this.#say(this.#lineOf(path), at === '' ? message : `${at}: ${message}`);
  }

  /** File and line of the value at a path. */
  place(path: Path): string {
    return `${this.name}:${this.#lineOf(path)}`;
  }

  /** Whether the file says anything there. */
  has(path: Path): boolean {
    return this.#document.hasIn(path);
  }

  /** Whether a value without quotes has a comment behind it: a text may have been cut off there. */
  hasComment(path: Path): boolean {
    const node: unknown = this.#document.getIn(path, true);
    return isScalar(node) && node.type === 'PLAIN' && typeof node.comment === 'string';
  }

  #note(issue: z.core.$ZodIssue): void {
    if (issue.code === 'unrecognized_keys') {
      for (const path of pathsOf(issue)) this.fault(path, 'there is no such setting');
      return;
    }
    const nearest = nearestBranch(issue);
    if (nearest !== undefined) {
      for (const inner of nearest) this.#note({ ...inner, path: [...issue.path, ...inner.path] });
      return;
    }
    const { input } = issue;
    if (input === undefined) this.fault(issue.path, `missing; ${expectation(issue)}`);
    else this.fault(issue.path, `${describe(input)} is given; ${expectation(issue)}`);
  }

  /** Once, also where several events inherit it. */
  #say(line: number, message: string): void {
    const fault = `${this.name}:${line}: ${message}`;
    if (!this.#faults.includes(fault)) this.#faults.push(fault);
  }

  /** Where the value stands, or the nearest around it. */
  #lineOf(path: Path): number {
    let line = 1;
    let node: unknown = this.#document.contents;
    for (const key of path) {
      if (!isCollection(node)) break;
      const item = isMap(node) ? node.items.find((pair) => isScalar(pair.key) && pair.key.value === key) : undefined;
      const start = item !== undefined && isPair(item) ? item.key : node.get(key, true);
      if (isNode(start) && start.range) line = this.#lines.linePos(start.range[0]).line;
      node = item === undefined ? node.get(key, true) : item.value;
    }
    return line;
  }
}

/** Where a value has one of the forms that it may have, except for something in it: the faults of that. */
function nearestBranch(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] | undefined {
  if (issue.code !== 'invalid_union') return undefined;
  const [nearest, next] = issue.errors
    .filter((branch) => branch.every(({ code, path }) => code === 'unrecognized_keys' || path.length > 0))
    .sort((one, other) => one.length - other.length);
  return nearest && nearest.length < (next?.length ?? Infinity) ? nearest : undefined;
}

/** What an issue is about. */
function pathsOf(issue: z.core.$ZodIssue): Path[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** Leaves out the setting, or the event, that is at fault. */
function drop(given: unknown, path: Path, members: Members | undefined): void {
  const [first, second, third] = path;
  if (!isRecord(given) || first === undefined) return;
  const inner = given[first];
  const member = first === members?.under && isRecord(inner) && second !== undefined ? inner[second] : undefined;
  if (isRecord(member) && third !== undefined) Reflect.deleteProperty(member, third);
  else if (second !== undefined && isRecord(inner) && Object.values(inner).some(isRecord))
    Reflect.deleteProperty(inner, second);
  else Reflect.deleteProperty(given, first);
}

function complete(given: object, { under, missing }: Members): void {
  const all = (given as Readonly<Record<string, unknown>>)[under];
  if (!isRecord(all)) return;
  for (const member of Object.values(all).filter(isRecord)) {
    for (const [setting, value] of Object.entries(missing)) member[setting] ??= value;
  }
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => message).join(', ');
  return issue.message.startsWith('expected') ? issue.message : lowered(issue.message);
}

function lowered(message: string): string {
  return message.replace(/^Invalid input: /, '');
}

function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? shown(value) : JSON.stringify(value);
}
