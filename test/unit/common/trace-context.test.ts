import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordHeaders, type Header } from '../../../common/record-headers.js';
import { isSampled, traceContextOf, traceHeaders, traceparentOf } from '../../../common/trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const GOOD = `00-${TRACE}-${SPAN}-01`;

const contextOf = (...headers: Header[]) => traceContextOf(RecordHeaders.of(headers));
const traceparentIn = (value: string) => contextOf(['traceparent', value]);

describe('the trace context of a record', () => {
  it('is what traceparent and tracestate say, whatever else is there', () => {
    const context = contextOf(
      ['trace-id', 'x'],
      ['traceparent', GOOD],
      ['tracestate', 'erp=a,other=b'],
      ['binary', null],
    );
    expect(context).toEqual({ traceId: TRACE, spanId: SPAN, flags: 1, tracestate: 'erp=a,other=b' });
    expect(isSampled(context!)).toBe(true);
    expect(isSampled(traceparentIn(`00-${TRACE}-${SPAN}-02`)!)).toBe(false);
  });

  it('goes on as it came: every valid one of version 00', () => {
    const hex = (digits: number) =>
      fc
        .bigInt(digits === 2 ? 0n : 1n, 16n ** BigInt(digits) - 1n)
        .map((value) => value.toString(16).padStart(digits, '0'));
    fc.assert(
      fc.property(hex(32), hex(16), hex(2), fc.option(fc.constant('erp=1')), (trace, span, flags, state) => {
        const given: Header[] = [
          ['traceparent', `00-${trace}-${span}-${flags}`],
          ...(state === null ? [] : [['tracestate', state] as const]),
        ];
        expect([...traceHeaders(contextOf(...given)!)]).toEqual(
          given.map(([name, value]) => [name, Buffer.from(value!)]),
        );
      }),
    );
  });

  it('is of version 00 when it came in a later one, which may have more', () => {
    expect(traceparentOf(traceparentIn(`01-${TRACE}-${SPAN}-01-what-comes`)!)).toBe(GOOD);
    expect(traceparentOf(traceparentIn(`cc-${TRACE}-${SPAN}-01`)!)).toBe(GOOD);
  });

  it.each([
    ['', 'nothing'],
    [`${GOOD}-`, 'version 00 with more'],
    [`01-${TRACE}-${SPAN}-01x`, 'more without a dash'],
    [`ff-${TRACE}-${SPAN}-01`, 'version ff'],
    [`00-${'0'.repeat(32)}-${SPAN}-01`, 'a trace id of zeros'],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, 'a span id of zeros'],
    [GOOD.toUpperCase(), 'capitals'],
    [` ${GOOD}`, 'a blank'],
    [`${GOOD}\n`, 'a line break'],
    [`00-${TRACE}-${SPAN}`, 'no flags'],
    [`01-${TRACE}-${SPAN}-01-${'x'.repeat(500)}`, 'more than 512 bytes'],
  ])('is none when traceparent is %j: %s', (value) => {
    expect(traceparentIn(value)).toBeUndefined();
  });

  it('is by the last of several headers, and none where that is null', () => {
    expect(contextOf(['traceparent', 'bad'], ['traceparent', GOOD])?.traceId).toBe(TRACE);
    expect(contextOf(['traceparent', GOOD], ['traceparent', null])).toBeUndefined();
  });

  it('leaves a tracestate out that is too long or no ASCII, and keeps the rest', () => {
    for (const state of ['x'.repeat(513), 'erp=größer', 'a\nb', ''])
      expect(contextOf(['traceparent', GOOD], ['tracestate', state])).toEqual(traceparentIn(GOOD));
  });

  it('is not looked for among thousands of headers', () => {
    const many = Array.from({ length: 200 }, (_, index): Header => [`h${index}`, 'x']);
    expect(contextOf(...many, ['traceparent', GOOD])).toBeUndefined();
  });
});
