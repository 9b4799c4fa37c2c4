import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadTemplates } from '../../../processors/load-templates.js';
import { compileTemplates } from '../../../processors/templates.js';
import { ConfigError } from '../../../topology/errors.js';

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

function faultsOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

const INVOICE = { code: 'INVOICE', title: 'Invoice {{no}}', message: 'For {{name}}', email: null };

describe('a template', () => {
  it('is not known under a code that nobody defined, nor under a name of Object', () => {
    const templates = compileTemplates([INVOICE]);
    expect(templates.render('OTHER', {})).toBeUndefined();
    expect(templates.render('constructor', {})).toBeUndefined();
    expect(templates.render('__proto__', {})).toBeUndefined();
  });

  it('leaves title and message as plain text, and escapes the e-mail', () => {
    const templates = compileTemplates([{ ...INVOICE, email: '<p title="{{no}}">{{name}}</p>' }]);
    expect(templates.render('INVOICE', { no: '"1"', name: `<O'Neil> & Co` })).toEqual({
      title: 'Invoice "1"',
      message: `For <O'Neil> & Co`,
      emailHtml: '<p title="&quot;1&quot;">&lt;O&#x27;Neil&gt; &amp; Co</p>',
    });
  });

  it('renders a value that is missing as nothing', () => {
    expect(compileTemplates([INVOICE]).render('INVOICE', {})).toMatchObject({ title: 'Invoice ', message: 'For ' });
  });

  it('sees the values given, never what objects inherit', () => {
    const title = '{{constructor}}{{toString}}{{__proto__}}{{lookup this "constructor"}}{{hasOwnProperty}}';
    const templates = compileTemplates([{ ...INVOICE, title }]);
    // Handlebars would refuse them as well, but with a line on the console for each that an event asks for.
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(templates.render('INVOICE', {})?.title).toBe('');
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
    expect(templates.render('INVOICE', { constructor: 'mine' })?.title).toBe('minemine');
  });

  it('loses the newline that an editor puts at the end of a title', () => {
    expect(compileTemplates([{ ...INVOICE, title: 'Hello\n' }]).render('INVOICE', {})?.title).toBe('Hello');
  });

  it('may use conditions', () => {
    const templates = compileTemplates([{ ...INVOICE, title: '{{#if no}}No. {{no}}{{else}}None{{/if}}' }]);
    expect(templates.render('INVOICE', { no: '5' })?.title).toBe('No. 5');
    expect(templates.render('INVOICE', {})?.title).toBe('None');
  });
});

describe('compiling templates', () => {
  it.each([
    ['a syntax error', { title: '{{#if x}}' }, /template INVOICE, title\.hbs: Parse error/],
    ['a helper that does not exist', { title: '{{#if x}}{{shout x}}{{/if}}' }, /unknown helper shout/],
    ['the helper that writes to the console', { title: '{{log x}}' }, /unknown helper log/],
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

describe('loading templates', () => {
  it('finds none when no directory is given', () => {
    expect(loadTemplates(undefined).render('INVOICE', {})).toBeUndefined();
  });

  it('reads a folder a code, and leaves what is beside them alone', () => {
    const templates = loadTemplates(
      folderWith({
        'README.md': '{{',
        '.git/title.hbs': '{{',
        'A/title.hbs': 'Title {{x}}\n',
        'A/message.hbs': 'Message',
        'B/title.hbs': 'T',
        'B/message.hbs': 'M',
        'B/email.hbs': '<p>{{x}}</p>',
      }),
    );
    expect(templates.render('A', { x: '1' })).toEqual({ title: 'Title 1', message: 'Message', emailHtml: null });
    expect(templates.render('B', { x: '<' })?.emailHtml).toBe('<p>&lt;</p>');
    expect(templates.render('.git', {})).toBeUndefined();
  });

  it('names every missing file and every faulty template at once', () => {
    const folder = folderWith({ 'A/title.hbs': 'x', 'B/message.hbs': 'x', 'C/title.hbs': '{{', 'C/message.hbs': '' });
    const faults = faultsOf(() => loadTemplates(folder)).join('\n');
    expect(faults).toContain(join(folder, 'A', 'message.hbs'));
    expect(faults).toContain(join(folder, 'B', 'title.hbs'));
    expect(faults).toContain('template C, title.hbs');
  });

  it('says so when the directory is not there', () => {
    expect(faultsOf(() => loadTemplates('/nowhere/templates'))).toEqual([
      expect.stringMatching(/^TEMPLATES_DIR is \/nowhere\/templates, which can not be listed/),
    ]);
  });
});
