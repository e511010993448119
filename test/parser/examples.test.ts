// The language's own literature parses, and what a person sees of it comes out.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { render } from '../../src/base/render.ts';
import { makeSource } from '../../src/base/source.ts';
import { parse } from '../../src/parser/parse.ts';
import { write } from './parsed.ts';

// The design's ten programs as they stand there, then those of the repository.
const folders = ['../check/examples/', './programs/', '../../models/'].map(
  (folder) => new URL(folder, import.meta.url),
);
const programs = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.rnn'))
    .map((name): [string, string] => [name, readFileSync(new URL(name, folder), 'utf8')]),
);

test('all ten are here', () => {
  const names = programs.map(([name]) => name.replace('.rnn', ''));
  for (const name of ['rnn', 'lstm', 'gru', 'mingru', 'adding', 'char-lm', 'polarity'])
    expect(names).toContain(name);
  for (const name of ['clockwork', 'mlstm', 'spiking']) expect(names).toContain(name);
});

describe.each(programs)('%s', (name, text) => {
  test('parses without a word', () => {
    const { diagnostics } = parse(makeSource(name, text));
    expect(render(diagnostics, { colour: false })).toBe('');
  });

  test('parses the same with other line ends, a byte order mark and tabs', () => {
    const outline = (changed: string): unknown => {
      const { file, diagnostics } = parse(makeSource(name, changed));
      expect(diagnostics).toEqual([]);
      return JSON.stringify(file, (key, value: unknown) =>
        key === 'span' || key === 'source' || key.endsWith('Span') ? undefined : value,
      );
    };
    const expected = outline(text);
    expect(outline(text.replaceAll('\n', '\r\n'))).toBe(expected);
    expect(outline(text.replaceAll('\n', '\r'))).toBe(expected);
    expect(outline(`\ufeff${text}`)).toBe(expected);
    expect(outline(text.replaceAll(/^ +/gm, '\t'))).toBe(expected);
  });

  test('parses the same on one line, without its comments', () => {
    const { file, diagnostics } = parse(
      makeSource(name, text.replaceAll(/#.*/g, '').replaceAll(/\s+/g, ' ')),
    );
    expect(render(diagnostics, { colour: false })).toBe('');
    const count = (kind: string): number => text.match(new RegExp(`^${kind} `, 'gm'))?.length ?? 0;
    expect(file.declarations.filter((one) => one.kind === 'cell').length).toBe(count('cell'));
    expect(file.declarations.filter((one) => one.kind === 'model').length).toBe(count('model'));
  });
});

test('what the LSTM says', () => {
  const text = programs.find(([name]) => name === 'lstm.rnn')?.[1] ?? '';
  const { file } = parse(makeSource('lstm.rnn', text));
  const [cell] = file.declarations;
  if (cell.kind !== 'cell') throw new Error('not a cell');
  expect(cell.documentation?.split('\n')[0]).toMatch(/^Long short-term memory/);
  expect(cell.parameters.map((parameter) => parameter.name.text)).toEqual(['n', 'm']);
  const equations = cell.items.map((item) => (item.kind === 'equation' ? write(item.value) : item.kind));
  expect(equations).toEqual([
    'input',
    'state',
    'state',
    'sigmoid(affine(x, (prev h)))',
    'sigmoid((affine(x, (prev h)) + 1))',
    'sigmoid(affine(x, (prev h)))',
    'tanh(affine(x, (prev h)))',
    '((f * (prev c)) + (i * g))',
    '(o * tanh(c))',
    'output',
  ]);
  expect(cell.items[3].trivia.trailing?.text).toBe('write?');
});
