/**
 * Lines to a file of the owner's own, or to standard output, without holding many of them. The file has another name, with
 * `.part` behind it, until it holds all: what was interrupted does not look whole.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { link, open, rm, type FileHandle } from 'node:fs/promises';
import { ConfigError, messageOf } from '../../common/errors.js';

/** What is written in one go. */
const CHUNK_CHARACTERS = 256 * 1024;
/** Nobody but the owner may read it. */
const MODE = 0o600;
const IS_THERE = 'it is there already; expected the name of a new file';

/** A file that is being written. */
interface Part {
  readonly file: FileHandle;
  /** Its name now. */
  readonly part: string;
  /** Its name once it is whole. */
  readonly path: string;
  readonly flag: string;
}

export class LineWriter {
  readonly #part: Part | undefined;
  #isWhole = false;
  #lines: string[] = [];
  #characters = 0;

  private constructor(part: Part | undefined) {
    this.#part = part;
  }

  /** Throws ConfigError where there is a file already, or none can be made. Without a path: standard output. */
  static async open(flag: string, path: string | undefined): Promise<LineWriter> {
    if (path === undefined) return new LineWriter(undefined);
    if (existsSync(path)) throw new ConfigError([`${flag} is "${path}": ${IS_THERE}`]);
    const part = `${path}.part`;
    try {
      return new LineWriter({ file: await open(part, 'wx', MODE), part, path, flag });
    } catch (error) {
      const why = isThere(error)
        ? `${part} is there already: another export is writing it, or was interrupted; then delete it`
        : messageOf(error);
      throw new ConfigError([`${flag} is "${path}": ${why}`]);
    }
  }

  async write(line: string): Promise<void> {
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters > CHUNK_CHARACTERS) await this.#flush();
  }

  /** All was written: the file has its name now. */
  async close(): Promise<void> {
    await this.#flush();
    if (this.#part === undefined) return;
    const { file, part, path, flag } = this.#part;
    await file.sync();
    await file.close();
    this.#isWhole = true;
    try {
      // A rename would write over a file that has come meanwhile.
      await link(part, path);
    } catch (error) {
      const why = isThere(error) ? IS_THERE : messageOf(error);
      throw new ConfigError([`${flag} is "${path}": ${why}. All was written to ${part}`]);
    }
    await rm(part);
  }

  /** A file that does not hold all is not left behind. */
  async discard(): Promise<void> {
    if (this.#part === undefined || this.#isWhole) return;
    await this.#part.file.close();
    await rm(this.#part.part, { force: true });
  }

  async #flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    this.#characters = 0;
    if (this.#part !== undefined) await this.#part.file.writeFile(text);
    else if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  }
}

function isThere(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}
