/** Values over time as a picture. */

export interface Lines {
  readonly title: string;
  /** Ascending. */
  readonly x: readonly number[];
  /** As many values as there are of x. */
  readonly series: readonly { readonly label: string; readonly values: readonly number[] }[];
}

const WIDTH = 760;
const HEIGHT = 300;
const LEFT = 60;
const TOP = 40;
const BOTTOM = 60;
const RIGHT = 20;
const COLOURS = ['#8c959f', '#0969da', '#1a7f37'];

/** Follows the reader's colours, light or dark. */
const STYLE = [
  'text { font: 12px system-ui, sans-serif; fill: #1f2328 } .title { font-size: 13px; font-weight: 600 }',
  '.axis { stroke: #8c959f; stroke-width: 1 }',
  '@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }',
].join('\n');

export function lines({ title, x, series }: Lines): string {
  const lastX = Math.max(1, x.at(-1) ?? 1);
  const most = niceAbove(Math.max(1, ...series.flatMap(({ values }) => values)));
  const placeX = (value: number): number => LEFT + (value / lastX) * (WIDTH - LEFT - RIGHT);
  const placeY = (value: number): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * most);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${title}</title>`,
    `<style>\n${STYLE}\n</style>`,
    `<text class="title" x="10" y="20">${title}</text>`,
    ...ticks.map(
      (value) =>
        `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${placeY(value)}" y2="${placeY(value)}" opacity="0.3"/>` +
        `<text x="${LEFT - 8}" y="${placeY(value) + 4}" text-anchor="end">${Math.round(value)}</text>`,
    ),
    ...[0, 0.5, 1].map(
      (share) =>
        `<text x="${placeX(share * lastX)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${Math.round(share * lastX)}</text>`,
    ),
    ...series.map(({ values }, index) => {
      const points = values.map((value, at) => `${placeX(x[at]!).toFixed(1)},${placeY(value).toFixed(1)}`).join(' ');
      return `<polyline fill="none" stroke="${COLOURS[index % COLOURS.length]!}" stroke-width="1.5" points="${points}"/>`;
    }),
    ...series.map(
      ({ label }, index) =>
        `<rect x="${LEFT + index * 220}" y="${HEIGHT - 22}" width="12" height="4" fill="${COLOURS[index % COLOURS.length]!}"/>` +
        `<text x="${LEFT + 18 + index * 220}" y="${HEIGHT - 16}">${label}</text>`,
    ),
    '</svg>\n',
  ].join('\n');
}

/** 1, 2 or 5 times a power of ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((nice) => nice >= value)!;
}
