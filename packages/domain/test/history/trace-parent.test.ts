import { expect, test } from 'vitest';
import { formatTraceParent, parseTraceParent } from '../../src/index.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('a traceparent is read and written as it came', () => {
  for (const flags of ['00', '01']) {
    const text = `00-${TRACE}-${SPAN}-${flags}`;
    const parent = parseTraceParent(text);
    expect(parent).toEqual({ traceId: TRACE, spanId: SPAN, sampled: flags === '01' });
    expect(parent && formatTraceParent(parent)).toBe(text);
  }
});

test('one of a later version is read as far as it is known', () => {
  expect(parseTraceParent(`cc-${TRACE}-${SPAN}-03-what-comes-later`)).toMatchObject({ traceId: TRACE, sampled: true });
});

test.each([
  '',
  `00-${TRACE}-${SPAN}`,
  `00-${TRACE}-${SPAN}-01-more`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01\r\nx: y`,
])('%j is none', (text) => {
  expect(parseTraceParent(text)).toBeUndefined();
});
