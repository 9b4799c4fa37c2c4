/** Templates for requests: Handlebars, compiled at start. Templates are code; only the values come from events. */
import Handlebars from 'handlebars';
import type { ActionUrlFault } from '../common/correction.js';
import { ConfigError, messageOf } from '../common/errors.js';
import type { ActionUrlRule } from './action-url.js';
import { isBlank } from './blank.js';
import { LINK_HELPER, LinkFinder } from './template-links.js';

/** One template as its author wrote it. */
export interface TemplateSource {
  readonly code: string;
  /** Plain text. */
  readonly title: string;
  /** Plain text. */
  readonly message: string;
  /** HTML; null for the standard e-mail of the message. */
  readonly email: string | null;
}

export interface RenderedTemplate {
  readonly title: string;
  readonly message: string;
  readonly emailHtml: string | null;
  /** Called with each value that should have been a link in the e-mail and was left out. */
  readonly linkFaults: readonly ActionUrlFault[];
}

export interface Templates {
  /**
   * Undefined for a code that is not known. A value that is missing is rendered as nothing; one that a link begins with
   * as `#`, also where the rule refuses it.
   */
  render(code: string, values: Readonly<Record<string, string>>, linkRule: ActionUrlRule): RenderedTemplate | undefined;
}

type LinkHelper = (prefix: string, value: unknown) => string;
type Part = (values: object, linkHelper: LinkHelper) => string;
type Format = 'text' | 'html';

interface CompiledTemplate {
  readonly title: Part;
  readonly message: Part;
  readonly email: Part | null;
}

/** Compiles every template. Throws ConfigError with the faults of all of them, and those found before. */
export function compileTemplates(sources: readonly TemplateSource[], faults: readonly string[] = []): Templates {
  const all = [...faults];
  const compiled = new Map<string, CompiledTemplate>();
  for (const { code, title, message, email } of sources) {
    const part = (name: string, text: string, format: Format): Part => {
      try {
        return compilePart(text, format);
      } catch (error) {
        all.push(`template ${code}, ${name}.hbs: ${messageOf(error)}`);
        return () => '';
      }
    };
    compiled.set(code, {
      title: part('title', withoutLastNewline(title), 'text'),
      message: part('message', withoutLastNewline(message), 'text'),
      email: email === null ? null : part('email', email, 'html'),
    });
  }
  if (all.length > 0) throw new ConfigError(all);
  return new CompiledTemplates(compiled);
}

/** What `{{this}}` shows of all values together; without it an object that has no prototype throws there. */
const NOTHING: object = Object.freeze(Object.assign(Object.create(null) as object, { [Symbol.toPrimitive]: () => '' }));

class CompiledTemplates implements Templates {
  readonly #byCode: ReadonlyMap<string, CompiledTemplate>;

  constructor(byCode: ReadonlyMap<string, CompiledTemplate>) {
    this.#byCode = byCode;
  }

  render(
    code: string,
    values: Readonly<Record<string, string>>,
    linkRule: ActionUrlRule,
  ): RenderedTemplate | undefined {
    const template = this.#byCode.get(code);
    if (template === undefined) return undefined;
    // No prototype: `{{constructor}}` finds a value of that name or nothing.
    const own = Object.assign(Object.create(NOTHING) as object, values);
    const linkFaults: ActionUrlFault[] = [];
    const linkHelper: LinkHelper = (prefix, value) => link(prefix, value, linkRule, linkFaults);
    return {
      title: template.title(own, linkHelper),
      message: template.message(own, linkHelper),
      emailHtml: template.email === null ? null : template.email(own, linkHelper),
      linkFaults,
    };
  }
}

/** The value, where prefix and value together may be a link. A `#` keeps what follows it from becoming one. */
function link(prefix: string, value: unknown, rule: ActionUrlRule, faults: ActionUrlFault[]): string {
  const text = typeof value === 'string' ? value : '';
  if (isBlank(text)) return '#';
  const fault = rule(prefix + text);
  if (fault === undefined) return text;
  faults.push(fault);
  return '#';
}

/** What every object has (`{{toString}}`) is shown as nothing. Said outright: else Handlebars says so on the console, too. */
const OWN_ALONE = { allowProtoMethodsByDefault: false, allowProtoPropertiesByDefault: false };

/** An environment of our own, without the helper that writes to the console. */
const handlebars = Handlebars.create();
handlebars.unregisterHelper('log');

function compilePart(text: string, format: Format): Part {
  const tree = handlebars.parse(text);
  new Review(format).accept(tree);
  if (format === 'html') new LinkFinder().accept(tree);
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

/** Helpers of a block; each takes one value. With another number of them Handlebars throws when an event first gets there. */
const BLOCK_HELPERS = new Set(['if', 'unless', 'each', 'with']);
/** Handlebars' own, which are no helpers for a template. */
const INNER_HELPERS = new Set(['helperMissing', 'blockHelperMissing', 'log']);

interface Call {
  readonly path: hbs.AST.Expression;
  readonly params: readonly hbs.AST.Expression[];
  readonly loc: hbs.AST.SourceLocation;
}

/** Refuses what parses, and yet would fail with an event or leave its values unescaped. */
class Review extends Handlebars.Visitor {
  readonly #format: Format;

  constructor(format: Format) {
    super();
    this.#format = format;
  }

  override MustacheStatement(mustache: hbs.AST.MustacheStatement): void {
    if (this.#format === 'html' && !mustache.escaped) {
      throw new Error(
        `line ${mustache.loc.start.line}: a value in three braces or with & is not escaped; use two braces`,
      );
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
    const line = `line ${block.loc.start.line}`;
    if (INNER_HELPERS.has(name) || name === 'lookup') throw new Error(`${line}: ${name} is no block`);
    if (BLOCK_HELPERS.has(name) && block.params.length !== 1) {
      throw new Error(`${line}: #${name} takes one value, not ${block.params.length}`);
    }
    super.BlockStatement(block);
  }

  /** A call in the place of a value: of these, only `lookup` gives one. */
  #checkValue(call: Call): void {
    const name = helperOf(call);
    const line = `line ${call.loc.start.line}`;
    if (BLOCK_HELPERS.has(name) || INNER_HELPERS.has(name)) throw new Error(`${line}: ${name} is no value`);
    if (name === 'lookup' && call.params.length !== 2) {
      throw new Error(`${line}: lookup takes two values, not ${call.params.length}`);
    }
  }

  override PartialStatement(partial: hbs.AST.PartialStatement): void {
    throw new Error(`line ${partial.loc.start.line}: there are no partials to include`);
  }

  override PartialBlockStatement(partial: hbs.AST.PartialBlockStatement): void {
    throw new Error(`line ${partial.loc.start.line}: there are no partials to include`);
  }

  override Decorator(decorator: hbs.AST.Decorator): void {
    throw new Error(`line ${decorator.loc.start.line}: decorators are not supported`);
  }

  override DecoratorBlock(decorator: hbs.AST.DecoratorBlock): void {
    throw new Error(`line ${decorator.loc.start.line}: decorators are not supported`);
  }
}

/** The helper that Handlebars would call; the name of a value when it has none of that name. */
function helperOf({ path }: Pick<Call, 'path'>): string {
  return 'original' in path ? String(path.original) : '';
}

/** Editors end a file with a newline; a title does not. */
function withoutLastNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}
