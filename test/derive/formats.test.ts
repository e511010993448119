// LaTeX and Markdown, and what cannot be derived.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import { deriveCodes } from '../../src/derive/codes.ts';
import { deriveBlock } from '../../src/derive/derivation.ts';
import { derivationRecord, writeAs } from '../../src/derive/formats.ts';
import { checkFile, checkText } from '../check/programs.ts';

function deriveFile(path: string) {
  const file = checkFile(path);
  const { derivation } = deriveBlock(file, file.blocks.at(-1)!, { sizes: new Map() });
  return derivation!;
}

test('the LSTM in LaTeX', () => {
  const { sections } = derivationRecord(deriveFile('models/lstm.rnn'));
  const latex = new Map(
    sections.flatMap(({ equations }) => equations.map((one) => [one.left, one.latex] as const)),
  );
  expect(latex.get('z_f')).toBe(
    'z_{f,t} = W^{(f)}_{x}\\, x_{t} + W^{(f)}_{h}\\, h_{t-1} + b^{(f)} + \\mathrm{forget}',
  );
  expect(latex.get('d_c')).toBe(
    '\\delta c_{t} = \\delta h_{t} \\odot o_{t} \\odot \\left(1 - \\tanh(c_{t})^{2}\\right) + \\delta c_{t+1} \\odot f_{t+1}',
  );
  expect(latex.get('d_i.W_h')).toBe('\\delta W^{(i)}_{h} = \\sum_{t} \\delta z_{i,t}\\, h_{t-1}^{\\top}');
  expect(latex.get('d_x')).toMatch(
    /^\\delta x_\{t\} = \{W\^\{\(i\)\}_\{x\}\}\^\{\\top\}\\, \\delta z_\{i,t\} \+/,
  );
});

describe.each([
  'models/lstm.rnn',
  'models/char-lm.rnn',
  'models/polarity.rnn',
  'test/laws/programs/fast-weights.rnn',
  'test/laws/programs/guarded.rnn',
  'test/laws/programs/pooling.rnn',
])('%s', (path) => {
  const derivation = deriveFile(path);
  const all = derivation.equations.groups.flatMap((group) => group.equations);

  test.each(['latex', 'markdown'] as const)(
    '%s: brackets close, environments end, nothing is left out',
    (format) => {
      const text = writeAs(format, derivation);
      const count = (pattern: RegExp): number => [...text.matchAll(pattern)].length;
      expect(count(/(?<!\\)\{/g)).toBe(count(/(?<!\\)\}/g));
      expect(count(/\\left\b/g)).toBe(count(/\\right\b/g));
      expect(count(/\\begin\{/g)).toBe(count(/\\end\{/g));
      expect(count(/\$\$/g) % 2).toBe(0);
      expect(count(/ &= /g)).toBe(all.length);
      expect(text).not.toContain('undefined');
    },
  );

  test('as data: every equation, as text and in LaTeX', () => {
    const record = derivationRecord(derivation);
    const told = record.sections.flatMap(({ equations }) => equations);
    expect(told).toHaveLength(all.length);
    expect(record.check?.error).toBeLessThan(1e-12);
    const text = writeAs('text', derivation);
    for (const { left } of told) expect(text).toContain(`    ${left} `);
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
  });
});

test('where no random sequence gives numbers, nothing is compared, and that is told', () => {
  const text = 'cell C(n) { input x: [n]  output sqrt(-1 - x * x) }';
  const file = checkText(makeSource('models/test.rnn', text));
  const { derivation } = deriveBlock(file, file.blocks[0], { sizes: new Map() });
  expect(derivation?.check).toBeUndefined();
  expect(writeAs('text', derivation!)).toContain('\nRead back, and not compared: ');
  expect(derivationRecord(derivation!).check).toBeUndefined();
});

describe('what cannot be derived is told', () => {
  const tell = (text: string) => {
    const file = checkText(makeSource('models/test.rnn', text));
    return deriveBlock(file, file.blocks.at(-1)!, { sizes: new Map() }).diagnostics;
  };

  test.each([
    [
      'cell C(v) { input x: index(v)  y = if t < 1 then 1 else 0  output y }',
      'nothing to take a gradient by',
    ],
    ['cell C(n) { input x: [n]  output argmax(x) }', 'gives nothing that has a gradient'],
  ])('%s', (text, message) => {
    const [diagnostic] = tell(text);
    expect(diagnostic.code).toBe('RNN8201');
    expect(diagnostic.message).toContain(message);
    expect(text.slice(diagnostic.span.start, diagnostic.span.end)).toBe('C');
  });

  test('every code has a section, under its title', () => {
    const errors = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const sections = [...errors.matchAll(/^### (RNN82\d\d): (.*)$/gm)].map(([, code, title]) => [
      code,
      title,
    ]);
    expect(sections).toEqual(Object.entries(deriveCodes));
  });
});
