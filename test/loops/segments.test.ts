// Scans in segments as loops: right for every length of the last segment, and with the memory that was promised.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { checkpoint } from '../../src/autodiff/checkpoint.ts';
import { vjp } from '../../src/autodiff/vjp.ts';
import { optimise } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { readGraph } from '../../src/graph/read.ts';
import { BATCH, type Extents, TIME } from '../../src/graph/type.ts';
import { ELEMENT_BYTES, planMemory, storageOf } from '../../src/loops/memory.ts';
import type { Program, Statement } from '../../src/loops/program.ts';
import { schedule } from '../../src/loops/schedule.ts';
import { verifyProgram } from '../../src/loops/verify.ts';
import { lstm } from '../autodiff/cells.ts';
import { realInputs, realOutputs } from '../autodiff/differences.ts';
import { extentsAt, varied } from '../autodiff/varied-cell.ts';
import { compile, expectClose, expectSame, WAYS } from '../runtime/compiled.ts';
import { inputsFor } from './programs.ts';

const STEPS = 4;

/** Gradients in segments of four steps. */
function cutGradients(graph: Graph): Graph {
  return vjp(checkpoint(graph, { steps: STEPS }), { outputs: realOutputs(graph), wrt: realInputs(graph) });
}

/** Gradients in segments of five steps, each of them in segments of two. */
function cutTwice(graph: Graph): Graph {
  const cut = checkpoint(checkpoint(graph, { steps: 5 }), { axis: 'T.in5', steps: 2 });
  return vjp(cut, { outputs: realOutputs(graph), wrt: realInputs(graph) });
}

const LENGTHS_OF_T = [9, 1, 4, 3, 8, 5];

describe.each([
  ['a cell with everything, one sequence', cutGradients(varied(false))],
  ['a cell with everything, unequal lengths', cutGradients(batch(varied(true), { lengths: true }))],
  ['an LSTM', cutGradients(batch(lstm(), { lengths: false }))],
  ['segments of segments', cutTwice(batch(varied(true), { lengths: true }))],
])('%s', (_, graph) => {
  test.each(WAYS)('%s, it is compiled once for all lengths', async (_, way) => {
    const form = way === schedule ? optimise(graph) : graph;
    const loops = way(form);
    const program = await compile(form, way);
    for (const T of LENGTHS_OF_T) {
      const extents = extentsAt(T);
      expect(verifyProgram(loops, extents)).toEqual([]);
      const inputs = inputsFor(graph, extents, T, Number.NaN);
      const expected = evaluate(graph, inputs, extents);
      const found = program.execute(inputs, extents);
      for (const [name, tensor] of expected) expectClose(found.get(name)!, tensor, `${name} at T = ${T}`);
    }
  });
});

test('what leaves its segment is found, where only the last one is too short for it', () => {
  const program = schedule(cutGradients(batch(lstm(), { lengths: false })));
  const walk = (statement: Statement): Statement => {
    if (statement.kind !== 'loop') return statement;
    // Each segment taken for a whole one: four segments of four.
    const axis = statement.axis === 'T.in4' ? 'Four' : statement.axis;
    return { ...statement, axis, body: statement.body.map(walk) };
  };
  const faulty: Program = { ...program, body: program.body.map(walk) };
  const complaints = (T: number): string[] => verifyProgram(faulty, new Map([...extentsAt(T), ['Four', 4]]));
  expect(complaints(8)).toEqual([]);
  expect(complaints(9).join()).toMatch(/element \d+ of x#\d+ is touched/);
});

test('what is the same in all segments but for their length is computed in each', async () => {
  const graph = readGraph(`graph G
  %0 = input x : real[T, 2]
  %1 = parameter w : real[12]
  %2 = scan over T in segments of 4 sequences %0 captures %1
    body segment
      %0 = step start : index[]
      %1 = sequence x : real[T.in4, 2]
      %2 = capture w : real[12]
      %3 = broadcast %2 axes=[1] : real[T.in4, 12]
      %4 = contract %1 %3 left="tn" right="tm" out="nm" : real[2, 12]
      %5 = extent extent=T.in4 : real[]
      %6 = extent extent=T.in4.by3 : real[]
      sum total %4
      sum steps %5
      sum pieces %6
  %3 = result 0 of %2 : real[2, 12]
  %4 = result 1 of %2 : real[]
  %5 = result 2 of %2 : real[]
  output total %3
  output steps %4
  output pieces %5
`);
  for (const T of LENGTHS_OF_T) {
    const extents = new Map([[TIME, T]]);
    await expectSame(graph, inputsFor(graph, extents, T));
  }
});

test('the memory of an LSTM: of each segment two states, of each step nothing', () => {
  const [n, m, B] = [3, 4, 16];
  const graph = batch(lstm({ n, m }), { lengths: true });
  const request = { outputs: ['h'], wrt: realInputs(graph).filter((name) => name !== 'x') };
  const perStep = (of: Graph): number => {
    const storage = storageOf(schedule(optimise(vjp(of, request))));
    const extents = (T: number): Extents =>
      new Map([
        [TIME, T],
        [BATCH, B],
      ]);
    const bytes = (T: number): number => planMemory(storage, extents(T), 0).bytes;
    return (bytes(8192) - bytes(4096)) / 4096 / B / ELEMENT_BYTES;
  };
  // x and the cotangent of h, and h.
  const given = n + m + m;
  expect(perStep(checkpoint(graph, { steps: 8 }))).toBe(given + (2 * m) / 8);
  expect(perStep(checkpoint(graph, { steps: 64 }))).toBe(given + (2 * m) / 64);
  expect(perStep(graph)).toBeGreaterThan(given + 7 * m);
});
