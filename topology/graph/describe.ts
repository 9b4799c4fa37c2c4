/** A topology in print: as text for a terminal, as Mermaid for a page. */
import type { SinkNode, SourceNode, Topology, TopologyNode } from './graph.js';
import { inputsOf } from './topology-faults.js';

/** Node by node: what it reads from, and its store, or its topic and schema. */
export function describeAsText({ name, nodes }: Topology): string {
  const sinks = nodes.filter((node) => node.kind === 'sink');
  const groups: readonly (readonly [string, readonly TopologyNode[]])[] = [
    ['sources', nodes.filter((node) => node.kind === 'source')],
    ['processors', nodes.filter((node) => node.kind === 'processor')],
    ['sinks', sinks.filter((node) => node.accepts === 'events')],
    ['dead letters', sinks.filter((node) => node.accepts === 'dead-letters')],
  ];
  const parts = groups.map(([title, members]) => `${title}\n${table(members.map(cellsOf))}`);
  return `${[name, ...parts].join('\n\n')}\n`;
}

/** A flowchart: topics at both ends, stores beside their processors, the way of dead letters dotted. */
export function describeAsMermaid({ nodes }: Topology): string {
  const lines = ['flowchart LR'];
  for (const node of nodes) {
    lines.push(`  ${shape(node)}`);
    if (node.kind === 'processor' && node.store !== undefined) {
      lines.push(`  ${id(node.name)} --- ${id(node.store)}[("${node.store}")]`);
    }
    const arrow = node.kind === 'sink' && node.accepts === 'dead-letters' ? '-.->' : '-->';
    for (const input of inputsOf(node)) lines.push(`  ${id(input)} ${arrow} ${id(node.name)}`);
  }
  return `${lines.join('\n')}\n`;
}

function cellsOf(node: TopologyNode): readonly string[] {
  switch (node.kind) {
    case 'source':
      return [node.name, '', ...endOf(node), node.bootstraps === undefined ? '' : `first, for [${node.bootstraps}]`];
    case 'processor':
      return [node.name, `<- ${node.from.join(', ')}`, node.store === undefined ? '' : `[${node.store}]`];
    case 'sink':
      return [node.name, `<- ${node.from.join(', ')}`, ...endOf(node)];
  }
}

function endOf({ topic, schema }: SourceNode | SinkNode): readonly string[] {
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

function shape(node: TopologyNode): string {
  return node.kind === 'processor' ? `${id(node.name)}["${node.name}"]` : `${id(node.name)}(["${node.topic}"])`;
}

/** Mermaid takes a hyphen in an id for a part of an arrow. */
function id(name: string): string {
  return name.replaceAll('-', '_');
}
