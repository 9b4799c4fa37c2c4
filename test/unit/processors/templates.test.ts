import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createActionUrlRule, type ActionUrlRule } from '../../../processors/action-url.js';
import { loadTemplates } from '../../../processors/load-templates.js';
import { compileTemplates } from '../../../processors/templates.js';
import { faultsOf } from '../faults-of.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'templates-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const ANY_LINK: ActionUrlRule = () => undefined;

const INVOICE = { code: 'INVOICE', title: 'Invoice {{no}}', message: 'For {{name}}', email: null };

describe('a template', () => {
  it('is not known under a code that nobody defined, nor under a name of Object', () => {
    const templates = compileTemplates([INVOICE]);
    expect(templates.render('OTHER', {}, ANY_LINK)).toBeUndefined();
    expect(templates.render('constructor', {}, ANY_LINK)).toBeUndefined();
    expect(templates.render('__proto__', {}, ANY_LINK)).toBeUndefined();
  });

  it('leaves title and message as plain text, and escapes the e-mail', () => {
    const templates = compileTemplates([{ ...INVOICE, email: '<p title="{{no}}">{{name}}</p>' }]);
    expect(templates.render('INVOICE', { no: '"1"', name: `<O'Neil> & Co` }, ANY_LINK)).toEqual({
      title: 'Invoice "1"',
      message: `For <O'Neil> & Co`,
      emailHtml: '<p title="&quot;1&quot;">&lt;O&#x27;Neil&gt; &amp; Co</p>',
      linkFaults: [],
    });
  });

  it('renders a value that is missing as nothing', () => {
    expect(compileTemplates([INVOICE]).render('INVOICE', {}, ANY_LINK)).toMatchObject({
      title: 'Invoice ',
      message: 'For ',
    });
  });

  it('sees the values given, never what objects inherit', () => {
    const title = '{{constructor}}{{toString}}{{__proto__}}{{lookup this "constructor"}}{{hasOwnProperty}}';
    const templates = compileTemplates([{ ...INVOICE, title }]);
    // Handlebars would refuse them as well, but with a line on the console for each that an event asks for.
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(templates.render('INVOICE', {}, ANY_LINK)?.title).toBe('');
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
    expect(templates.render('INVOICE', { constructor: 'mine' }, ANY_LINK)?.title).toBe('minemine');
  });

  it('loses the newline that an editor puts at the end of a title', () => {
    expect(compileTemplates([{ ...INVOICE, title: 'Hello\n' }]).render('INVOICE', {}, ANY_LINK)?.title).toBe('Hello');
  });

  it('may go through all values, and name one of them meanwhile', () => {
    const templates = compileTemplates([
      { ...INVOICE, title: '{{#each this}}{{@key}}={{this}} of {{../no}};{{/each}}' },
    ]);
    expect(templates.render('INVOICE', { no: '5', by: 'Ann' }, ANY_LINK)?.title).toBe('no=5 of 5;by=Ann of 5;');
  });

  it('may use conditions', () => {
    const templates = compileTemplates([{ ...INVOICE, title: '{{#if no}}No. {{no}}{{else}}None{{/if}}' }]);
    expect(templates.render('INVOICE', { no: '5' }, ANY_LINK)?.title).toBe('No. 5');
    expect(templates.render('INVOICE', {}, ANY_LINK)?.title).toBe('None');
  });
});

describe('a link in a template', () => {
  const rule = createActionUrlRule(['https']);
  const rendered = (email: string, values: Readonly<Record<string, string>>): unknown => {
    const { emailHtml, linkFaults } = compileTemplates([{ ...INVOICE, email }]).render('INVOICE', values, rule)!;
    return linkFaults.length === 0 ? emailHtml : [emailHtml, ...linkFaults];
  };

  it('that begins with a value is what an action URL may be', () => {
    const link = '<a class="b" href="{{url}}">{{url}}</a>';
    expect(rendered(link, { url: 'https://e/1' })).toBe('<a class="b" href="https://e/1">https://e/1</a>');
    expect(rendered(link, { url: '/tasks/1' })).toBe('<a class="b" href="/tasks/1">/tasks/1</a>');
    expect(rendered(link, { url: 'javascript:x' })).toEqual(['<a class="b" href="#">javascript:x</a>', 'scheme']);
    expect(rendered(link, {})).toBe('<a class="b" href="#"></a>');
  });

  it.each([
    `<a href='{{url}}'>`,
    '<a href={{url}}>',
    '<a\nHREF = "{{url}}">',
    '<form action="{{ url }}">',
    '<img src="{{lookup this "url"}}">',
    '<a href="{{#if url}}{{url}}{{/if}}">',
    '<a href="{{#unless none}}{{#if url}}{{url}}{{/if}}{{/unless}}">',
    '{{#if none}}<a href="/a">{{else}}<a href="{{url}}">{{/if}}',
    '<a href="{{#if none}}/{{/if}}{{url}}">',
    '<a href="{{none}}{{url}}">',
    '<a href="/{{none}}/{{url}}">',
  ])('cannot be made to run a script: %s', (email) => {
    const html = JSON.stringify(rendered(email, { url: 'javascript:alert(1)' }));
    expect(html).not.toMatch(/=\s*\\?["']?\s*javascript/i);
    expect(html).toMatch(/"scheme"|#/);
  });

  it('does not leave the site behind a slash of its author', () => {
    expect(rendered('<a href="/{{path}}">', { path: 'tasks/1' })).toBe('<a href="/tasks/1">');
    expect(rendered('<a href="/{{path}}">', { path: '/evil.example' })).toEqual(['<a href="/#">', 'scheme']);
    expect(rendered('<a href="/{{path}}">', { path: '\\evil.example' })).toEqual(['<a href="/#">', 'characters']);
  });

  it("is its author's where it begins with more, and a value elsewhere is none", () => {
    expect(rendered('<a href="https://e/?q={{q}}">', { q: 'a:b' })).toBe('<a href="https://e/?q=a:b">');
    expect(rendered('<p title="{{q}}">href="{{q}}', { q: 'x' })).toBe('<p title="x">href="x');
    expect(rendered('<p>{{q}}</p>', { q: 'javascript:x' })).toBe('<p>javascript:x</p>');
  });
});

describe('compiling templates', () => {
  it.each([
    ['a syntax error', { title: '{{#if x}}' }, /template INVOICE, title\.hbs: Parse error/],
    ['a helper that does not exist', { title: '{{#if x}}{{shout x}}{{/if}}' }, /unknown helper shout/],
    ['the helper that writes to the console', { title: '{{log x}}' }, /log is no value/],
    // These compile, and throw when an event first gets there, or leave its values unescaped (found by the fuzzer).
    ['a condition without a value', { title: '{{#if x}}{{#if}}y{{/if}}{{/if}}' }, /line 1: #if takes one value, not 0/],
    ['a condition of two values', { email: '{{#unless x}}{{#with x y}}{{/with}}{{/unless}}' }, /#with takes one value/],
    ['a condition in the place of a value', { title: '{{#if x}}{{if}}{{/if}}' }, /if is no value/],
    ['a condition as a value of another', { title: '{{#if x}}{{lookup this (if x)}}{{/if}}' }, /if is no value/],
    ['a look-up of nothing', { title: '{{#if x}}{{lookup}}{{/if}}' }, /lookup takes two values, not 0/],
    ["Handlebars' own helper", { title: '{{#if x}}{{helperMissing}}{{/if}}' }, /helperMissing is no value/],
    ['a look-up as a block, which does not escape', { email: '{{#lookup this "x"}}{{/lookup}}' }, /lookup is no block/],
    ['a partial', { message: '{{#if x}}\n{{> footer}}{{/if}}' }, /message\.hbs: line 2: there are no partials/],
    ['a block partial', { message: '{{#> footer}}x{{/footer}}' }, /there are no partials/],
    ['a decorator', { message: '{{* deco}}' }, /decorators are not supported/],
    ['an unescaped value in an e-mail', { email: '<p>{{{x}}}</p>' }, /email\.hbs: line 1: .*not escaped/],
    ['another unescaped value in an e-mail', { email: '<p>{{#if x}}{{& x}}{{/if}}</p>' }, /not escaped/],
  ])('refuses %s at start', (_, change, fault) => {
    expect(faultsOf(() => compileTemplates([{ ...INVOICE, ...change }]))).toEqual([expect.stringMatching(fault)]);
  });

  it('names the faults of all templates at once', () => {
    const faults = faultsOf(() =>
      compileTemplates([
        { ...INVOICE, code: 'A', title: '{{' },
        { ...INVOICE, code: 'B', title: '{{/if}}', message: '{{> x}}' },
      ]),
    );
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([
      'template A, title.hbs',
      'template B, title.hbs',
      'template B, message.hbs',
    ]);
  });
});

describe('the faults of one template', () => {
  it('are named at once, each with its line', () => {
    const email = '{{{x}}}\n{{shout x}}{{#if}}{{/if}}\n{{> footer}}';
    expect(faultsOf(() => compileTemplates([{ ...INVOICE, email }]))).toEqual([
      'template INVOICE, email.hbs: line 1: a value in three braces or with & is not escaped; use two braces',
      'template INVOICE, email.hbs: line 2: unknown helper shout',
      'template INVOICE, email.hbs: line 2: #if takes one value, not 0',
      'template INVOICE, email.hbs: line 3: there are no partials to include',
    ]);
  });
});

describe('loading templates', () => {
  it('finds none when no directory is given', () => {
    expect(loadTemplates([undefined]).render('INVOICE', {}, ANY_LINK)).toBeUndefined();
  });

  it('reads a folder a code, and leaves what is beside them alone', () => {
    const templates = loadTemplates([
      folderWith({
        'README.md': '{{',
        '.git/title.hbs': '{{',
        'A/title.hbs': 'Title {{x}}\n',
        'A/message.hbs': 'Message',
        'B/title.hbs': 'T',
        'B/message.hbs': 'M',
        'B/email.hbs': '<p>{{x}}</p>',
      }),
    ]);
    expect(templates.render('A', { x: '1' }, ANY_LINK)).toMatchObject({
      title: 'Title 1',
      message: 'Message',
      emailHtml: null,
    });
    expect(templates.render('B', { x: '<' }, ANY_LINK)?.emailHtml).toBe('<p>&lt;</p>');
    expect(templates.render('.git', {}, ANY_LINK)).toBeUndefined();
  });

  it('names every missing file and every faulty template at once', () => {
    const folder = folderWith({ 'A/title.hbs': 'x', 'B/message.hbs': 'x', 'C/title.hbs': '{{', 'C/message.hbs': '' });
    const faults = faultsOf(() => loadTemplates([folder])).join('\n');
    expect(faults).toContain(join(folder, 'A', 'message.hbs'));
    expect(faults).toContain(join(folder, 'B', 'title.hbs'));
    expect(faults).toContain('template C, title.hbs');
  });

  it('says so when the directory is not there', () => {
    expect(faultsOf(() => loadTemplates(['/nowhere/templates']))).toEqual([
      expect.stringMatching(/^TEMPLATES_DIR is \/nowhere\/templates, which cannot be listed/),
    ]);
  });
});
