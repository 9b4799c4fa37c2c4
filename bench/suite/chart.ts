/** The rows as a picture: a bar a contender for its median, a line over it for the range of its rounds. */
import type { Spread } from './statistics.js';
import type { Row } from './summary.js';
import { picture, round, text, WIDTH } from './svg.js';

const LABEL_WIDTH = 190;
const VALUE_WIDTH = 80;
const BAR = 18;
const GAP = 10;
const HEADING = 34;

const STYLE = [
  '.bar { fill: #8c959f } .ours { fill: #0969da }',
  '.range { stroke: #1f2328; stroke-width: 1.5 }',
  '@media (prefers-color-scheme: dark) { .bar { fill: #6e7681 } .ours { fill: #4493f8 } .range { stroke: #e6edf3 } }',
];

interface Panel {
  readonly title: string;
  readonly valueOf: (row: Row) => Spread | undefined;
}

const PANELS: readonly Panel[] = [
  { title: 'Events a second (more is better)', valueOf: ({ recordsPerSecond }) => recordsPerSecond },
  { title: 'CPU time an event, µs (less is better)', valueOf: ({ cpuMicros }) => cpuMicros },
];

export function chart(rows: readonly Row[]): string {
  const panelHeight = HEADING + rows.length * (BAR + GAP) + GAP;
  const panels = PANELS.map((panel, index) => drawPanel(panel, rows, index * panelHeight));
  return picture(PANELS.map(({ title }) => title).join('; '), PANELS.length * panelHeight, STYLE, panels.flat());
}

function drawPanel({ title, valueOf }: Panel, rows: readonly Row[], top: number): string[] {
  const most = Math.max(1, ...rows.map((row) => valueOf(row)?.max ?? 0));
  const x = (value: number): number => round(LABEL_WIDTH + (value / most) * (WIDTH - LABEL_WIDTH - VALUE_WIDTH));
  const bars = rows.flatMap((row, index) => {
    const y = top + HEADING + index * (BAR + GAP);
    const value = valueOf(row);
    const label = text(LABEL_WIDTH - 10, y + BAR - 5, row.label, 'text-anchor="end"');
    if (!value) return [label, text(LABEL_WIDTH + 4, y + BAR - 5, 'no exact round')];
    const { median, min, max } = value;
    const colour = row.isOurs ? 'bar ours' : 'bar';
    return [
      label,
      `<rect class="${colour}" x="${LABEL_WIDTH}" y="${y}" width="${round(x(median) - LABEL_WIDTH)}" height="${BAR}" rx="2"/>`,
      `<line class="range" x1="${x(min)}" x2="${x(max)}" y1="${y + BAR / 2}" y2="${y + BAR / 2}"/>`,
      text(x(max) + 6, y + BAR - 5, shown(median)),
    ];
  });
  return [text(0, top + 20, title, 'class="title"'), ...bars];
}

function shown(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
