/** What the pictures have in common: the frame, and text that says what it is given. */

export const WIDTH = 760;

/** Lines of SVG in a frame whose style follows the reader's colours, light or dark. */
export function picture(title: string, height: number, style: readonly string[], content: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>\n${[...STYLE, ...style].join('\n')}\n</style>`,
    ...content,
    '</svg>\n',
  ].join('\n');
}

export function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}"${attributes && ` ${attributes}`}>${escaped(content)}</text>`;
}

/** To a tenth of a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const STYLE = [
  'text { font: 13px system-ui, sans-serif; fill: #1f2328 }',
  '.title { font-weight: 600 }',
  '@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }',
];

function escaped(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
