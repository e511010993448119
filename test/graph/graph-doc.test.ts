// docs/graph.md says what is: its table is that of the code, its example is what is printed.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { ATTRIBUTE_KINDS } from '../../src/graph/ops/attribute-kinds.ts';
import { OP_NAMES, OPS } from '../../src/graph/ops/table.ts';
import { printGraph } from '../../src/graph/print.ts';
import { readGraph } from '../../src/graph/read.ts';
import { verify } from '../../src/graph/verify.ts';
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

/** An example of the document, which is printed as it stands. */
function example(name: string): Graph {
  const [, text] = new RegExp(`\`\`\`\\n(graph ${name}\\n[\\s\\S]*?)\`\`\``).exec(document)!;
  const graph = readGraph(text);
  expect(verify(graph)).toEqual([]);
  expect(printGraph(graph)).toBe(text);
  return graph;
}

test('the example of a scan computes what is said', () => {
  const graph = example('Leaky');
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

test('the example of segments computes what is said', () => {
  const graph = example('Totals');
  const x = realTensor([8], [1, 2, 3, 4, 5, 6, 7, 8]);
  const outputs = evaluate(graph, new Map([['x', x]]));
  expect([...outputs.get('total')!.data]).toEqual([6, 15, 15]);
  expect([...outputs.get('before')!.data]).toEqual([0, 6, 21]);
  expect([...outputs.get('half')!.data]).toEqual([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
});
