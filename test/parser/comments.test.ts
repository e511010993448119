import { expect, test } from 'vitest';
import type { Trivia } from '../../src/parser/tree.ts';
import { parseGood } from './parsed.ts';

const text = `## The file.
# plain
import A from "./a.rnn"  # after the import

## The cell,
## in two lines.
cell C(n, # inside the header
       m) {
  # before x
  ## What x is.
  input x: [n]  # after x
  h = f(x,  # inside h
        1)
  # before the output

  output h
  # at the end
}  # after the cell
train C {
  batch 3  # so many
}
# at the very end`;

function shown(trivia: Trivia): readonly (readonly string[])[] {
  return [
    trivia.leading.map((comment) => comment.text),
    trivia.inner.map((comment) => comment.text),
    trivia.trailing === undefined ? [] : [trivia.trailing.text],
  ];
}

test('every comment is kept, at its place', () => {
  const file = parseGood(text);
  expect(file.documentation).toBe('The file.');
  const [imported, cell, train] = file.declarations;
  expect(imported.documentation).toBe(undefined);
  expect(shown(imported.trivia)).toEqual([['The file.', 'plain'], [], ['after the import']]);
  if (cell.kind !== 'cell' || train.kind !== 'train') throw new Error('other declarations were wanted');
  expect(cell.documentation).toBe('The cell,\nin two lines.');
  expect(shown(cell.trivia)).toEqual([
    ['The cell,', 'in two lines.'],
    ['inside the header'],
    ['after the cell'],
  ]);
  expect(cell.items.map((item) => shown(item.trivia))).toEqual([
    [['before x', 'What x is.'], [], ['after x']],
    [[], ['inside h'], []],
    [['before the output'], [], []],
  ]);
  expect(cell.items[0].documentation).toBe('What x is.');
  expect(cell.ending.map((comment) => comment.text)).toEqual(['at the end']);
  expect(shown(train.entries[0].trivia)).toEqual([[], [], ['so many']]);
  expect(file.ending.map((comment) => comment.text)).toEqual(['at the very end']);
});

test('a trailing comment belongs to the last item of its line', () => {
  const file = parseGood('cell C(n) { input x: [n] output x # both\n}');
  const [cell] = file.declarations;
  if (cell.kind !== 'cell') throw new Error('not a cell');
  expect(cell.items.map((item) => item.trivia.trailing?.text)).toEqual([undefined, 'both']);
});

test('comments may hold anything', () => {
  const file = parseGood('# größe σ \u{1f600} { ( "\n## ∂h/∂x\r\ncell C { output 1 } # é');
  expect(file.declarations[0].documentation).toBe('∂h/∂x');
  expect(file.declarations[0].trivia.trailing?.text).toBe('é');
});
