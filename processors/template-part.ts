/** One text of a template, compiled: Handlebars, reviewed. Templates are code; only the values come from events. */
import Handlebars from 'handlebars';
import { messageOf } from '../common/errors.js';
import { LINK_HELPER, LinkFinder } from './template-links.js';

/** Renders the text. The helper is asked for each value that a link begins with. */
export type Part = (values: object, linkHelper: LinkHelper) => string;
/** What stands in the link for the value: `prefix` is what the author wrote before it. */
export type LinkHelper = (prefix: string, value: unknown) => string;

interface PartOptions {
  /** In `html` every value is escaped. */
  readonly format: 'text' | 'html';
  /** Called with each fault of the text, and its line. */
  readonly onFault: (fault: string) => unknown;
  /** Looks at the tree as well: in `html` the values that links begin with are arguments of the helper there. */
  readonly reviewer?: Handlebars.Visitor;
}

/** What every object has (`{{toString}}`) is shown as nothing. Said outright: else Handlebars says so on the console, too. */
const OWN_ALONE = { allowProtoMethodsByDefault: false, allowProtoPropertiesByDefault: false };

/** An environment of our own, without the helper that writes to the console. */
const handlebars = Handlebars.create();
handlebars.unregisterHelper('log');

/** Undefined when the text has faults. */
export function compilePart(text: string, { format, onFault, reviewer }: PartOptions): Part | undefined {
  let faults = 0;
  const fail = (fault: string): void => {
    faults += 1;
    onFault(fault);
  };
  try {
    const tree = handlebars.parse(text);
    new Review(format, fail).accept(tree);
    if (format === 'html') new LinkFinder().accept(tree);
    reviewer?.accept(tree);
    return faults === 0 ? compileTree(tree, format) : undefined;
  } catch (error) {
    fail(faultOf(error));
    return undefined;
  }
}

function compileTree(tree: hbs.AST.Program, format: PartOptions['format']): Part {
  const template = handlebars.compile(tree, {
    noEscape: format === 'text',
    // What looks like a helper and is none is refused now, not when an event first gets there.
    knownHelpersOnly: true,
    knownHelpers: { log: false, [LINK_HELPER]: true },
  });
  const part: Part = (values, linkHelper) => template(values, { ...OWN_ALONE, helpers: { [LINK_HELPER]: linkHelper } });
  // Handlebars compiles at the first call.
  part(Object.create(null) as object, () => '');
  return part;
}

/** Handlebars says the line of a parse error in its message, that of others beside it. */
function faultOf(error: unknown): string {
  const line = (error as { readonly lineNumber?: number }).lineNumber;
  return line === undefined ? messageOf(error) : `line ${line}: ${messageOf(error)}`;
}

/** What `{{this}}` shows of all values together; without it an object that has no prototype throws there. */
const NOTHING: object = Object.freeze(Object.assign(Object.create(null) as object, { [Symbol.toPrimitive]: () => '' }));

/** The values as a text sees them. Without a prototype: `{{constructor}}` finds a value of that name or nothing. */
export function partValues(values: Readonly<Record<string, unknown>>): object {
  return Object.assign(Object.create(NOTHING) as object, values);
}

/** Helpers of a block; each takes one value. With another number of them Handlebars throws when an event first gets there. */
const BLOCK_HELPERS = new Set(['if', 'unless', 'each', 'with']);
/** Handlebars' own, which are no helpers for a template. */
const INNER_HELPERS = new Set(['helperMissing', 'blockHelperMissing', 'log']);
const PARTIAL = 'there are no partials to include';
const DECORATOR = 'decorators are not supported';

interface Call {
  readonly type: string;
  readonly path: hbs.AST.Expression;
  readonly params: readonly hbs.AST.Expression[];
  readonly hash?: hbs.AST.Hash | undefined;
  readonly loc: hbs.AST.SourceLocation;
}

/** Refuses what parses, and yet would fail with an event or leave its values unescaped. */
class Review extends Handlebars.Visitor {
  readonly #format: PartOptions['format'];
  readonly #onFault: PartOptions['onFault'];

  constructor(format: PartOptions['format'], onFault: PartOptions['onFault']) {
    super();
    this.#format = format;
    this.#onFault = onFault;
  }

  override MustacheStatement(mustache: hbs.AST.MustacheStatement): void {
    if (this.#format === 'html' && !mustache.escaped) {
      this.#fail(mustache, 'a value in three braces or with & is not escaped; use two braces');
    }
    this.#checkValue(mustache);
    super.MustacheStatement(mustache);
  }

  override SubExpression(expression: hbs.AST.SubExpression): void {
    this.#checkValue(expression);
    super.SubExpression(expression);
  }

  override BlockStatement(block: hbs.AST.BlockStatement): void {
    const name = helperOf(block);
    if (INNER_HELPERS.has(name) || name === 'lookup') this.#fail(block, `${name} is no block`);
    else if (!BLOCK_HELPERS.has(name)) this.#checkUnknown(block);
    else if (block.params.length !== 1) this.#fail(block, `#${name} takes one value, not ${block.params.length}`);
    super.BlockStatement(block);
  }

  override PartialStatement(partial: hbs.AST.PartialStatement): void {
    this.#fail(partial, PARTIAL);
  }

  override PartialBlockStatement(partial: hbs.AST.PartialBlockStatement): void {
    this.#fail(partial, PARTIAL);
  }

  override Decorator(decorator: hbs.AST.Decorator): void {
    this.#fail(decorator, DECORATOR);
  }

  override DecoratorBlock(decorator: hbs.AST.DecoratorBlock): void {
    this.#fail(decorator, DECORATOR);
  }

  /** A call in the place of a value: of these, only `lookup` gives one. */
  #checkValue(call: Call): void {
    const name = helperOf(call);
    if (BLOCK_HELPERS.has(name) || INNER_HELPERS.has(name)) this.#fail(call, `${name} is no value`);
    else if (name !== 'lookup') this.#checkUnknown(call);
    else if (call.params.length !== 2) this.#fail(call, `lookup takes two values, not ${call.params.length}`);
  }

  /** Handlebars finds these too, but stops at the first. */
  #checkUnknown(call: Call): void {
    if (call.type === 'SubExpression' || call.params.length > 0 || call.hash !== undefined)
      this.#fail(call, `unknown helper ${helperOf(call)}`);
  }

  #fail({ loc }: { readonly loc: hbs.AST.SourceLocation }, fault: string): void {
    this.#onFault(`line ${loc.start.line}: ${fault}`);
  }
}

/** The helper that Handlebars would call; the name of a value when it has none of that name. */
function helperOf({ path }: Pick<Call, 'path'>): string {
  return 'original' in path ? String(path.original) : '';
}
