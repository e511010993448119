// Programs for the tests of training, from text; and the reference as what runs them.
import { expect } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import { check } from '../../src/check/check.ts';
import type { CheckedFile } from '../../src/check/checked.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { parse } from '../../src/parser/parse.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { type Experiment, type ExperimentRequest, prepare } from '../../src/train/experiment.ts';
import type { Compile } from '../../src/train/window-program.ts';
import type { MemoryFiles } from './memory-host.ts';

export function checked(text: string, path = 'm.rnn'): CheckedFile {
  const parsed = parse(makeSource(path, text));
  const { program, diagnostics } = check(parsed.file, () => undefined);
  expect([...parsed.diagnostics, ...diagnostics].map((d) => `${d.code} ${d.message}`)).toEqual([]);
  if (program === undefined) throw new Error('the program does not check');
  return program;
}

function request(text: string, set: readonly string[] = [], path = 'm.rnn'): ExperimentRequest {
  const file = checked(text, path);
  return { checked: file, sources: [file.source], overrides: { set, data: [] } };
}

export async function experimentOf(
  text: string,
  files: MemoryFiles,
  set: readonly string[] = [],
): Promise<Experiment> {
  const { experiment, diagnostics } = await prepare(request(text, set), files);
  expect(diagnostics.map((d) => `${d.code} ${d.message}`)).toEqual([]);
  if (experiment === undefined) throw new Error('the experiment cannot be prepared');
  return experiment;
}

/**
 * The reference in the place of a compiled program. Like one it forgets, when other extents are bound, the inputs that
 * have a named axis.
 */
export const compileReference: Compile = (graph, feedback) => {
  const nodes = graph.inputs.map((id) => graph.nodes[id]);
  let extents: ReadonlyMap<string, number> = new Map();
  const inputs = new Map<string, Tensor>();
  let outputs = new Map<string, Tensor>();
  return {
    bind(bound) {
      const same = [...bound].every(([axis, extent]) => extents.get(axis) === extent);
      if (!same) {
        for (const node of nodes) {
          const forgets = node.kind === 'input' && node.type.shape.some((d) => typeof d === 'string');
          if (forgets) inputs.delete(node.name);
        }
        outputs = new Map();
      }
      extents = bound;
    },
    write(name, tensor) {
      inputs.set(name, tensor);
    },
    run() {
      outputs = evaluate(graph, inputs, extents);
      for (const { from, to } of feedback) inputs.set(to, outputs.get(from)!);
    },
    read(name) {
      const tensor = outputs.get(name) ?? inputs.get(name);
      if (tensor === undefined) throw new Error(`there is no ${name}`);
      return tensor;
    },
  };
};
