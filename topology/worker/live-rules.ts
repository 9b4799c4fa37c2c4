/** The rules that a worker runs, and how it takes on others while it runs: read again when it is asked to, and refused when they are faulty or need a restart. */
import { isDeepStrictEqual } from 'node:util';
import { ConfigError, messageOf } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import { diffRules } from '../../processors/rules/diff-rules.js';
import type { RuleSet } from '../../processors/rules/rule-set.js';
import type { TemplateSource } from '../../processors/templates.js';
import type { VersionedExecutor } from '../task/task-parts.js';

/** A rule set, the templates beside it, and what runs both. */
export interface CompiledRules extends VersionedExecutor {
  readonly rules: RuleSet;
  readonly templates: readonly TemplateSource[];
}

/** What comes of reading the rules again. */
export type Reload =
  | { readonly kind: 'faulty'; readonly faults: readonly string[] }
  /** Topics or schemas differ: `changes` says which. */
  | { readonly kind: 'restart'; readonly changes: readonly string[] }
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'taken';
      readonly compiled: CompiledRules;
      readonly changes: readonly string[];
      /** Event types or channels differ under one version. */
      readonly lacksVersion: boolean;
    };

/** `load` reads and compiles; whatever it throws is a fault of the rules: a worker does not end for it. */
export function decideReload(running: CompiledRules, load: () => CompiledRules): Reload {
  let compiled: CompiledRules;
  try {
    compiled = load();
  } catch (error) {
    return { kind: 'faulty', faults: error instanceof ConfigError ? error.faults : [messageOf(error)] };
  }
  const [was, is] = [running.rules, compiled.rules];
  const { lines, restart, needsVersion } = diffRules(was, is);
  if (restart.length > 0) return { kind: 'restart', changes: restart };
  const templates = changedTemplates(running.templates, compiled.templates);
  if (was.digest === is.digest && templates.length === 0) return { kind: 'unchanged' };
  const lacksVersion = needsVersion && was.version === is.version;
  return { kind: 'taken', compiled, changes: [...lines, ...templates], lacksVersion };
}

function changedTemplates(was: readonly TemplateSource[], is: readonly TemplateSource[]): string[] {
  const codes = new Set([...was, ...is].map(({ code }) => code));
  const [before, after] = [byCode(was), byCode(is)];
  return [...codes]
    .filter((code) => !isDeepStrictEqual(before.get(code), after.get(code)))
    .map((code) => `the template ${code} is ${!before.has(code) ? 'new' : after.has(code) ? 'another' : 'gone'}`);
}

function byCode(templates: readonly TemplateSource[]): ReadonlyMap<string, TemplateSource> {
  return new Map(templates.map((template) => [template.code, template]));
}

export interface LiveRulesOptions {
  /** What the worker starts with. */
  readonly first: CompiledRules;
  /** Reads and compiles what the files say now. Throws ConfigError with every fault. */
  readonly load: () => CompiledRules;
  readonly metrics: Pick<Metrics, 'rules_info' | 'rules_reloads_total'>;
  readonly log: Logger;
}

export class LiveRules {
  readonly #options: LiveRulesOptions;
  #running: CompiledRules;
  #isAsked = false;

  constructor(options: LiveRulesOptions) {
    this.#options = options;
    this.#running = options.first;
    this.#tell({});
  }

  get running(): CompiledRules {
    return this.#running;
  }

  /** Reads the rules again at the next turn of the event loop, once for all who asked until then. */
  reload(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    setImmediate(() => {
      this.#isAsked = false;
      this.#settle(decideReload(this.#running, this.#options.load));
    });
  }

  #settle(reload: Reload): void {
    const { metrics, log } = this.#options;
    const { version } = this.#running.rules;
    switch (reload.kind) {
      case 'faulty':
        log.error(
          { version, faults: reload.faults },
          'the rules are faulty: the worker goes on with those that it has',
        );
        break;
      case 'restart':
        log.error(
          { version, changes: reload.changes },
          'the rules change topics or schemas: restart the workers; until then this one goes on with those that it has',
        );
        break;
      case 'unchanged':
        log.info({ version }, 'the rules are read again: nothing has changed');
        break;
      case 'taken':
        this.#running = reload.compiled;
        this.#tell({ changes: reload.changes });
        if (reload.lacksVersion)
          log.warn(
            { version },
            'event types or channels have changed and the version has not: raise it in rules.yaml, or workers with the old rules skip what they do not know',
          );
    }
    const isRefused = reload.kind === 'faulty' || reload.kind === 'restart';
    metrics.rules_reloads_total.inc({ outcome: isRefused ? 'refused' : reload.kind });
  }

  #tell(fields: { readonly changes?: readonly string[] }): void {
    const { metrics, log } = this.#options;
    const { version, digest } = this.#running.rules;
    metrics.rules_info.reset();
    metrics.rules_info.set({ version, digest }, 1);
    log.info({ version, digest, ...fields }, 'runs these rules');
  }
}
