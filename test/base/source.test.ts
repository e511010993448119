import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatPlace,
  joinSpans,
  lineText,
  makeSource,
  makeSpan,
  positionAt,
  spanText,
} from '../../src/base/source.ts';

test('lines end with \\n, \\r\\n or \\r', () => {
  const source = makeSource('a.rnn', 'one\ntwo\r\nthree\rfour\n');
  expect(source.lineStarts).toEqual([0, 4, 9, 15, 20]);
  expect([1, 2, 3, 4, 5].map((line) => lineText(source, line))).toEqual(['one', 'two', 'three', 'four', '']);
  expect(positionAt(source, 0)).toEqual({ line: 1, column: 1 });
  expect(positionAt(source, 3)).toEqual({ line: 1, column: 4 });
  expect(positionAt(source, 4)).toEqual({ line: 2, column: 1 });
  expect(positionAt(source, 17)).toEqual({ line: 4, column: 3 });
  expect(positionAt(source, 20)).toEqual({ line: 5, column: 1 });
});

test('an offset outside of the text counts as the nearest one inside', () => {
  const source = makeSource('a.rnn', 'ab\nc');
  expect(positionAt(source, -5)).toEqual({ line: 1, column: 1 });
  expect(positionAt(source, 100)).toEqual({ line: 2, column: 2 });
});

test('spans', () => {
  const source = makeSource('a.rnn', 'h = tanh(x)\nc = h');
  const a = makeSpan(source, 4, 8);
  const b = makeSpan(source, 12, 13);
  expect(spanText(a)).toBe('tanh');
  expect(spanText(joinSpans(b, a))).toBe('tanh(x)\nc');
  expect(formatPlace(b)).toBe('a.rnn:2:1');
});

test('a position leads back to its offset', () => {
  const text = fc.array(fc.constantFrom('a', 'é', '\u{1f600}', '\n', '\r', '\r\n'), { maxLength: 40 });
  fc.assert(
    fc.property(text, fc.nat(60), (parts, raw) => {
      const source = makeSource('a.rnn', parts.join(''));
      const offset = Math.min(raw, source.text.length);
      const { line, column } = positionAt(source, offset);
      expect(source.lineStarts[line - 1] + column - 1).toBe(offset);
      expect(source.text.slice(0, offset).split(/\r\n|\r(?!$)|\n/).length).toBeLessThanOrEqual(line);
      if (line < source.lineStarts.length) expect(offset).toBeLessThan(source.lineStarts[line]);
    }),
  );
});
