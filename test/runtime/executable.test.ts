// Compiled programs as they are used: values and gradients against the reference, other extents without compiling
// anew, unequal lengths, feedback, and what is said where something does not fit.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { emit } from '../../src/codegen/wasm/emit.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { EvaluationError, evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { BATCH, bool, type Extents, index, real, TIME } from '../../src/graph/type.ts';
import { schedule } from '../../src/loops/schedule.ts';
import { runPasses } from '../../src/passes/pipeline.ts';
import { MemoryError } from '../../src/tensor/memory-error.ts';
import { boolTensor, indexTensor, realTensor } from '../../src/tensor/tensor.ts';
import { elaborateText } from '../check/programs.ts';
import { inputsFor, lstmGradient, rnnForward } from '../loops/programs.ts';
import { compile, expectClose, expectSame, WAYS } from './compiled.ts';

function extents(T: number, B: number): Extents {
  return new Map([
    [TIME, T],
    [BATCH, B],
  ]);
}

describe.each(WAYS)('%s against the reference', (_, way) => {
  test.each([
    [1, 1, 1, 1],
    [2, 3, 1, 5],
    [7, 5, 3, 9],
    [30, 4, 10, 16],
  ])('an RNN, T=%i B=%i n=%i m=%i', async (T, B, n, m) => {
    for (const reverse of [false, true]) {
      for (const lengths of [false, true]) {
        const graph = rnnForward(n, m, { lengths, reverse });
        const inputs = inputsFor(graph, extents(T, B), T, Number.NaN);
        await expectSame(graph, inputs, undefined, { way });
      }
    }
  });

  test.each([
    [1, 1, 1, 1],
    [5, 3, 2, 3],
    [12, 2, 5, 8],
    [100, 3, 4, 13],
  ])('the gradients of an LSTM, T=%i B=%i n=%i m=%i', async (T, B, n, m) => {
    for (const lengths of [false, true]) {
      const graph = lstmGradient(n, m, { lengths });
      const inputs = inputsFor(graph, extents(T, B), T, Number.NaN);
      await expectSame(graph, inputs, undefined, { way });
      await expectSame(runPasses(graph).graph, inputs, undefined, { way });
    }
  });
});

describe('matrix products of all shapes', () => {
  /** out[g?, m, n] by all ways of laying out the operands. */
  const layouts = [
    'mk,kn->mn',
    'mk,nk->mn',
    'km,kn->mn',
    'km,nk->nm',
    'gmk,gkn->gmn',
    'mgk,kng->nmg',
    'mak,kan->mn',
  ];
  test.each(layouts)('%s', async (layout) => {
    const [left, right, out] = layout.split(/,|->/);
    const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(63, 64, 65, 300));
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.nat(99), async (m, n, k, seed) => {
        const sizes: Record<string, number> = { m, n, k, g: 2, a: 3 };
        const b = new GraphBuilder('product');
        const operands = [left, right].map((letters, i) =>
          b.input(`${i}`, real(...[...letters].map((letter) => sizes[letter])), 'input'),
        );
        b.output('out', b.contract(operands[0], operands[1], { left, right, out }));
        const graph = b.finish();
        await expectSame(graph, inputsFor(graph, extents(1, 1), seed), undefined, { tolerance: 1e-5 });
      }),
      { numRuns: 25, seed: 11 },
    );
  });

  test('NaN and infinities in rows and columns at the edge stay where they are', async () => {
    const b = new GraphBuilder('product');
    const x = b.input('x', real(5, 3), 'input');
    const y = b.input('y', real(3, 9), 'input');
    b.output('out', b.contract(x, y, { left: 'mk', right: 'kn', out: 'mn' }));
    const graph = b.finish();
    const inputs = inputsFor(graph, extents(1, 1));
    inputs.get('x')!.data[14] = Number.NaN;
    inputs.get('y')!.data[8] = Number.POSITIVE_INFINITY;
    await expectSame(graph, inputs);
  });
});

test('other extents run in the same module, and parameters stay', async () => {
  const graph = rnnForward(3, 6);
  const program = await compile(graph);
  const first = inputsFor(graph, extents(4, 2));
  program.execute(first);
  for (const [T, B] of [
    [9, 1],
    [2, 7],
    [50, 33],
    [1, 1],
  ]) {
    const inputs = inputsFor(graph, extents(T, B), 1);
    program.bind(extents(T, B));
    // W, U and b have no named axis: they were written once.
    for (const name of ['x', 'state.h']) program.write(name, inputs.get(name)!);
    program.run();
    for (const name of ['W', 'U', 'b']) inputs.set(name, first.get(name)!);
    for (const [name, tensor] of evaluate(graph, inputs)) expectClose(program.read(name), tensor, name);
  }
});

test('compiling takes no longer for other extents: the artifact knows none', () => {
  const artifact = emit(schedule(lstmGradient(3, 4, { lengths: true })));
  expect(artifact.layout.axes).toEqual(['B', 'T']);
  expect(emit(schedule(lstmGradient(3, 4, { lengths: true }))).bytes).toEqual(artifact.bytes);
});

test('the same inputs give the same bits, also after other work', async () => {
  const graph = runPasses(lstmGradient(5, 7, { lengths: true })).graph;
  const program = await compile(graph);
  const inputs = inputsFor(graph, extents(9, 5));
  const first = program.execute(inputs);
  program.execute(inputsFor(graph, extents(3, 8), 2));
  expect(program.execute(inputs)).toEqual(first);
});

/** y = x + 1 over [B]; flags and numbers pass through. */
function counting(): Graph {
  const b = new GraphBuilder('counting');
  const x = b.input('x', real(BATCH), 'input');
  const flags = b.input('flags', bool(BATCH), 'input');
  const numbers = b.input('numbers', index(BATCH), 'input');
  b.output('y', b.apply('add', x, b.constantLike(1, x)));
  b.output('z', b.apply('add', x, b.constantLike(1, x)));
  b.output('same', x);
  b.output('not', b.apply('not', flags));
  b.output('numbers', b.apply('add', numbers, numbers));
  return b.finish();
}

describe('using an executable', () => {
  const write = (program: Awaited<ReturnType<typeof compile>>): void => {
    program.bind(new Map([['B', 2]]));
    program.write('x', realTensor([2], [5, 7]));
    program.write('flags', boolTensor([2], [1, 0]));
    program.write('numbers', indexTensor([2], [2 ** 30, -3]));
  };

  test('every element type goes in and out', async () => {
    const program = await compile(counting());
    write(program);
    program.run();
    expect([...program.read('y').data]).toEqual([6, 8]);
    expect([...program.read('z').data]).toEqual([6, 8]);
    expect([...program.read('same').data]).toEqual([5, 7]);
    expect([...program.read('not').data]).toEqual([0, 1]);
    expect([...program.read('numbers').data]).toEqual([-(2 ** 31), -6]);
  });

  test('feedback makes a result the next argument', async () => {
    const program = await compile(counting(), schedule, { feedback: [{ from: 'y', to: 'x' }] });
    write(program);
    for (let k = 0; k < 3; k++) program.run();
    expect([...program.read('y').data]).toEqual([8, 10]);
    expect([...program.read('x').data]).toEqual([8, 10]);
  });

  test('a result that was read is a copy', async () => {
    const program = await compile(counting(), schedule, { feedback: [{ from: 'y', to: 'x' }] });
    write(program);
    program.run();
    const read = program.read('y');
    program.run();
    expect([...read.data]).toEqual([6, 8]);
  });

  test('what does not fit is told', async () => {
    const program = await compile(counting());
    expect(() => program.run()).toThrow('no extents are bound');
    expect(() => program.bind(new Map())).toThrow('axis B needs a whole number from 1, not undefined');
    expect(() => program.bind(new Map([['B', 0]]))).toThrow(RangeError);
    program.bind(new Map([['B', 2]]));
    expect(() => program.run()).toThrow('input x is missing: real[B]');
    expect(() => program.write('x', realTensor([3]))).toThrow(
      'input x is real[3], and real[B], here [2], is expected',
    );
    expect(() => program.write('w', realTensor([3]))).toThrow(EvaluationError);
    expect(() => program.read('w')).toThrow('has no output w');
    await expect(compile(counting(), schedule, { feedback: [{ from: 'y', to: 'flags' }] })).rejects.toThrow(
      'y cannot go on as flags: they are real[B] and bool[B]',
    );
  });

  test('inputs with a named axis have to be written again after other extents are bound', async () => {
    const program = await compile(counting());
    write(program);
    program.bind(new Map([['B', 3]]));
    expect(() => program.run()).toThrow('input x is missing');
  });

  test('execute refuses what the reference refuses, in the same words', async () => {
    const graph = rnnForward(2, 3, { lengths: true });
    const program = await compile(graph);
    const good = inputsFor(graph, extents(4, 2));
    const wrongs: [string, (inputs: typeof good) => void][] = [
      ['missing', (inputs) => void inputs.delete('W')],
      ['surplus', (inputs) => void inputs.set('V', realTensor([1]))],
      ['element', (inputs) => void inputs.set('x', indexTensor([4, 2, 2]))],
      ['size', (inputs) => void inputs.set('x', realTensor([4, 2, 3]))],
      ['axes', (inputs) => void inputs.set('x', realTensor([4, 3, 2]))],
      ['length 0', (inputs) => void inputs.set('lengths', indexTensor([2], [4, 0]))],
      ['length', (inputs) => void inputs.set('lengths', indexTensor([2], [4, 5]))],
    ];
    for (const [, spoil] of wrongs) {
      const inputs = new Map(good);
      spoil(inputs);
      const told = (run: () => unknown): [unknown, unknown] => {
        try {
          run();
        } catch (error) {
          if (error instanceof EvaluationError) return [error.message, error.input];
        }
        return ['nothing', undefined];
      };
      const expected = told(() => evaluate(graph, inputs));
      expect(expected[0]).not.toBe('nothing');
      expect(told(() => program.execute(inputs))).toEqual(expected);
    }
  });

  test('too much memory is refused before anything is allocated, in numbers', async () => {
    const program = await compile(rnnForward(1000, 1000));
    const tell = (T: number, B: number): unknown => {
      try {
        program.bind(extents(T, B));
      } catch (error) {
        if (error instanceof MemoryError) return error.message;
      }
      return 'nothing';
    };
    expect(tell(100_000, 100)).toBe(
      'rnn needs 38147 MiB of memory for x alone at B = 100, T = 100000, and there is no more than 4096 MiB, ' +
        '2048 MiB for one array',
    );
    expect(tell(5360, 100)).toMatch(/^rnn needs \d+ MiB of memory/);
  });
});

test('a row that is not in the table reads NaN and is not added to, here as in the reference', async () => {
  const b = new GraphBuilder('rows');
  const table = b.input('table', real(3, 5), 'parameter');
  const at = b.input('at', index(BATCH), 'input');
  const rows = b.call('gather', [table, at], {});
  b.output('rows', rows);
  b.output('back', b.call('scatter_add', [at, rows], { extent: 3 }));
  const graph = b.finish();
  const inputs = inputsFor(graph, extents(1, 5));
  inputs.set('at', indexTensor([5], [2, -1, 0, 3, 2 ** 31 - 1]));
  await expectSame(graph, inputs);
});

test('lengths are looked at also where no loop is left that has them', async () => {
  const text = 'cell Twice(n) {\n  input x: [n]\n  y = 2 * x\n  output y\n}\n';
  const program = elaborateText(text, {
    name: 'Twice',
    sizes: new Map([['n', 2]]),
    mode: 'train',
    startingStates: false,
  });
  const graph = runPasses(batch(program.graph, { lengths: true })).graph;
  expect(graph.nodes.filter(({ kind }) => kind === 'scan')).toEqual([]);
  const compiled = await compile(graph);
  for (const length of [0, 4]) {
    const inputs = new Map([...inputsFor(graph, extents(3, 2)), ['lengths', indexTensor([2], [3, length])]]);
    const message = `the length of sequence 1 is ${length}, and axis T is 3 long`;
    expect(() => compiled.execute(inputs)).toThrow(new EvaluationError(message, 'lengths'));
  }
});

test('a chain of ten thousand operations compiles and runs', async () => {
  const b = new GraphBuilder('chain');
  const x = b.input('x', real(BATCH, 3), 'input');
  let y = x;
  for (let k = 0; k < 10_000; k++) y = k % 2 === 0 ? b.apply('neg', y) : b.apply('add', y, x);
  b.output('y', y);
  const graph = b.finish();
  await expectSame(graph, inputsFor(graph, extents(1, 3)), undefined, { tolerance: 1e-3 });
});

test('an unrolled program gives the same numbers as the scanned one', async () => {
  const graph = lstmGradient(3, 5, { lengths: true });
  const inputs = inputsFor(graph, extents(6, 4), 3, Number.NaN);
  const unrolled = (await compile(unroll(graph, { steps: 6 }))).execute(inputs, extents(6, 4));
  for (const [name, tensor] of evaluate(graph, inputs)) expectClose(unrolled.get(name)!, tensor, name);
});
