/** Between these two, ASCII has nothing that `trim` takes away. */
const SPACE = 0x20;
const DELETE = 0x7f;

/** Nothing but white space, or nothing. What begins with a visible ASCII character, as nearly all texts do, need not be trimmed to know. */
export function isBlank(text: string): boolean {
  const first = text.charCodeAt(0);
  return !(first > SPACE && first < DELETE) && text.trim() === '';
}
