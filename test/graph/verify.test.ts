// Planted faults: a sound graph is broken in one place, and verify says where and what.
import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/build.ts';
import type {
  CallNode,
  Graph,
  InputNode,
  Node,
  NodeId,
  ResultNode,
  ScanNode,
} from '../../src/graph/graph.ts';
import { readGraph } from '../../src/graph/read.ts';
import { bool, index, real } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';

const sound = readGraph(`graph G
  %0 = input x : real[T, B, 2]
  %1 = parameter w : real[B, 2]
  %2 = lengths lengths : index[B]
  %3 = tanh %1 : real[B, 2]
  %4 = scan over T lengths %2 carries %3 sequences %0 captures %1
    body step
      %0 = step t : index[]
      %1 = carry h : real[B, 2]
      %2 = sequence x : real[B, 2]
      %3 = capture w : real[B, 2]
      %4 = add %1 %2 : real[B, 2]
      %5 = mul %4 %3 : real[B, 2]
      next h %5
      stack y %4
      sum z %5
  %5 = result 0 of %4 : real[B, 2]
  %6 = result 1 of %4 : real[T, B, 2]
  %7 = result 2 of %4 : real[B, 2]
  %8 = sum %6 axes=[0, 1, 2] : real[]
  output h %5
  output loss %8 mean steps
`);

const id = (n: number): NodeId => n as NodeId;

/** The graph with one node changed. */
function change<N extends Node>(graph: Graph, at: number, kind: N['kind'], changes: Partial<N>): Graph {
  const node = graph.nodes[at];
  expect(node.kind).toBe(kind);
  return { ...graph, nodes: graph.nodes.with(at, { ...node, ...changes } as Node) };
}

const call = (at: number, changes: Partial<CallNode>): Graph => change<CallNode>(sound, at, 'call', changes);
const input = (at: number, changes: Partial<InputNode>): Graph =>
  change<InputNode>(sound, at, 'input', changes);
const scan = (changes: Partial<ScanNode>): Graph => change<ScanNode>(sound, 4, 'scan', changes);
const result = (at: number, changes: Partial<ResultNode>): Graph =>
  change<ResultNode>(sound, at, 'result', changes);

const soundBody = (): Graph => {
  const node = sound.nodes[4];
  if (node.kind !== 'scan') throw new Error('the scan is elsewhere');
  return node.body;
};
const body = (at: number, changes: Partial<CallNode>): Graph =>
  scan({ body: change<CallNode>(soundBody(), at, 'call', changes) });
const bodyInput = (at: number, changes: Partial<InputNode>): Graph =>
  scan({ body: change<InputNode>(soundBody(), at, 'input', changes) });

test('a sound graph has no complaints', () => expect(verify(sound)).toEqual([]));

describe('each fault is found where it is', () => {
  const { nodes, inputs, outputs } = sound;
  test.each<[string, Graph, string]>([
    ['a wrong type', call(3, { type: real('B', 3) }), 'G, %3: it is real[B, 2] and says real[B, 3]'],
    ['a wrong element', call(3, { type: bool('B', 2) }), 'G, %3: it is real[B, 2] and says bool[B, 2]'],
    [
      'a forward reference',
      call(3, { operands: [id(5)] }),
      'G, %3: it refers to %5, which does not stand before it',
    ],
    [
      'a reference to itself',
      call(3, { operands: [id(3)] }),
      'G, %3: it refers to %3, which does not stand before it',
    ],
    [
      'a reference to nothing',
      call(8, { operands: [id(99)] }),
      'G, %8: it refers to %99, which does not stand before',
    ],
    [
      'a scan as a value',
      call(8, { operands: [id(4)] }),
      'G, %8: it refers to %4, a scan, which is no value',
    ],
    [
      'an operand too many',
      call(3, { operands: [id(0), id(1)] }),
      'G, %3: this is a bug in rnn: tanh takes 1 operands',
    ],
    ['an operation that is not there', call(3, { op: 'tan' as 'tanh' }), 'there is no operation tan'],
    ['an attribute that does not fit', call(8, { attributes: { axes: [3] } }), 'sum cannot reduce axes [3]'],
    ['a size of zero', input(0, { type: real('T', 'B', 0) }), 'G, %0: real[T, B, 0] is not a type'],
    [
      'a size with a fraction',
      input(0, { type: real('T', 'B', 1.5) }),
      'G, %0: real[T, B, 1.5] is not a type',
    ],
    ['two inputs of one name', input(1, { name: 'x' }), 'G, inputs: x is there twice'],
    [
      'two outputs of one name',
      { ...sound, outputs: [outputs[0], { ...outputs[1], name: 'h' }] },
      'outputs: h is there',
    ],
    [
      'an input not listed',
      { ...sound, inputs: inputs.slice(1) },
      'G, inputs: [1, 2] are listed, and [0, 1, 2] are there',
    ],
    ['inputs out of order', { ...sound, inputs: inputs.toReversed() }, '[2, 1, 0] are listed'],
    ['a call listed as input', { ...sound, inputs: [...inputs, id(3)] }, '[0, 1, 2, 3] are listed'],
    [
      'an output of nothing',
      { ...sound, outputs: [{ name: 'y', node: id(99) }] },
      'output y: %99 is not a value',
    ],
    [
      'an output of a scan',
      { ...sound, outputs: [{ name: 'y', node: id(4) }] },
      'output y: %4 is not a value',
    ],
    [
      'a mean of many',
      { ...sound, outputs: [{ name: 'y', node: id(5), mean: 'steps' }] },
      'a mean of real[B, 2]',
    ],

    ['a result of no scan', result(5, { scan: id(3) }), 'G, %5: it is a result of %3, which is no scan'],
    ['a result that is not there', result(7, { index: 3 }), 'G, %7: its scan has no result 3'],
    [
      'a result of a wrong type',
      result(6, { type: real('B', 2) }),
      'G, %6: it is real[T, B, 2] and says real[B, 2]',
    ],
    [
      'results elsewhere',
      { ...sound, nodes: nodes.with(5, nodes[6]).with(6, nodes[5]) },
      'do not stand right behind it',
    ],
    [
      'a result left out',
      { ...sound, nodes: nodes.slice(0, 7), outputs: [] },
      '3 results do not stand right behind it',
    ],

    ['segments of no steps', scan({ segment: 0 }), 'segments of 0'],
    ['steps for segments', scan({ segment: 2 }), 'input 2 (x) is real[B, 2] instead of real[T.in2, B, 2]'],
    ['no segments of the axis', scan({ axis: 'U', segment: 2 }), 'a sequence over U is real[T, B, 2]'],
    [
      'the length of a segment outside of one',
      input(1, { type: real('T.in2') }),
      'G, %1: T.in2 is the length of a segment, and this is outside of one',
    ],
    [
      'what follows from the length of a segment outside of one',
      input(1, { type: real('T.in4.by2') }),
      'G, %1: T.in4.by2 is the length of a segment, and this is outside of one',
    ],

    ['a sequence that is none', scan({ sequences: [id(1)] }), 'a sequence over T is real[B, 2]'],
    ['another axis', scan({ axis: 'U' }), 'a sequence over U is real[T, B, 2]'],
    ['a carry too many', scan({ carries: [id(1), id(3)] }), '4 inputs instead of 5'],
    ['a capture too few', scan({ captures: [] }), '4 inputs instead of 3'],
    ['a carry of another type', scan({ carries: [id(2)] }), 'input 1 (h) is real[B, 2] instead of index[B]'],
    ['too many stacked', scan({ stacked: 2 }), '3 outputs instead of 4'],
    ['too few summed', scan({ summed: 0 }), '3 outputs instead of 2'],
    ['lengths that are none', scan({ lengths: id(1) }), 'lengths are real[B, 2]'],
    ['a forward reference of a scan', scan({ captures: [id(8)] }), 'G, %4: it refers to %8'],

    [
      'a wrong type in a body',
      body(4, { type: real(2) }),
      'G, %4 (step), %4: it is real[B, 2] and says real[2]',
    ],
    [
      'a forward reference in a body',
      body(4, { operands: [id(1), id(5)] }),
      'G, %4 (step), %4: it refers to %5',
    ],
    [
      'an input of another type',
      bodyInput(2, { type: real('B', 3) }),
      'input 2 (x) is real[B, 3] instead of real[B, 2]',
    ],
    [
      'an input of another role',
      bodyInput(2, { role: 'capture' }),
      'input 2 is a capture instead of a sequence',
    ],
    [
      'a carry that changes its type',
      scan({ body: { ...soundBody(), outputs: soundBody().outputs.with(0, { name: 'h', node: id(0) }) } }),
      'carry 0 (h) starts as real[B, 2] and goes on as index[]',
    ],
    [
      'a sum of indices',
      scan({ body: { ...soundBody(), outputs: soundBody().outputs.with(2, { name: 'z', node: id(0) }) } }),
      'z is summed and index[]',
    ],
    [
      'a body whose inputs are not listed in order',
      scan({ body: { ...soundBody(), inputs: soundBody().inputs.toReversed() } }),
      'input 0 is a capture instead of a step',
    ],
  ])('%s', (_, graph, complaint) => {
    expect(verify(graph).join('\n')).toContain(complaint);
  });

  test('and one fault in a scan is not told again by its results', () => {
    expect(verify(scan({ stacked: 2 }))).toHaveLength(1);
  });
});

test('what is as long as a segment stays in it', () => {
  const text = `graph G
  %0 = input x : real[T, 2]
  %1 = scan over T in segments of 3 sequences %0
    body segment
      %0 = step start : index[]
      %1 = sequence x : real[T.in3, 2]
      %2 = transpose %1 order=[1, 0] : real[2, T.in3]
      LINE
  %2 = result 0 of %1 : real[T, 2]
`;
  expect(verify(readGraph(text.replace('LINE', 'stack y %1')))).toEqual([]);
  const message =
    (line: string): (() => unknown) =>
    () =>
      readGraph(text.replace('LINE', line));
  expect(message('sum y %1')).toThrow('y is real[T.in3, 2] and outlives its segment');
  expect(message('stack y %2')).toThrow('y is real[2, T.in3] and outlives its segment');
});

describe('the builder refuses at once', () => {
  const builder = new GraphBuilder('G');
  const x = builder.input('x', real('T', 2), 'input');
  const step = (): GraphBuilder => {
    const inner = new GraphBuilder('step');
    inner.input('t', index(), 'step');
    return inner;
  };

  test('operands that do not fit', () => {
    expect(() => builder.call('contract', [x, x], { left: 'tn', right: 'nt', out: '' })).toThrow(
      'contract cannot take real[T, 2], real[T, 2] by tn, nt -> ',
    );
  });

  test('a scan without lengths in [B]', () => {
    const inner = step();
    inner.output('x', inner.input('x', real(2), 'sequence'));
    const parts = { axis: 'T', carries: [], sequences: [x], captures: [], body: inner.finish(), summed: 1 };
    expect(() => builder.scan({ ...parts, lengths: x, stacked: 0 })).toThrow(
      'scan body step: lengths are real[T, 2]',
    );
    expect(() => builder.scan({ ...parts, stacked: 1 })).toThrow('scan body step: 1 outputs instead of 2');
  });

  test('a value that is none', () => {
    expect(() => builder.output('y', id(7))).toThrow('%7 is not a value');
  });
});
