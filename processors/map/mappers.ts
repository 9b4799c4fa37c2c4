/** A mapper for each source of a rule set: its rules, and what code does beside them. */
import type { ActionUrlRule } from '../action-url.js';
import { compileLayout } from '../email-layout.js';
import { createLocaleChoice } from '../rules/locales.js';
import { createRuleMapper, type Mapper, type MapperSettings } from '../rules/mapper.js';
import type { RuleSet, SourceRules } from '../rules/rule-set.js';
import { refuseUnserved } from '../rules/served-locales.js';
import type { Templates } from '../templates.js';
import { createAccountMapper } from './account.js';
import { createRequestMapper } from './request.js';

/** What a rule set is compiled with. */
export interface MappersOptions {
  readonly templates: Templates;
  /** LOCALES: the first is the default. */
  readonly locales: readonly [string, ...string[]];
  readonly actionUrl: ActionUrlRule;
}

/** By logical topic. */
export type Mappers = ReadonlyMap<string, Mapper>;

/** Throws ConfigError for a layout or a locale that the rule set cannot serve. */
export function createMappers(rules: RuleSet, { templates, locales, actionUrl }: MappersOptions): Mappers {
  const settings: MapperSettings = {
    languages: rules.languages,
    locales,
    chooseLocale: createLocaleChoice(locales),
    actionUrl,
    layout: rules.layout && compileLayout(rules.layout.html, rules.layout.path),
  };
  refuseUnserved(locales, rules.languages);
  return new Map(rules.sources.map((source) => [source.topic, mapperOf(source, settings, templates)]));
}

function mapperOf(source: SourceRules, settings: MapperSettings, templates: Templates): Mapper {
  switch (source.handler) {
    case 'requests':
      return createRequestMapper(source.topic, templates, settings.actionUrl);
    case 'accounts':
      return createAccountMapper(source, settings);
    case undefined:
      return createRuleMapper(source, settings);
  }
}
