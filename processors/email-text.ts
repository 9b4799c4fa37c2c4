/** The texts of an e-mail: its subject's one line, its plain body, its HTML. */

/** Control characters of any kind: a line end in a subject would begin another header. */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;
/** Embeddings, overrides and isolates: they turn around what stands behind them. The marks, which do not, are left. */
const BIDI_CONTROLS = /[\u202a-\u202e\u2066-\u2069]+/g;
/** In code points. */
const SUBJECT_LENGTH = 254;

/** The text on one line, without what turns it around: control characters become a space. Cut to 254 code points and `…`. */
export function subjectLine(text: string): string {
  const line = (needsCleaning(text) ? text.replace(BIDI_CONTROLS, '').replace(CONTROLS, ' ') : text).trim();
  return line.length <= SUBJECT_LENGTH ? line : cut(line);
}

/** The subject that the text makes, or the message's first line where it makes none. */
export function subjectOf(text: string, message: string): string {
  const subject = subjectLine(text);
  if (subject !== '') return subject;
  for (const line of message.split(LINE_ENDS)) {
    const first = subjectLine(line);
    if (first !== '') return first;
  }
  return '';
}

const LINE_ENDS = /[\r\n\u2028\u2029]/;

/** Texts are short: a regular expression takes longer. */
function needsCleaning(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f) || (unit >= 0x2028 && unit <= 0x2069)) return true;
  }
  return false;
}

/** A unit is at most one code point, so what is kept lies within twice as many units. */
function cut(line: string): string {
  const points = Array.from(line.slice(0, 2 * SUBJECT_LENGTH + 2));
  return points.length <= SUBJECT_LENGTH ? line : `${points.slice(0, SUBJECT_LENGTH).join('')}…`;
}

/** The message and, where there is one, the action URL on a line of its own. */
export function plainBody(message: string, actionUrl: string | null): string {
  return actionUrl === null ? message : `${message}\n${actionUrl}`;
}

/** `<p>` message `</p>` and, with an action URL, a second paragraph with the link. */
export function htmlBody(message: string, actionUrl: string | null): string {
  const paragraph = `<p>${escapeHtml(message)}</p>`;
  if (actionUrl === null) return paragraph;
  const escaped = escapeHtml(actionUrl);
  return `${paragraph}<p><a href="${escaped}">${escaped}</a></p>`;
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
