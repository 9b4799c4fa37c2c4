/**
 * Finds the values of an e-mail template that decide where a link leads: those at the beginning of an attribute that
 * takes a URL. Each becomes the helper's argument, which lets through what an action URL may be.
 */
import Handlebars from 'handlebars';

/** The helper's name. Its arguments: what the template's author wrote in the attribute before the value, and the value. */
export const LINK_HELPER = 'checked-link';

const URL_ATTRIBUTE =
  /(?:^|[\s"'/])(?:href|src|action|formaction|poster|background|cite|data|xlink:href)\s*=\s*(?:"([^"]*)|'([^']*)|([^\s"'>]*))$/i;
/** What may stand before the value, and the value still decides: behind anything else it is part of the author's URL. */
const UNDECIDED = new Set(['', '/']);
/** Stands for a value that came before. It made something of the attribute: a link that is refused leaves a `#`. */
const VALUE = '\0';
/** The longest text before a value that is looked at: an attribute's name and its quote. */
const TAIL_LENGTH = 256;

type Tails = ReadonlySet<string>;

/** Rewrites the template's tree in place. Walks it in the order of the text. */
export class LinkFinder extends Handlebars.Visitor {
  /** The ends that the text before the node can have, by which branches were taken. */
  #tails: Tails = new Set(['']);

  override ContentStatement(content: hbs.AST.ContentStatement): void {
    this.#append(content.value);
  }

  override MustacheStatement(mustache: hbs.AST.MustacheStatement): void {
    const prefixes = [...this.#tails].map(prefixOf).filter((prefix) => prefix !== undefined);
    const prefix = prefixes.sort((a, b) => a.length - b.length)[0];
    if (prefix !== undefined) wrap(mustache, prefix);
    this.#append(VALUE);
  }

  override BlockStatement(block: hbs.AST.BlockStatement): void {
    const before = this.#tails;
    const after = new Set(before);
    for (const branch of [block.program, block.inverse]) {
      // A branch may be missing, whatever its type says.
      if ((branch as hbs.AST.Program | undefined) === undefined) continue;
      this.#tails = before;
      this.accept(branch);
      for (const tail of this.#tails) after.add(tail);
    }
    this.#tails = after;
  }

  #append(text: string): void {
    this.#tails = new Set([...this.#tails].map((tail) => (tail + text).slice(-TAIL_LENGTH)));
  }
}

/** What stands in a URL attribute before its end; undefined where there is none, or where it decides already. */
function prefixOf(tail: string): string | undefined {
  const found = URL_ATTRIBUTE.exec(tail);
  const prefix = found === null ? undefined : (found[1] ?? found[2] ?? found[3] ?? '');
  return prefix !== undefined && UNDECIDED.has(prefix) ? prefix : undefined;
}

function wrap(mustache: hbs.AST.MustacheStatement, prefix: string): void {
  const { path, params, hash, loc } = mustache;
  const value = params.length === 0 ? path : ({ type: 'SubExpression', path, params, hash, loc } as hbs.AST.Expression);
  mustache.path = {
    type: 'PathExpression',
    data: false,
    depth: 0,
    parts: [LINK_HELPER],
    original: LINK_HELPER,
    loc,
  };
  mustache.params = [{ type: 'StringLiteral', value: prefix, original: prefix, loc } as hbs.AST.StringLiteral, value];
}
