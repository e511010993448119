// docs/graph.md says what is: its table is that of the code, its example is what is printed.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import { ATTRIBUTE_KINDS } from '../../src/graph/ops/attribute-kinds.ts';
import { OP_NAMES, OPS } from '../../src/graph/ops/table.ts';
import { printGraph } from '../../src/graph/print.ts';
import { readGraph } from '../../src/graph/read.ts';
import { indexTensor, realTensor } from '../../src/tensor/tensor.ts';

const document = readFileSync(new URL('../../docs/graph.md', import.meta.url), 'utf8');

test('the table of operations is the one of the code', () => {
  const expected = OP_NAMES.map((op) => {
    const { arity, summary } = OPS[op];
    return `| \`${op}\` | ${arity ?? 'one or more'} | ${Object.keys(ATTRIBUTE_KINDS[op]).join(', ')} | ${summary} |`;
  });
  expect(
    document
      .split('## Operations')[1]
      .split('\n')
      .filter((line) => line.startsWith('| `')),
  ).toEqual(expected);
});

test('the example is printed as it stands, and computes what is said', () => {
  const text = /```\n(graph [\s\S]*?)```/.exec(document)![1];
  const graph = readGraph(text);
  expect(printGraph(graph)).toBe(text);
  const outputs = evaluate(
    graph,
    new Map([
      ['x', realTensor([2, 2, 2], [1, 2, 3, 4, 5, 6, NaN, NaN])],
      ['w', realTensor([], [10])],
      ['lengths', indexTensor([2], [2, 1])],
    ]),
  );
  expect([...outputs.get('state.h')!.data]).toEqual([15, 26, 3, 4]);
  expect([...outputs.get('h')!.data]).toEqual([1, 2, 3, 4, 15, 26, 0, 0]);
  expect([...outputs.get('total')!.data]).toEqual([16, 28, 3, 4]);
});
