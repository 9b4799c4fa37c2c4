/** Where in HTML a text ends: escaped, a value is safe between the tags and in an attribute's quotes, and nowhere else. */

/** `code`: a script or a style sheet; `codeIn…`: an attribute that is one. */
export type HtmlPlace = 'text' | 'tag' | 'comment' | 'double' | 'single' | 'code' | 'codeInDouble' | 'codeInSingle';

const SAFE: ReadonlySet<HtmlPlace> = new Set(['text', 'comment', 'double', 'single']);

/** What ends each place. A comment of Outlook's (`<!--[if mso]>`) is read by it as HTML, and here too. */
const EXITS: Readonly<Record<HtmlPlace, RegExp>> = {
  text: /<(?:!--(?!\[if)|(?:script|style)\b|[a-z/!?]|$)/gi,
  tag: /[>"']/g,
  comment: /-->/g,
  double: /"/g,
  single: /'/g,
  code: /<\/(?:script|style)/gi,
  codeInDouble: /"/g,
  codeInSingle: /'/g,
};
const CODE_ATTRIBUTE = /(?:^|[\s"'/])(?:on[a-z]+|style|srcdoc)\s*=\s*$/i;

/** Whether a value may stand there. */
export function isSafePlace(place: HtmlPlace): boolean {
  return SAFE.has(place);
}

/** Where the text ends that begins there. */
export function placeAfter(start: HtmlPlace, text: string): HtmlPlace {
  let place = start;
  for (let at = 0; ;) {
    const exit = EXITS[place];
    exit.lastIndex = at;
    const found = exit.exec(text);
    if (found === null) return place;
    const before = text.slice(at, found.index);
    // `<!-->` is a whole comment.
    at = found[0] === '<!--' ? found.index + 2 : exit.lastIndex;
    place = behind(place, found[0], before);
  }
}

function behind(place: HtmlPlace, token: string, before: string): HtmlPlace {
  if (place === 'text') return token === '<!--' ? 'comment' : token.length > 2 ? 'code' : 'tag';
  if (place === 'comment' || token === '>') return 'text';
  if (place !== 'tag') return 'tag';
  const isCode = CODE_ATTRIBUTE.test(before);
  if (token === '"') return isCode ? 'codeInDouble' : 'double';
  return isCode ? 'codeInSingle' : 'single';
}
