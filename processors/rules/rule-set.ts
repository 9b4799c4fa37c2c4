/** A rule set as its files say it, checked: who is told what, of which events of which topics. */
import type { RulesIdentity } from '../../common/rules-identity.js';
import type { SourceSpec } from '../../schemas/source-spec.js';
import type { SourceHandler, RulePart, EventRuleShape } from './rule-shape.js';

/** One event type of a source: what its file says of it, and what it says of all its events. */
export type EventRule = RulePart & Pick<EventRuleShape, 'title' | 'message' | 'channels'>;

/** Where an event's own parts are found. */
interface KeyFields {
  readonly eventType: string;
  /** A field, the record's place, or a hash of fields. */
  readonly eventId: string | { readonly hash: readonly string[] };
  /** A field, or the record's own time. */
  readonly timestamp: string;
  readonly tenant: string;
}

/** What is said of one source topic. Its name is that of its file: `tasks`. */
export interface SourceRules extends SourceSpec {
  /** What code does with its events beside these rules. */
  readonly handler: SourceHandler | undefined;
  readonly service: string;
  readonly fields: KeyFields;
  /** By event type. */
  readonly events: ReadonlyMap<string, EventRule>;
}

/** Title and message, as ICU MessageFormat. */
export interface TextPair {
  readonly title: string;
  readonly message: string;
}

/** Texts in one language: by source, then by event type. */
export type Language = ReadonlyMap<string, ReadonlyMap<string, TextPair>>;

/** Its version is raised with each change that workers must agree on; its digest is the SHA-256 of all its files, in hexadecimal. */
export interface RuleSet extends RulesIdentity {
  /** BCP 47; the language of the texts in the sources' files. */
  readonly language: string;
  readonly sources: readonly SourceRules[];
  /** By BCP 47 tag, the language of the sources' files among them. */
  readonly languages: ReadonlyMap<string, Language>;
  /** The e-mail layout; undefined for the contract's own. */
  readonly layout: { readonly path: string; readonly html: string } | undefined;
  /** A folder of request templates; undefined when it has none. */
  readonly templatesDir: string | undefined;
}
