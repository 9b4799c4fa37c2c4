/** Bytes around a place, as `hexdump -C` has them. */

const A_LINE = 16;
const LINES_AROUND = 2;
const HEAD_LINES = 16;

/** The first lines of a value. */
export function hexHead(value: Buffer): string[] {
  return dumped(value, 0, Math.min(value.length, HEAD_LINES * A_LINE), -1);
}

/** The lines around a byte of a value; the byte stands in brackets. */
export function hexDump(value: Buffer, at: number): string[] {
  const line = Math.floor(Math.min(at, Math.max(0, value.length - 1)) / A_LINE);
  const from = Math.max(0, line - LINES_AROUND) * A_LINE;
  const to = Math.min(value.length, (line + LINES_AROUND + 1) * A_LINE);
  return dumped(value, from, to, at);
}

function dumped(value: Buffer, from: number, to: number, at: number): string[] {
  const lines: string[] = [];
  for (let start = from; start < to; start += A_LINE)
    lines.push(dumpLine(value.subarray(start, Math.min(to, start + A_LINE)), start, at));
  return lines;
}

function dumpLine(bytes: Buffer, start: number, at: number): string {
  const hex = Array.from(bytes, (byte, index) => {
    const text = byte.toString(16).padStart(2, '0');
    return start + index === at ? `[${text}]` : ` ${text} `;
  }).join('');
  const text = Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
  return `${start.toString(16).padStart(8, '0')}  ${hex.padEnd(A_LINE * 4)}  |${text}|`;
}
