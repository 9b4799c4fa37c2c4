/** A topology in print: as text for a terminal, as Mermaid for a page. */
import { nodesOf, type SourceNode, type Topology, type TopologyShape } from './topology.js';

/** What is printed of a node. */
type Cells =
  | SourceNode
  | {
      readonly kind: 'processor';
      readonly name: string;
      readonly from: readonly string[];
      readonly store?: string | undefined;
    }
  | {
      readonly kind: 'sink' | 'dead-letters';
      readonly name: string;
      readonly from: readonly string[];
      readonly topic: string;
      readonly schema: string;
    };

/** Node by node: what it reads from, and its store, or its topic and schema. */
export function describeAsText<Shape extends TopologyShape>(topology: Topology<Shape>): string {
  const { name, sources, processors, sinks, deadLetters } = topology;
  const groups: readonly (readonly [string, readonly Cells[]])[] = [
    ['sources', sources],
    ['processors', processors],
    ['sinks', sinks],
    ['dead letters', [deadLetters]],
  ];
  const parts = groups.map(([title, members]) => `${title}\n${table(members.map(cellsOf))}`);
  return `${[name, ...parts].join('\n\n')}\n`;
}

/** A flowchart: topics at both ends, stores beside their processors, the way of dead letters dotted. */
export function describeAsMermaid<Shape extends TopologyShape>(topology: Topology<Shape>): string {
  const lines = ['flowchart LR'];
  for (const node of nodesOf(topology)) {
    lines.push(`  ${shape(node)}`);
    if (node.kind === 'processor' && node.store !== undefined) {
      lines.push(`  ${id(node.name)} --- ${id(node.store)}[("${node.store}")]`);
    }
    const arrow = node.kind === 'dead-letters' ? '-.->' : '-->';
    for (const input of node.kind === 'source' ? [] : node.from) lines.push(`  ${id(input)} ${arrow} ${id(node.name)}`);
  }
  return `${lines.join('\n')}\n`;
}

function cellsOf(node: Cells): readonly string[] {
  switch (node.kind) {
    case 'source':
      return [node.name, '', ...endOf(node), node.bootstraps === undefined ? '' : `first, for [${node.bootstraps}]`];
    case 'processor':
      return [node.name, `<- ${node.from.join(', ')}`, node.store === undefined ? '' : `[${node.store}]`];
    case 'sink':
    case 'dead-letters':
      return [node.name, `<- ${node.from.join(', ')}`, ...endOf(node)];
  }
}

function endOf({ topic, schema }: Pick<SourceNode, 'topic' | 'schema'>): readonly string[] {
  return [topic, schema];
}

/** Columns as wide as their widest cell; a column without text is left out. */
function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
      return `  ${cells.filter((_, column) => (widths[column] ?? 0) > 0).join('  ')}`.trimEnd();
    })
    .join('\n');
}

function shape(node: Cells): string {
  return node.kind === 'processor' ? `${id(node.name)}["${node.name}"]` : `${id(node.name)}(["${node.topic}"])`;
}

/** Mermaid takes a hyphen in an id for a part of an arrow. */
function id(name: string): string {
  return name.replaceAll('-', '_');
}
