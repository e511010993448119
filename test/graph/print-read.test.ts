// Printed graphs are readable and are read back as they were.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeSource, makeSpan } from '../../src/base/source.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { printGraph } from '../../src/graph/print.ts';
import { GraphTextError, readGraph } from '../../src/graph/read.ts';
import { index, real } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { randomGraph, randomInputs } from './random-graph.ts';
import { SAMPLE_EXTENTS, sampleEveryOp, sampleGraph } from './sample-op.ts';

/** h = w * prev h + x, backwards, with lengths; the sum of what was stacked. */
const LEAKY = `graph Leaky
  %0 = input x : real[T, B, 2]
  %1 = parameter w : real[]
  %2 = lengths lengths : index[B]
  %3 = constant value=0 : real[B, 2]
  %4 = scan over T backwards lengths %2 carries %3 sequences %0 captures %1
    body step
      %0 = step t : index[]
      %1 = carry h : real[B, 2]
      %2 = sequence x : real[B, 2]
      %3 = capture w : real[]
      %4 = broadcast %3 axes=[] : real[B, 2]
      %5 = mul %4 %1 : real[B, 2]
      %6 = add %5 %2 : real[B, 2]
      next h %6
      stack h %6
      sum "h over time" %6
  %5 = result 0 of %4 : real[B, 2]
  %6 = result 1 of %4 : real[T, B, 2]
  %7 = result 2 of %4 : real[B, 2]
  %8 = sum %6 axes=[0, 1, 2] : real[]
  output state.h %5
  output loss %8 mean steps
`;

describe('what is printed', () => {
  test('is read back and printed as it was', () => {
    const graph = readGraph(LEAKY);
    expect(verify(graph)).toEqual([]);
    expect(printGraph(graph)).toBe(LEAKY);
  });

  test.each(sampleEveryOp())('$title', (sample) => {
    const graph = sampleGraph(sample);
    expect(readGraph(printGraph(graph))).toEqual(graph);
  });

  test('random graphs come back equal, and sound', () => {
    fc.assert(
      fc.property(randomGraph({ lengths: true }), (graph) => {
        expect(verify(graph)).toEqual([]);
        const text = printGraph(graph);
        expect(readGraph(text)).toEqual(graph);
        expect(printGraph(readGraph(text))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  test.each([NaN, Infinity, -Infinity, -0, 0, 1 / 3, 1e-310, -1.7976931348623157e308, 123456789])(
    'the number %d is exact',
    (value) => {
      const builder = new GraphBuilder('number');
      builder.output('y', builder.constant(value));
      const { nodes } = readGraph(printGraph(builder.finish()));
      expect(nodes).toEqual(builder.finish().nodes);
    },
  );

  test('names of any kind come back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const builder = new GraphBuilder(name);
        builder.output(name, builder.input(name, real(name === '' ? 'T' : name), 'input'));
        const seed = builder.input(`${name}2`, index(), 'seed');
        builder.output('u', builder.call('uniform', [seed, seed], { name, shape: [3] }));
        expect(readGraph(printGraph(builder.finish()))).toEqual(builder.finish());
      }),
    );
    for (const name of ['NaN', 'Infinity', 'NaN.x', 'a b', '%0', '"', '#', 'x₁', 'h.W_x', '-', '1']) {
      const builder = new GraphBuilder(name);
      builder.output(name, builder.input(name, real(name), 'input'));
      expect(readGraph(printGraph(builder.finish()))).toEqual(builder.finish());
    }
  });

  test('tells origins where they are asked for, as comments', () => {
    const builder = new GraphBuilder('origins');
    const source = makeSource('cell.rnn', 'input x: []\ny = tanh(x)\n');
    const x = builder.input('x', real(), 'input', makeSpan(source, 6, 7));
    builder.output('y', builder.call('tanh', [x], {}, makeSpan(source, 16, 23)));
    const text = printGraph(builder.finish(), { origins: true });
    expect(text).toContain('%1 = tanh %0 : real[]  # cell.rnn:2:5\n');
    expect(printGraph(readGraph(text))).toBe(printGraph(builder.finish()));
  });
});

describe('random graphs', () => {
  test('evaluate to finite numbers, the same when read back', () => {
    fc.assert(
      fc.property(randomGraph(), fc.nat(), (graph, seed) => {
        const inputs = randomInputs(graph, seed);
        const outputs = evaluate(graph, inputs, SAMPLE_EXTENTS);
        for (const { data } of outputs.values()) expect(data.every(Number.isFinite)).toBe(true);
        expect(evaluate(readGraph(printGraph(graph)), inputs, SAMPLE_EXTENTS)).toEqual(outputs);
      }),
      { numRuns: 200 },
    );
  });

  test('use most operations, and scans inside scans', () => {
    const seen = new Set(
      fc.sample(randomGraph(), { numRuns: 300, seed: 1 }).flatMap((g) => printGraph(g).match(/= \w+/g)),
    );
    expect(seen.size).toBeGreaterThan(45);
    expect([...seen]).toContain('= scan');
    const texts = fc.sample(randomGraph(), { numRuns: 300, seed: 1 }).map((graph) => printGraph(graph));
    expect(texts.some((text) => text.includes('  body body1'))).toBe(true);
  });
});

describe('a text that is no graph', () => {
  const lines = LEAKY.split('\n');
  const spoiled = (line: number, from: string, to: string): string => {
    expect(lines[line - 1]).toContain(from);
    return lines.with(line - 1, lines[line - 1].replace(from, to)).join('\n');
  };

  test.each<[string, string, number, string]>([
    ['nothing', '', 1, 'there is no graph'],
    ['another head', 'digraph G', 1, 'graph is expected, not digraph'],
    ['an operation that is not there', spoiled(13, 'mul', 'mix'), 13, 'there is no operation mix'],
    ['too few operands', spoiled(13, ' %1', ''), 13, 'mul takes 2 operands, not 1'],
    ['operands of another type', spoiled(13, '%1', '%3'), 13, 'mul takes'],
    ['a type that does not follow', spoiled(12, 'real[B, 2]', 'real[2]'), 13, 'mul takes'],
    ['a stated type that is wrong', spoiled(21, 'real[]', 'real[2]'), 21, 'it is real[] and says real[2]'],
    ['a later value', spoiled(13, '%4 %1', '%6 %1'), 13, 'there is no value %6 before this line'],
    ['a value twice', spoiled(5, '%3', '%2'), 5, '%2 is there already'],
    ['an attribute that is not there', spoiled(21, 'axes', 'axis'), 21, 'sum has no attribute axis'],
    ['an attribute too few', spoiled(21, 'axes=[0, 1, 2] ', ''), 21, 'sum lacks its attribute axes'],
    ['a list that does not end', spoiled(21, '] : real[]', ''), 21, ', is expected at its end'],
    [
      'an element type that is not there',
      spoiled(2, 'real', 'complex'),
      2,
      'there is no element type complex',
    ],
    ['a result too many', spoiled(20, '2 of', '3 of'), 20, 'there is no such result'],
    ['a scan as a value', spoiled(21, '%6', '%4'), 21, 'there is no value %4'],
    ['a scan without a body', lines.slice(0, 6).join('\n'), 6, 'a scan has a body'],
    ['a carry too few', spoiled(6, 'carries %3 ', ''), 7, '0 carries need as many lines of next'],
    ['outputs out of order', spoiled(15, 'next', 'sum'), 7, 'first next, then stack, then sum'],
    ['something behind a line', spoiled(23, 'steps', 'steps more'), 23, 'more is not expected'],
    ['something behind the graph', `${LEAKY}graph More`, 24, 'the graph is at an end here'],
  ])('%s', (_, text, line, message) => {
    const attempt = (): unknown => readGraph(text);
    expect(attempt).toThrow(GraphTextError);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ line }));
  });
});
