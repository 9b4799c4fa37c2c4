/** The rules by which `promtool check metrics` judges a scrape, as far as ours can break them: CI has no promtool. */

/** Their multiples are not base units, and neither are these names of others. */
const BASE_UNITS = ['seconds', 'bytes', 'meters', 'grams', 'joules', 'celsius', 'kelvin', 'volts', 'amperes'];
const PREFIXES = 'pico nano micro milli centi deci deca hecto kilo kibi mega mebi giga gibi tera tebi peta pebi'.split(
  ' ',
);
const OTHER_UNITS = ['minutes', 'hours', 'days', 'weeks', 'bits', 'inches', 'feet', 'percent'];
const ABBREVIATIONS = new Set('s ms us ns sec b kb mb gb tb pb m h d'.split(' '));
const SCALED = new Set([...BASE_UNITS.flatMap((unit) => PREFIXES.map((prefix) => prefix + unit)), ...OTHER_UNITS]);
/** Labels that a histogram or the scraper itself adds. */
const RESERVED = ['le', 'quantile', 'job', 'instance'];

interface Family {
  help: string | undefined;
  type: string | undefined;
  readonly labels: Set<string>;
}

/** What is wrong with a scrape: one line each, the metric first. */
export function promlint(text: string): string[] {
  return [...familiesIn(text)].flatMap(([name, family]) => faultsOf(name, family).map((fault) => `${name} ${fault}`));
}

function familiesIn(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const family = (name: string): Family => {
    const found = families.get(name) ?? { help: undefined, type: undefined, labels: new Set<string>() };
    families.set(name, found);
    return found;
  };
  for (const line of text.split('\n')) {
    const [, keyword, named, rest] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') family(named!).help = rest;
    else if (keyword === 'TYPE') family(named!).type = rest;
    const [, sample, labels = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (sample === undefined) continue;
    const whole = sample.replace(/_(bucket|sum|count)$/, '');
    const isHistogram = families.get(whole)?.type === 'histogram';
    const { labels: names } = family(isHistogram ? whole : sample);
    for (const [, label] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g))
      if (!(isHistogram && label === 'le')) names.add(label!);
  }
  return families;
}

function faultsOf(name: string, { help, type, labels }: Family): string[] {
  const words = name.split('_');
  const isCounter = type === 'counter';
  const rules: readonly (readonly [boolean, string])[] = [
    [!help, 'has no help'],
    [type === undefined, 'has no type'],
    [isCounter && !name.endsWith('_total'), 'is a counter and does not end in _total'],
    [!isCounter && name.endsWith('_total'), `is a ${type} and ends in _total`],
    [type !== 'histogram' && /_(bucket|count|sum)$/.test(name), 'ends as the parts of a histogram do'],
    [/[A-Z:]/.test(name), 'is not in lower case with underscores'],
    [words.some((word) => ['counter', 'gauge', 'histogram', 'summary'].includes(word)), 'names its type'],
    [words.some((word) => ABBREVIATIONS.has(word)), 'abbreviates a unit'],
    [words.some((word) => SCALED.has(word)), 'is not in base units'],
    [[...labels].some((label) => RESERVED.includes(label) || label.startsWith('__')), 'has a reserved label'],
    [[...labels].some((label) => /[A-Z]/.test(label)), 'has a label in camel case'],
  ];
  return rules.flatMap(([isBroken, fault]) => (isBroken ? [fault] : []));
}
