/** Values over time as a picture. */
import { picture, round, text, WIDTH } from './svg.js';

export interface Lines {
  readonly title: string;
  /** Ascending. */
  readonly x: readonly number[];
  /** As many values as there are of x. */
  readonly series: readonly { readonly label: string; readonly values: readonly number[] }[];
}

const HEIGHT = 300;
const LEFT = 60;
const TOP = 40;
const BOTTOM = 60;
const RIGHT = 20;
const LEGEND_WIDTH = 220;
const STYLE = [
  '.axis { stroke: #8c959f; stroke-width: 1; opacity: 0.3 }',
  'polyline { fill: none; stroke-width: 1.5 }',
];
const COLOURS = ['#8c959f', '#0969da', '#1a7f37'];

export function lines({ title, x, series }: Lines): string {
  const lastX = Math.max(1, x.at(-1) ?? 1);
  const most = niceAbove(Math.max(1, ...series.flatMap(({ values }) => values)));
  const placeX = (value: number): number => round(LEFT + (value / lastX) * (WIDTH - LEFT - RIGHT));
  const placeY = (value: number): number => round(HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM));
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => {
    const y = placeY(share * most);
    return [
      `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>`,
      text(LEFT - 8, y + 4, String(Math.round(share * most)), 'text-anchor="end"'),
    ];
  });
  const times = [0, 0.5, 1].map((share) =>
    text(placeX(share * lastX), HEIGHT - BOTTOM + 18, String(Math.round(share * lastX)), 'text-anchor="middle"'),
  );
  const drawn = series.flatMap(({ label, values }, index) => {
    const colour = COLOURS[index % COLOURS.length]!;
    const points = values.map((value, at) => `${placeX(x[at]!)},${placeY(value)}`).join(' ');
    const left = LEFT + index * LEGEND_WIDTH;
    return [
      `<polyline stroke="${colour}" points="${points}"/>`,
      `<rect x="${left}" y="${HEIGHT - 22}" width="12" height="4" fill="${colour}"/>`,
      text(left + 18, HEIGHT - 16, label),
    ];
  });
  return picture(title, HEIGHT, STYLE, [text(10, 20, title, 'class="title"'), ...grid, ...times, ...drawn]);
}

/** 1, 2 or 5 times a power of ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((nice) => nice >= value)!;
}
