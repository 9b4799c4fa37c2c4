/** Templates of any form and values of any kind: refused at start, or rendered for every event, and never unescaped. */
import fc from 'fast-check';
import { createActionUrlRule, DEFAULT_ACTION_URL_SCHEMES } from '../../../processors/action-url.js';
import { compileTemplates } from '../../../processors/templates.js';
import { ConfigError } from '../../../common/errors.js';
import { BORDER_NAMES } from '../borders.js';
import { attempt, law, type Target } from '../target.js';

type TemplateInput = { readonly template: string; readonly values: { readonly [name: string]: string } };

const leaf = fc.oneof(
  fc.constantFrom(
    'text ',
    '<b>',
    '\\{{a}}',
    '{{!-- c --}}',
    '{{else}}',
    '{{^}}',
    '{{/if}}',
    '{{',
    '}}',
    '{{{{raw}}}}{{a}}{{{{/raw}}}}',
  ),
  fc.constantFrom(
    '{{a}}',
    '{{b}}',
    '{{{a}}}',
    '{{&a}}',
    '{{this}}',
    '{{a.b}}',
    '{{../a}}',
    '{{@root.a}}',
    '{{[a b]}}',
    '{{"a"}}',
    '{{1}}',
    '{{@index}}',
  ),
  fc.constantFrom(
    '{{constructor}}',
    '{{__proto__}}',
    '{{a.constructor}}',
    '{{a.length}}',
    '{{toString}}',
    '{{helperMissing}}',
    '{{this.a}}',
    '{{~a~}}',
  ),
  fc.constantFrom(
    '{{lookup this "a"}}',
    '{{lookup this b}}',
    '{{lookup}}',
    '{{if}}',
    '{{if a}}',
    '{{each a}}',
    '{{with a}}',
    '{{log a}}',
    '{{a b}}',
    '{{lookup this "constructor"}}',
  ),
  fc.constantFrom(
    '{{> p}}',
    '{{#> p}}x{{/p}}',
    '{{* d}}',
    '{{#*inline "p"}}{{a}}{{/inline}}',
    '{{> (lookup . "a")}}',
    '{{blockHelperMissing a}}',
  ),
);
const block = fc.constantFrom(
  'if a',
  'if',
  'if a b',
  'if a includeZero=true',
  'unless a',
  'unless',
  'each this',
  'each a',
  'each',
  'with a',
  'with',
  'with this as |x|',
  'each this as |v k|',
  'a',
  'b',
  'lookup this "a"',
  'unknown a',
  'this',
);

const { template: anyTemplate } = fc.letrec<{ template: string; node: string }>((tie) => ({
  template: fc.array(tie('node'), { maxLength: 4 }).map((parts) => parts.join('')),
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.tuple(block, tie('template'), tie('template'), fc.boolean()).map(([head, inside, other, hasElse]) => {
      const name = head.split(' ')[0]!;
      return `{{#${head}}}${inside}${hasElse ? `{{else}}${other}` : ''}{{/${name}}}`;
    }),
  ),
}));

/** What must not stand in HTML as it is. */
const MARK = `<script>"'&`;

const inputs = fc.record({
  template: anyTemplate,
  values: fc
    .array(
      fc.tuple(
        fc.constantFrom('a', 'b', 'a b', 'x', 'k', ...BORDER_NAMES),
        fc.constantFrom(MARK, '', 'a', '0', 'constructor'),
      ),
      { maxLength: 4 },
    )
    .map((entries) => Object.fromEntries(entries)),
});

const LINKS = createActionUrlRule(DEFAULT_ACTION_URL_SCHEMES);

export const templates: Target<TemplateInput> = {
  name: 'templates',
  inputs,
  play({ template, values }) {
    const compiled = attempt([ConfigError], () =>
      compileTemplates([{ code: 'CODE', title: 't', message: 'm', email: template }]),
    );
    const asText = attempt([ConfigError], () =>
      compileTemplates([{ code: 'CODE', title: template, message: template, email: null }]),
    );
    if (!(asText instanceof Error)) attempt([], () => asText.value.render('CODE', values, LINKS));
    if (compiled instanceof Error) return 'refused';
    const rendered = attempt([], () => compiled.value.render('CODE', values, LINKS));
    law(!(rendered instanceof Error), 'renders');
    const html = rendered.value?.emailHtml ?? '';
    law(!html.includes('<script>'), 'escapes every value', () => html);
    law(compiled.value.render('OTHER', values, LINKS) === undefined, 'knows its own codes');
    return 'read';
  },
};
