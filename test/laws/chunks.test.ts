import { describe } from 'vitest';
import { compile } from '../../src/compile.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { asFloat64, bothWays, cutCase, type Run } from './chunked.ts';
import { distances } from './distance.ts';
import { holds, Law } from './law.ts';
import { SUBJECTS } from './subjects.ts';

/** Those that need to know the end before the beginning: both directions, or what is made of all steps. */
const NOT_IN_CHUNKS = [
  'ends',
  'polarity',
  'two-ways',
  'pooling',
  'noisy',
  'encoder-decoder',
  'categories',
  'whole-sequence',
];
const STREAMS = SUBJECTS.filter(({ name }) => !NOT_IN_CHUNKS.includes(name));

const reference = new Law('chunks are the whole', 1e-12, 2);

describe(reference.name, () => {
  for (const { name, sizes, programOf } of STREAMS) {
    holds(reference, name, cutCase(sizes), async (cut) => {
      const { whole, chunked } = await bothWays(cut, programOf, evaluate);
      return distances(whole, chunked);
    });
  }
});

const wasm = new Law('chunks are the whole in WebAssembly', 1e-4, 1);

describe(wasm.name, () => {
  const run: Run = async (graph, inputs) => (await compile(graph, { target: 'wasm' })).execute(inputs);
  for (const { name, sizes, programOf } of STREAMS) {
    holds(wasm, name, cutCase(sizes), async (cut) => {
      const { whole, chunked } = await bothWays(cut, programOf, run);
      return distances(asFloat64(whole), asFloat64(chunked));
    });
  }
});
