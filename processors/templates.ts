/** Templates for requests: Handlebars, compiled at start. Templates are code; only the values come from events. */
import type { ActionUrlFault } from '../common/correction.js';
import { ConfigError } from '../common/errors.js';
import type { ActionUrlRule } from './action-url.js';
import { isBlank } from './blank.js';
import { compilePart, partValues, type LinkHelper, type Part } from './template-part.js';

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
  readonly sources: readonly TemplateSource[];
  /**
   * Undefined for a code that is not known. A value that is missing is rendered as nothing; one that a link begins with
   * as `#`, also where the rule refuses it.
   */
  render(code: string, values: Readonly<Record<string, string>>, linkRule: ActionUrlRule): RenderedTemplate | undefined;
}

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
    const part = (name: string, text: string, format: 'text' | 'html'): Part => {
      const onFault = (fault: string): unknown => all.push(`template ${code}, ${name}.hbs: ${fault}`);
      return compilePart(text, { format, onFault }) ?? (() => '');
    };
    compiled.set(code, {
      title: part('title', withoutLastNewline(title), 'text'),
      message: part('message', withoutLastNewline(message), 'text'),
      email: email === null ? null : part('email', email, 'html'),
    });
  }
  if (all.length > 0) throw new ConfigError(all);
  return new CompiledTemplates(sources, compiled);
}

class CompiledTemplates implements Templates {
  readonly sources: readonly TemplateSource[];
  readonly #byCode: ReadonlyMap<string, CompiledTemplate>;

  constructor(sources: readonly TemplateSource[], byCode: ReadonlyMap<string, CompiledTemplate>) {
    this.sources = sources;
    this.#byCode = byCode;
  }

  render(
    code: string,
    values: Readonly<Record<string, string>>,
    linkRule: ActionUrlRule,
  ): RenderedTemplate | undefined {
    const template = this.#byCode.get(code);
    if (template === undefined) return undefined;
    const own = partValues(values);
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

/** Editors end a file with a newline; a title does not. */
function withoutLastNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}
