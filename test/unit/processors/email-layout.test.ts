import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMjml } from '../../../dev/layouts/compile-mjml.js';
import { compileLayout, type LayoutContent } from '../../../processors/email-layout.js';
import { faultsOf } from '../faults-of.js';

const FOLDER = new URL('../../../rules/layouts/', import.meta.url);
const shipped = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');
const standard = compileLayout(shipped('standard.html'), 'standard.html');

const CONTENT: LayoutContent = {
  language: 'en',
  title: 'Task assigned',
  message: `Task 'A' assigned to you`,
  actionUrl: 'https://erp.example/tasks/1?a=1&b=2',
  preheader: 'A new task',
};
const withMessage = (html: string): ((content: Partial<LayoutContent>) => string) => {
  const layout = compileLayout(`${html}{{message}}`, 'a.html');
  return (content) => layout({ ...CONTENT, message: '', ...content });
};

/** What a browser would see beside text: tags with their attributes, and comments. */
const markupOf = (html: string): string[] => html.match(/<!--.*?-->|<[a-z/!?](?:"[^"]*"|'[^']*'|[^>"'])*>/gis) ?? [];
/** With what stands in quotes left out. */
const shapeOf = (html: string): string[] => markupOf(html).map((tag) => tag.replace(/"[^"]*"|'[^']*'/g, '""'));

describe('the layout that is shipped', () => {
  it.each(readdirSync(FOLDER).filter((name) => name.endsWith('.mjml')))('is what %s makes', async (name) => {
    expect(shipped(name.replace('mjml', 'html'))).toBe(await compileMjml(shipped(name), name));
  });

  it('shows title, message, preheader and a button, and what they hold as text', () => {
    const html = standard({ ...CONTENT, title: '<b>Hi</b>', preheader: '"Soon"' });
    expect(html).toContain('<h1>&lt;b&gt;Hi&lt;/b&gt;</h1>');
    expect(html).toContain('<p>Task &#x27;A&#x27; assigned to you</p>');
    expect(html).toContain('&quot;Soon&quot;');
    expect(html).toContain('href="https://erp.example/tasks/1?a&#x3D;1&amp;b&#x3D;2"');
    expect(html).toContain('View details');
    expect(html).not.toContain('{{');
  });

  it('has no button, and no link, without an action URL', () => {
    expect(standard({ ...CONTENT, actionUrl: null })).not.toMatch(/<a\b|href|View details/);
  });

  it('keeps the lines of the message', () => {
    expect(standard({ ...CONTENT, message: 'One\nTwo\r\n\nFour' })).toContain('<p>One<br />Two<br /><br />Four</p>');
  });

  it('says its language, and speaks it', () => {
    const html = standard({ ...CONTENT, language: 'vi-VN' });
    expect(html).toContain('<html lang="vi-VN"');
    expect(html).toContain('Xem chi tiết');
    expect(html).not.toContain('View details');
  });

  it('can be read aloud: each table is one for the looks, each picture has a text', () => {
    const html = standard(CONTENT);
    expect(html.match(/<table(?![^>]*role="presentation")/g)).toBeNull();
    expect(html.match(/<img(?![^>]*alt=)/g)).toBeNull();
  });

  it('is small: mail programs cut what is over 102 KB', () => {
    expect(standard(CONTENT).length).toBeLessThan(30_000);
  });

  it('shows a placeholder in a value as it came', () => {
    expect(standard({ ...CONTENT, message: '{{title}} {{{title}}} {{#if title}}' })).toContain(
      '<p>{{title}} {{{title}}} {{#if title}}</p>',
    );
  });

  const marks = ['<', '>', '"', "'", '=', '`', '&', '/', '\\', '--', '-->', '\n', ' ', '{{', '}}', '{{{title}}}'];
  const names = [
    'script',
    'a',
    ' onload',
    ' href',
    'javascript:',
    '</p>',
    '<!--',
    '<![endif]-->',
    '<img src=x onerror=y>',
  ];
  const hostile = fc.array(fc.oneof(fc.constantFrom(...marks, ...names), fc.string()), { maxLength: 12 });
  const anyText = fc.oneof(
    hostile.map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  );

  it('has the tags and attributes of its author and no other, whatever the values are', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, anyText, (title, message, preheader, actionUrl) => {
        const breaks = message.split(/\r\n|[\n\r\u2028\u2029]/).length - 1;
        const plain = { language: 'en', title: 'T', message: 'M', actionUrl: 'https://e/', preheader: 'P' };
        const wanted = shapeOf(standard({ ...plain, message: `M${'\n'.repeat(breaks)}` }));
        expect(shapeOf(standard({ ...plain, title, message, preheader, actionUrl: `https://e/${actionUrl}` }))).toEqual(
          wanted,
        );
      }),
    );
  });
});

describe('a layout', () => {
  it('knows the language by each of its names', () => {
    const layout = withMessage('{{#if in.zh}}zh{{/if}} {{#if in.zh-Hant}}Hant{{/if}} {{#if in.vi}}vi{{/if}}');
    expect(layout({ language: 'zh-Hant-TW' })).toBe('zh Hant ');
    expect(layout({ language: 'constructor' })).toBe('  ');
  });

  it('may go through the lines in its own way', () => {
    const layout = withMessage('{{#each lines as |line|}}<p title="{{../title}}">{{line}}</p>{{/each}}');
    expect(layout({ title: 'T', message: 'a\nb' })).toBe('<p title="T">a</p><p title="T">b</p>a\nb');
  });

  it('leads nowhere when there is no action URL', () => {
    expect(withMessage('<a href="{{actionUrl}}">')({ actionUrl: null })).toBe('<a href="#">');
  });

  it('leads to the action URL alone, whatever else is called so', () => {
    const layout = withMessage('{{#each lines as |actionUrl|}}<a href="{{actionUrl}}">{{/each}}');
    expect(layout({ message: 'javascript:x' })).toBe('<a href="#">javascript:x');
  });

  it.each([
    ['between tags', '<p>{{title}}</p>'],
    ['in quotes', `<p title="{{title}}" lang='{{language}}'>`],
    ['in what Outlook alone reads', '<!--[if mso]><td title="{{title}}">{{title}}</td><![endif]-->'],
    ['behind what Outlook does not read', '<!--[if !mso]><!--><p>{{title}}</p><!--<![endif]-->'],
    ['behind a style sheet and a comment', '<style>a > b { c: "d" }</style><!-- it\'s > a < "b -->{{title}}'],
    ['behind a comparison', '1 < 2 {{title}}'],
    ['in the quotes that each branch opens', '<p {{#if title}}title="{{else}}lang="{{/if}}{{title}}">'],
  ])('takes a value %s', (_, html) => {
    expect(faultsOf(() => withMessage(html))).toEqual([]);
  });

  it.each([
    ['an attribute without quotes', '<p title={{title}}>'],
    ["a tag's name", '<{{title}}>'],
    ["an attribute's name", '<p {{title}}="a">'],
    ['a script', '<script>var a = "{{title}}"</script>'],
    ['a style sheet', '<style>p { color: {{title}} }</style>'],
    ['a handler', '<p onclick="go(\'{{title}}\')">'],
    ['a style', `<p title="a" style='{{title}}'>`],
    ['a tag that one branch has left open', '<p {{#if title}}>{{/if}}{{title}}>'],
  ])('refuses a value in %s', (_, html) => {
    expect(faultsOf(() => withMessage(html))).toEqual([expect.stringMatching(/^a\.html: line 1: a value may stand/)]);
  });

  it('names every fault at once, with file and line', () => {
    const broken = `<h1>{{titel}}</h1>
      {{{title}}}
      <a href="{{title}}">{{title.length}}</a>
      <a href="/{{actionUrl}}"><p title={{title}}>
      {{> footer}}
      {{shout title}} {{#shout title}}{{/shout}}
      {{#if title preheader}}{{/if}}`;
    expect(faultsOf(() => compileLayout(broken, 'rules/layouts/a.html'))).toEqual(
      [
        'line 2: a value in three braces or with & is not escaped; use two braces',
        'line 5: there are no partials to include',
        'line 6: unknown helper shout',
        'line 6: unknown helper shout',
        'line 7: #if takes one value, not 2',
        'line 1: there is no value titel; a layout has language, title, message, lines, actionUrl, preheader, in',
        'line 3: a link may begin with {{actionUrl}}, or with text of the layout, and with no other value',
        'line 3: there is no value title.length; a layout has language, title, message, lines, actionUrl, preheader, in',
        'line 4: a link may begin with {{actionUrl}}, or with text of the layout, and with no other value',
        'line 4: a value may stand between tags and in the quotes of an attribute, not in a tag, a script, a handler or a style',
      ].map((fault) => `rules/layouts/a.html: ${fault}`),
    );
  });

  it.each([
    ['what does not end', '<p>\n{{#if title}}', /^a\.html: Parse error on line 2/],
    ['an end of something else', '<p>\n{{#if title}}{{/unless}}', /^a\.html: line 2: if doesn't match unless/],
    ['a call that is no value', '\n{{#if (title)}}{{/if}}', /^a\.html: line 2: unknown helper title/],
    ['a layout that shows no message', '<p>{{title}}</p>', /^a\.html: the message is nowhere/],
  ])('refuses %s', (_, html, fault) => {
    const faults = faultsOf(() => compileLayout(html, 'a.html'));
    expect(faults[0]).toMatch(fault);
  });
});

describe('MJML', () => {
  it('that is at fault names each with file and line', async () => {
    const mjml = '<mjml><mj-body>\n<mj-text bad="x">a</mj-text>\n<mj-foo></mj-foo></mj-body></mjml>';
    await expect(compileMjml(mjml, 'a.mjml')).rejects.toThrow(
      /a\.mjml: line 2: .*bad.*\n(.*\n)*a\.mjml: line 3: .*mj-foo/,
    );
  });
});
