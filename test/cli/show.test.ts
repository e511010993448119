// `rnn show`: the summary as text and as JSON, graphs, and which block is meant.
import { describe, expect, test } from 'vitest';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import { readGraph } from '../../src/graph/read.ts';
import { summarize } from '../../src/study/summary.ts';
import { checkFile } from '../check/programs.ts';
import { modelFiles, rnn } from './rig.ts';

describe('the summary', () => {
  test('of a cell, for every size at once', async () => {
    const { code, out, err } = await rnn(['show', 'models/lstm.rnn']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatchSnapshot();
  });

  test('of a model with numbers for its sizes', async () => {
    const { out } = await rnn(['show', 'models/polarity.rnn', '--set', 'v=1000', '--set', 'm=8']);
    expect(out).toMatchSnapshot();
  });

  test('as JSON', async () => {
    const { out } = await rnn(['show', 'models/rnn.rnn', '--json', '--set', 'm=4']);
    const summary = JSON.parse(out);
    expect(summary).toMatchObject({
      kind: 'cell',
      name: 'RNN',
      sizes: [{ name: 'n' }, { name: 'm', value: 4 }],
      inputs: [{ name: 'x', kind: 'real', shape: ['batch', 'time', 'n'] }],
      states: [{ name: 'h', shape: ['batch', 4], start: 'zero' }],
      parameters: [
        { name: 'W', shape: [4, 'n'], count: '4 * n', start: 'glorot' },
        { name: 'U', shape: [4, 4], count: 16, start: 'glorot' },
        { name: 'b', shape: [4], count: 4, start: 'zeros' },
      ],
      count: '4 * n + 20',
      outputs: [{ name: 'h', shape: ['batch', 'time', 4] }],
    });
  });

  test.each(['lstm', 'char-lm', 'polarity', 'adding'])(
    '%s: the names and shapes that elaboration gives',
    (name) => {
      const file = checkFile(`models/${name}.rnn`);
      const cell = file.blocks.at(-1)!;
      const sizes = new Map(cell.sizes.map((size, k) => [size.name, k + 3]));
      const { program } = elaborate(file, { sizes, mode: 'evaluate', startingStates: false });
      const summary = summarize(cell, sizes);
      const shapes = (parts: readonly { name: string; shape: readonly unknown[] }[]) =>
        parts.map((part) => [part.name, part.shape]);
      expect(shapes(summary.parameters)).toEqual(shapes(program!.parameters));
      const states = summary.states.map(({ name, shape }) => [name, shape.slice(1)]);
      expect(states.sort()).toEqual(shapes(program!.states).sort());
      const total = program!.parameters.reduce((sum, { shape }) => sum + shape.reduce((n, d) => n * d, 1), 0);
      expect(summary.count).toBe(total);
    },
  );
});

describe('graphs', () => {
  const sized = ['--set', 'n=2', '--set', 'm=3'];

  test('printed so that they can be read back', async () => {
    for (const more of [['--graph'], ['--gradient'], ['--unroll', '3'], ['--unroll', '2', '--gradient']]) {
      const { code, out } = await rnn(['show', 'models/rnn.rnn', ...sized, ...more]);
      expect(code).toBe(0);
      const graph = readGraph(out);
      const scans = graph.nodes.filter((node) => node.kind === 'scan').length;
      expect(scans).toBe(more[0] === '--graph' ? 1 : more[0] === '--gradient' ? 2 : 0);
      expect(graph.outputs.some((output) => output.name === 'grad.W')).toBe(more.includes('--gradient'));
    }
  });

  test('need numbers for the sizes, and are no JSON', async () => {
    const open = await rnn(['show', 'models/rnn.rnn', '--graph']);
    expect(open.code).toBe(1);
    expect(open.err).toContain('--set n=4');
    expect((await rnn(['show', 'models/rnn.rnn', ...sized, '--graph', '--json'])).code).toBe(2);
  });
});

describe('which block is meant', () => {
  const two = 'cell A(n) {\n  input x: [n]\n  output x\n}\ncell B(n) {\n  input x: [n]\n  output 2 * x\n}\n';
  const files = modelFiles({ 'two.rnn': two });

  test('the last, or the one that is named; imported ones too', async () => {
    expect((await rnn(['show', 'two.rnn'], { files })).out).toMatch(/^cell B/);
    expect((await rnn(['show', 'two.rnn', 'A'], { files })).out).toMatch(/^cell A/);
    expect((await rnn(['show', 'models/char-lm.rnn', 'LSTM'])).out).toMatch(/^cell LSTM/);
  });

  test('a name that is not there', async () => {
    const { code, err } = await rnn(['show', 'models/char-lm.rnn', 'CharML']);
    expect(code).toBe(1);
    expect(err).toContain('did you mean CharLM?');
  });

  test.each([
    ['m', '--set m: '],
    ['m=0', 'm is a size'],
    ['m=1.5', 'm is a size'],
    ['m=x', 'm is a size'],
    ['k=3', 'RNN has n, m'],
  ])('--set %s is wrong use', async (setting, message) => {
    const { code, err } = await rnn(['show', 'models/rnn.rnn', '--set', setting]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
