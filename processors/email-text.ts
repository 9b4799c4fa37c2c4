/** The texts of an e-mail: its subject's one line, its plain body, its HTML. */

/** Of any kind: a line end in a subject would begin another header. */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const SPECIAL = /[&<>"']/;
const SPECIALS = /[&<>"']/g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** What a link may lead to. A second slash or a backslash would leave the site; any other scheme may run code. */
const LINKABLE = /^(?:https?:\/\/|mailto:|\/(?![/\\]))/i;

/** The text on one line: control characters become a space. */
export function subjectLine(text: string): string {
  return text.replace(CONTROLS, ' ').trim();
}

/** The message and, where there is one, the action URL on a line of its own. */
export function plainBody(message: string, actionUrl: string | null): string {
  const url = present(actionUrl);
  return url === null ? message : `${message}\n${url}`;
}

/** `<p>` message `</p>` and, with an action URL that is safe to follow, a second paragraph with the link. */
export function htmlBody(message: string, actionUrl: string | null): string {
  const paragraph = `<p>${escapeHtml(message)}</p>`;
  const url = present(actionUrl);
  if (url === null || CONTROL.test(url) || !LINKABLE.test(url)) return paragraph;
  const escaped = escapeHtml(url);
  return `${paragraph}<p><a href="${escaped}">${escaped}</a></p>`;
}

function present(url: string | null): string | null {
  const trimmed = url === null ? '' : url.trim();
  return trimmed === '' ? null : trimmed;
}

function escapeHtml(text: string): string {
  return SPECIAL.test(text) ? text.replace(SPECIALS, (character) => ENTITIES[character]!) : text;
}
