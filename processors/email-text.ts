/** The texts of an e-mail: its subject's one line, its plain body, its HTML. */

/** Of any kind: a line end in a subject would begin another header. */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;
/** What a link may lead to. A second slash or a backslash would leave the site; any other scheme may run code. */
const LINKABLE = /^(?:https?:\/\/|mailto:|\/(?![/\\]))/i;

/** The text on one line: control characters become a space. */
export function subjectLine(text: string): string {
  return (hasControl(text) ? text.replace(CONTROLS, ' ') : text).trim();
}

/** Whether the text has a control character, or a line or paragraph separator, which could end a header line. Texts are short: a regular expression takes longer. */
export function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f) || unit === 0x2028 || unit === 0x2029) return true;
  }
  return false;
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
  if (url === null || hasControl(url) || !LINKABLE.test(url)) return paragraph;
  const escaped = escapeHtml(url);
  return `${paragraph}<p><a href="${escaped}">${escaped}</a></p>`;
}

function present(url: string | null): string | null {
  const trimmed = url === null ? '' : url.trim();
  return trimmed === '' ? null : trimmed;
}

/** Every other message quotes something: by hand this takes half of what a regular expression does. */
function escapeHtml(text: string): string {
  let escaped = '';
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const entity = entityOf(text.charCodeAt(at));
    if (entity === undefined) continue;
    escaped += text.slice(from, at) + entity;
    from = at + 1;
  }
  return from === 0 ? text : escaped + text.slice(from);
}

function entityOf(unit: number): string | undefined {
  switch (unit) {
    case 0x22:
      return '&quot;';
    case 0x26:
      return '&amp;';
    case 0x27:
      return '&#39;';
    case 0x3c:
      return '&lt;';
    case 0x3e:
      return '&gt;';
    default:
      return undefined;
  }
}
