/** Action URLs as texts: what a value is in one, and where none may stand. */
import type { Field, Getter } from './text-value.js';

type Resolve = (name: string) => Field | undefined;

const ONE_FIELD = /^\s*\{\s*\w+\s*\}\s*$/;

/** A URL that is one field is that field's URL; else values are parts of it, and escaped. */
export function inUrl(text: string, named: Resolve): Resolve {
  if (ONE_FIELD.test(text)) return named;
  return (name) => {
    const value = named(name);
    if (value === undefined) return undefined;
    const get: Getter = (event, locale) => {
      const part = value.get(event, locale);
      return part === null ? null : encodeURIComponent(String(part));
    };
    return { kind: 'part of a URL', get };
  };
}

/** What is wrong with where its values stand: an escaped value is no beginning of a URL. */
export function urlFault(text: string): string | undefined {
  return /^\s*\{/.test(text) && !ONE_FIELD.test(text)
    ? 'begins with a value, which is escaped and makes no URL; expected https://…, a path such as /tasks/{taskId}, or one field alone'
    : undefined;
}
