/** E-mail layouts: the HTML around a message, with header, footer and preheader. Handlebars, compiled at start. */
import Handlebars from 'handlebars';
import { ConfigError } from '../common/errors.js';
import { isSafePlace, placeAfter, type HtmlPlace } from './html-place.js';
import { LINK_HELPER } from './template-links.js';
import { shortened } from './rules/locales.js';
import { compilePart, partValues } from './template-part.js';

/** What an e-mail shows, in the recipient's language. All of it is text, and is escaped. */
export interface LayoutContent {
  /** BCP 47: `vi`, `en-GB`. */
  readonly language: string;
  readonly title: string;
  readonly message: string;
  /** It has passed the rule for action URLs (action-url.ts); null for an e-mail without a link. */
  readonly actionUrl: string | null;
  /** What an inbox shows behind the subject. */
  readonly preheader: string;
}

/**
 * The values that a layout may name. `lines` are the message's; `in` holds the language, so that a layout can have texts
 * of its own in several: `{{#if in.vi}}Mở{{else}}Open{{/if}}`, also for `vi-VN`.
 */
const NAMES = ['language', 'title', 'message', 'lines', 'actionUrl', 'preheader', 'in'] as const;

const UNSAFE =
  'a value may stand between tags and in the quotes of an attribute, not in a tag, a script, a handler or a style';
const LINE_ENDS = /\r\n|[\n\r\u2028\u2029]/;

/** Compiles a layout. `where` is its file. Throws ConfigError with every fault, each with file and line. */
export function compileLayout(html: string, where: string): (content: LayoutContent) => string {
  const faults: string[] = [];
  const onFault = (fault: string): unknown => faults.push(`${where}: ${fault}`);
  const reviewer = new LayoutReview(onFault);
  const part = compilePart(html, { format: 'html', onFault, reviewer });
  if (part && !reviewer.showsMessage) onFault('the message is nowhere: expected {{message}}, or {{#each lines}}');
  if (part === undefined || faults.length > 0) throw new ConfigError(faults);
  return (content) =>
    part(valuesOf(content), (_, url) => (url === content.actionUrl ? (content.actionUrl ?? '#') : '#'));
}

function valuesOf(content: LayoutContent): object {
  const { language, title, message, actionUrl, preheader } = content;
  const values: Record<(typeof NAMES)[number], unknown> = {
    language,
    title,
    message,
    lines: message.split(LINE_ENDS),
    actionUrl,
    preheader,
    // `vi-VN` is `vi`, too.
    in: partValues(
      Object.fromEntries(
        shortened(language)
          .toReversed()
          .map((range) => [range, true]),
      ),
    ),
  };
  return partValues(values);
}

/**
 * Refuses names that a layout does not have, which would be rendered as nothing; links to anything but the action URL;
 * and values where escaping does not help. Walks the tree in the order of the text.
 */
class LayoutReview extends Handlebars.Visitor {
  readonly #onFault: (fault: string) => unknown;
  readonly #names = new Set<string>(NAMES);
  /** Where the text before the node can end, by which branches were taken. */
  #places: ReadonlySet<HtmlPlace> = new Set(['text']);
  showsMessage = false;

  constructor(onFault: (fault: string) => unknown) {
    super();
    this.#onFault = onFault;
  }

  override Program(program: hbs.AST.Program): void {
    // `{{#each lines as |line|}}`
    for (const name of (program as { blockParams?: string[] }).blockParams ?? []) this.#names.add(name);
    super.Program(program);
  }

  override ContentStatement(content: hbs.AST.ContentStatement): void {
    this.#places = new Set([...this.#places].map((place) => placeAfter(place, content.value)));
  }

  override MustacheStatement(mustache: hbs.AST.MustacheStatement): void {
    if (![...this.#places].every(isSafePlace)) this.#fail(mustache, UNSAFE);
    const [prefix, url] = mustache.params;
    if (nameOf(mustache.path) !== LINK_HELPER) this.#enter(mustache);
    else if (url === undefined || nameOf(url) !== 'actionUrl' || (prefix as hbs.AST.StringLiteral).value !== '')
      this.#fail(mustache, 'a link may begin with {{actionUrl}}, or with text of the layout, and with no other value');
  }

  override SubExpression(expression: hbs.AST.SubExpression): void {
    this.#enter(expression);
  }

  override PartialStatement(): void {
    // There are none: what it names is no value.
  }

  override BlockStatement(block: hbs.AST.BlockStatement): void {
    this.#enter(block);
    const before = this.#places;
    const after: HtmlPlace[] = [];
    // A branch may be missing, whatever its type says.
    for (const branch of [block.program, block.inverse] as (hbs.AST.Program | undefined)[]) {
      this.#places = before;
      if (branch) this.accept(branch);
      after.push(...this.#places);
    }
    this.#places = new Set(after);
  }

  /** The path of a call is a helper's; without arguments it is a value's: `{{#actionUrl}}`. */
  #enter({ path, params }: { readonly path: hbs.AST.Expression; readonly params: hbs.AST.Expression[] }): void {
    for (const expression of params.length === 0 ? [path] : params) this.accept(expression);
  }

  override PathExpression(path: hbs.AST.PathExpression): void {
    const name = nameOf(path);
    if (name === undefined) return;
    if (name === 'message' || name === 'lines') this.showsMessage = true;
    if (this.#names.has(name) || /^in\.[A-Za-z0-9-]+$/.test(name)) return;
    this.#fail(path, `there is no value ${name}; a layout has ${NAMES.join(', ')}`);
  }

  #fail({ loc }: { readonly loc: hbs.AST.SourceLocation }, fault: string): void {
    this.#onFault(`line ${loc.start.line}: ${fault}`);
  }
}

/** The value's name; undefined for none: `this`, `..`, `@last`, a literal. */
function nameOf(expression: hbs.AST.Expression): string | undefined {
  if (expression.type !== 'PathExpression') return undefined;
  const { data, parts } = expression as hbs.AST.PathExpression;
  return data || parts.length === 0 ? undefined : parts.join('.');
}
