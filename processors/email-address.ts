/**
 * Which addresses e-mail goes to: one plain addr-spec (RFC 5322), and no list, display name, comment, quoted string or
 * domain literal, for mailservice puts it in a header.
 *
 * Letters, marks and digits beyond ASCII are taken on both sides of the @ (RFC 6531, 6532): users have such addresses,
 * and a mail server that cannot send to one says so, where NO_ADDRESS would lose the mail without a word. They must be
 * in NFKC: then no server that normalizes the text finds another address in it, as in `ａ，ｂ` or `℀`.
 */

/** In bytes of UTF-8 (RFC 5321 4.5.3.1, and erratum 1690 of RFC 3696). */
const ADDRESS_BYTES = 254;
const LOCAL_BYTES = 64;
const LABEL_BYTES = 63;

const AT = 0x40;
const DOT = 0x2e;
const DASH = 0x2d;
const ASCII = 0x80;

/** What a character may be part of. */
const ATOM = 1;
const LABEL = 2;
const parts = new Uint8Array(ASCII);
for (const char of "!#$%&'*+-/=?^_`{|}~") parts[char.charCodeAt(0)] = ATOM;
for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-') {
  parts[char.charCodeAt(0)] = ATOM | LABEL;
}

/** Also ignored ones are out: they are not seen, and two addresses look the same. */
const INTERNATIONAL = /^(?:[\p{ASCII}\p{L}\p{M}\p{N}](?<!\p{Default_Ignorable_Code_Point}))*$/u;
const DIGITS = /^\d+$/;

/** Whether an e-mail can be sent there. By hand: on the hot path, of each e-mail. */
export function isEmailAddress(text: string): boolean {
  if (text.length > ADDRESS_BYTES) return false;
  const at = endOfAtoms(text);
  return at > 0 && isDomain(text, at + 1) && fits(text, at);
}

/** The position of the @ behind a dot-atom; -1 when none is there. */
function endOfAtoms(text: string): number {
  let inAtom = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === AT) return inAtom ? at : -1;
    const isText = isPart(unit, ATOM);
    // Each dot stands between two atoms.
    if (!isText && (unit !== DOT || !inAtom)) return -1;
    inAtom = isText;
  }
  return -1;
}

/** Labels with dots between: none empty, none with a dash at an end. */
function isDomain(text: string, from: number): boolean {
  let last = DOT;
  for (let at = from; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    const isBreak = unit === DOT;
    if (!isBreak && !isPart(unit, LABEL)) return false;
    if ((isBreak && (last === DOT || last === DASH)) || (unit === DASH && last === DOT)) return false;
    last = unit;
  }
  return last !== DOT && last !== DASH;
}

function isPart(unit: number, kinds: number): boolean {
  return unit >= ASCII || (parts[unit]! & kinds) !== 0;
}

/** The bounds in bytes, and what is asked of characters beyond ASCII. */
function fits(text: string, at: number): boolean {
  let isAscii = true;
  for (let unit = 0; unit < text.length && isAscii; unit += 1) isAscii = text.charCodeAt(unit) < ASCII;
  if (!isAscii && (!INTERNATIONAL.test(text) || text !== text.normalize('NFKC'))) return false;
  const bytes = isAscii ? text.length : Buffer.byteLength(text);
  const local = isAscii ? at : Buffer.byteLength(text.slice(0, at));
  return bytes <= ADDRESS_BYTES && local <= LOCAL_BYTES && labelsFit(text.slice(at + 1));
}

/** The last one is no number: that is an IP address. */
function labelsFit(domain: string): boolean {
  const last = domain.charCodeAt(domain.length - 1);
  const mayBeNumber = last >= 0x30 && last <= 0x39;
  if (domain.length <= LABEL_BYTES / 3 && !mayBeNumber) return true;
  const labels = domain.split('.');
  return labels.every((label) => Buffer.byteLength(label) <= LABEL_BYTES) && !DIGITS.test(labels.at(-1)!);
}
