// `rnn new`: what it writes is laid out, checks without a word, has right gradients, and trains as it stands.
import { describe, expect, test } from 'vitest';
import { modelFiles, rnn } from './rig.ts';

describe.each([
  ['adding', 'MyCellAdding'],
  ['text', 'MyCellText'],
])('--task %s', (task, model) => {
  test('a file that every next step works on', async () => {
    const files = modelFiles();
    const run = (...words: readonly string[]) => rnn(words, { files });
    const made = await run('new', 'my-cell', '--task', task);
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out).toBe(
      [
        'my-cell.rnn holds the cell MyCell, a model around it, and an experiment. Next:',
        '',
        '  rnn check my-cell.rnn      does it hold together?',
        '  rnn gradcheck my-cell.rnn  are its gradients right?',
        '  rnn train my-cell.rnn      does it learn?',
        '',
      ].join('\n'),
    );
    expect(await run('check', 'my-cell.rnn')).toMatchObject({ code: 0, out: '', err: '' });
    expect(await run('format', '--check', 'my-cell.rnn')).toMatchObject({ code: 0, out: '' });
    const checked = await run('gradcheck', 'my-cell.rnn', '--cases', '2');
    expect(checked.code).toBe(0);
    expect(checked.out).toContain(`${model}: every gradient is right`);
    const trained = await run('train', 'my-cell.rnn', '--set', 'steps=3', '--set', 'm=4');
    expect(trained.err).toBe('');
    expect(trained.code).toBe(0);
    expect(trained.out).toContain('saved in runs/my-cell-1');
  });
});

test('every line of the cell has a remark, in one column', async () => {
  const { files } = await rnn(['new', 'my-cell']);
  expect(files.text('my-cell.rnn')).toMatchInlineSnapshot(`
    "## A cell to start from: the minimal gated unit (Zhou et al. 2016). Change its equations, and check again.
    cell MyCell(n, m) {                        # sizes: n numbers come in at each step, m are kept in mind
      input x: [n]                             # what comes in at this step
      state h: [m]                             # what is kept in mind; zero before the first step

      f = sigmoid(affine(x, prev h))           # a gate from 0 to 1. affine: weights for each argument, and a bias
      g = tanh(affine(x, f * prev h))          # what to write; where the gate is 0 it forgets prev h, the h before
      h = (1 - f) * prev h + f * g             # some of the old and some of the new. Every state has its equation
      output h                                 # what others see of it
    }

    ## The adding problem: two of the numbers of a sequence are marked. What do they add up to?
    model MyCellAdding(m = 32) {               # m has a default here: --set m=64 takes another
      input  x: [2]                            # a number, and its mark
      target total: once []                    # one answer for the whole sequence

      h = MyCell(m: m)(x)                      # a copy of the cell: sizes first, then values; n follows from x
      answer: [] = Dense()(last h)             # weights and a bias for what is in mind at the last step

      loss   (answer - total) ^ 2              # what training makes small
      metric solved = abs(answer - total) < 0.04
    }

    train MyCellAdding {
      data      adding(length: 20)             # made anew for each step: no file is needed
      batch     32                             # sequences in a step
      optimizer adam(lr: 0.01)
      clip      1.0                            # longer gradients are shortened
      steps     500
    }
    "
  `);
});

test('a file that is there stays', async () => {
  const files = modelFiles({ 'mine.rnn': 'cell Mine(n) {}' });
  const { code, out, err } = await rnn(['new', 'mine'], { files });
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain('mine.rnn is there already, and stays as it is');
  expect(files.text('mine.rnn')).toBe('cell Mine(n) {}');
});

test.each([
  ['lstm_2', 'Lstm2'],
  ['GRU', 'GRU'],
  ['t', 'T'],
  ['a-very-long-name-for-so-small-a-cell.rnn', 'AVeryLongNameForSoSmallACell'],
  // The model is made of these.
  ['dense', 'DenseCell'],
  ['embedding', 'EmbeddingCell'],
])('new %s: the cell %s', async (name, cell) => {
  const files = modelFiles();
  const { out } = await rnn(['new', name, '--task', 'text'], { files });
  expect(out).toContain(`holds the cell ${cell},`);
  const file = `${name.replace('.rnn', '')}.rnn`;
  expect(await rnn(['check', file], { files })).toMatchObject({ code: 0, err: '' });
  expect(await rnn(['format', '--check', file], { files })).toMatchObject({ code: 0 });
});

test.each([
  [['new', 'cells/mine'], 'unlike "cells/mine"', 'in the folder where you are'],
  [['new', '3rd'], 'NAME begins with a letter', 'for instance: my-cell'],
  [['new', 'σ'], 'NAME begins with a letter', ''],
  [['new', ''], 'NAME begins with a letter', ''],
  [['new'], 'rnn new needs NAME', ''],
  [['new', 'mine', '--task', 'txt'], '--task is adding or text, and not "txt"', ''],
])('%j', async (words, ...says) => {
  const { code, out, err, files } = await rnn(words);
  expect([code, out]).toEqual([2, '']);
  for (const text of says) expect(err).toContain(text);
  expect([...files.contents.keys()].filter((path) => !path.startsWith('models/'))).toEqual([]);
});
