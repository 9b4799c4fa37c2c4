/** JSON as a tree whose leaves are texts, so that it can say what no JavaScript value does: 1e999, a name twice, -0, a thousand levels. */
import fc from 'fast-check';
import { BORDER_NAMES, BORDER_VALUES } from './borders.js';

type Tree = { readonly leaf: string } | { readonly list: readonly Tree[] } | { readonly members: readonly Member[] };
type Member = readonly [name: string, value: Tree];

export interface JsonEdit {
  readonly kind: 'value' | 'name' | 'drop' | 'double' | 'nest' | 'many';
  readonly at: number;
  readonly by: number;
}

/** Nodes of a part that is taken many times, or put deep. */
const MAX_PART = 60;
/** Characters of it. */
const MAX_CHARS = 1500;

export const jsonEdits: fc.Arbitrary<readonly JsonEdit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('value', 'value', 'value', 'name', 'drop', 'double', 'nest', 'many'),
    at: fc.nat(),
    by: fc.nat(1000),
  }),
  { maxLength: 3 },
);

/** The JSON text of a value after the edits. */
export function editedJson(value: unknown, edits: readonly JsonEdit[]): string {
  return write(edits.reduce((tree, edit) => editOne(tree, edit), treeOf(value)));
}

function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { list: value.map(treeOf) };
  if (typeof value !== 'object' || value === null) return { leaf: JSON.stringify(value) };
  return {
    members: Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [name, treeOf(part)]),
  };
}

function write(tree: Tree): string {
  if ('leaf' in tree) return tree.leaf;
  if ('list' in tree) return `[${tree.list.map(write).join(',')}]`;
  return `{${tree.members.map(([name, value]) => `${JSON.stringify(name)}:${write(value)}`).join(',')}}`;
}

function sizeOf(tree: Tree): number {
  if ('leaf' in tree) return 1;
  const parts = 'list' in tree ? tree.list : tree.members.map(([, value]) => value);
  return parts.reduce((sum, part) => sum + sizeOf(part), 1);
}

/** Goes down to the node that `at` says, counted from the root, and edits it where it stands. */
function editOne(tree: Tree, edit: JsonEdit): Tree {
  const at = edit.at % sizeOf(tree);
  if (at === 0 || 'leaf' in tree) return changed(tree, edit);
  const members: readonly Member[] = 'list' in tree ? tree.list.map((part) => ['', part] as const) : tree.members;
  let before = 1;
  const edited = members.flatMap(([name, part]): Member[] => {
    const inside = at - before;
    const size = sizeOf(part);
    before += size;
    if (inside < 0 || inside >= size) return [[name, part]];
    if (inside > 0) return [[name, editOne(part, { ...edit, at: inside })]];
    if (edit.kind === 'drop') return [];
    if (edit.kind === 'double')
      return [
        [name, part],
        [name, changed(part, { ...edit, kind: 'value' })],
      ];
    if (edit.kind === 'name') return [[BORDER_NAMES[edit.by % BORDER_NAMES.length]!, part]];
    return [[name, changed(part, edit)]];
  });
  return 'list' in tree ? { list: edited.map(([, part]) => part) } : { members: edited };
}

function changed(tree: Tree, { kind, by }: JsonEdit): Tree {
  if (kind === 'value') return { leaf: BORDER_VALUES[by % BORDER_VALUES.length]! };
  // Edits of what edits made large would take the machine, not the product.
  if (sizeOf(tree) > MAX_PART || write(tree).length > MAX_CHARS) return tree;
  if (kind === 'nest') {
    // A text, which nobody has to go down.
    const [open, close] = by % 2 ? ['[', ']'] : ['{"a":', '}'];
    return { leaf: open.repeat(by) + write(tree) + close.repeat(by) };
  }
  if (kind === 'many') {
    return by % 2
      ? { list: Array.from({ length: by }, () => tree) }
      : { members: Array.from({ length: by }, (_, index) => [`n${index}`, tree] as const) };
  }
  return tree;
}
