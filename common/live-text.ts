/** The text of an option. One that lies in a file is read again, since whoever rotates a secret or a certificate writes it while we run. */
import { readFile } from 'node:fs/promises';
import { messageOf } from './errors.js';
import type { Logger } from './log.js';

/** Where a text lies, and what it must be: says what is wrong with one that cannot be used. */
export interface TextFile {
  readonly path: string;
  readonly faultOf: (text: string) => string | undefined;
}

/** What came of reading it again. */
type Reading = 'same' | 'changed' | { readonly fault: string };

export class LiveText {
  /** The option's name. */
  readonly name: string;
  readonly #file: TextFile | undefined;
  #current: string;
  #changes = 0;

  constructor(name: string, text: string, file?: TextFile) {
    this.name = name;
    this.#current = text;
    this.#file = file;
  }

  /** What was read last, if that could be used. */
  get current(): string {
    return this.#current;
  }

  /** How often another text was taken, whoever had it read. */
  get changes(): number {
    return this.#changes;
  }

  /** Reads its file again, if it is in one. Of what cannot be read or used nothing is taken: the last good text stays. */
  async refresh(): Promise<Reading> {
    if (this.#file === undefined) return 'same';
    let text: string;
    try {
      text = withoutLineBreak(await readFile(this.#file.path, 'utf8'));
    } catch (error) {
      return { fault: (error as NodeJS.ErrnoException).code ?? messageOf(error) };
    }
    if (text === this.#current) return 'same';
    const fault = this.#file.faultOf(text);
    if (fault !== undefined) return { fault };
    this.#current = text;
    this.#changes += 1;
    return 'changed';
  }
}

/** Every text of a configuration that may lie in a file. */
export class LiveTexts {
  readonly #texts: ReadonlyMap<string, LiveText>;
  readonly #faults = new Map<string, string>();
  /** By name: the changes that the log knows of. */
  readonly #logged = new Map<string, number>();

  constructor(texts: readonly LiveText[] = []) {
    this.#texts = new Map(texts.map((text) => [text.name, text]));
  }

  get(name: string): LiveText | undefined {
    return this.#texts.get(name);
  }

  /** Reads every file again, and logs what has changed, or why it has not. Neither a text nor a path is shown. */
  async refresh(log: Logger): Promise<void> {
    await Promise.all([...this.#texts.values()].map(async (text) => this.#note(text, await text.refresh(), log)));
  }

  /** A fault is named once, however often it is met. */
  #note({ name, changes }: LiveText, reading: Reading, log: Logger): void {
    const file = `${name}_FILE`;
    const hasChanged = changes !== (this.#logged.get(name) ?? 0);
    this.#logged.set(name, changes);
    if (hasChanged) log.info({ option: file }, 'a secret has changed: the new one is used from now on');
    const before = this.#faults.get(name);
    if (typeof reading === 'object') {
      this.#faults.set(name, reading.fault);
      if (reading.fault !== before)
        log.warn({ option: file, error: reading.fault }, 'a secret cannot be read again: the last one stays');
      return;
    }
    this.#faults.delete(name);
    if (before !== undefined && !hasChanged)
      log.info({ option: file }, 'a secret can be read again: it has not changed');
  }
}

/** Editors put one at the end of a file. */
export function withoutLineBreak(text: string): string {
  return text.replace(/\r?\n$/, '');
}
