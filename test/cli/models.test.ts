// Every file of models/ trains: its own experiment, or where it is a cell alone, a small one around it.
import { expect, test } from 'vitest';
import type { CheckedCell } from '../../src/check/checked.ts';
import { showSizes } from '../../src/check/size.ts';
import { loadProgramFile } from '../../src/study/program-file.ts';
import { modelFiles, rnn } from './rig.ts';

const files = modelFiles();
const paths = [...files.contents.keys()].filter((path) => path.startsWith('models/')).sort();

/** A file with an experiment takes the data that it names; where that is not in the repository, it is this. */
const text = 'the quick brown fox jumps over the lazy dog, and sleeps.\n'.repeat(30);

/** A model around a cell of one input and of vectors: the adding problem, from the end of what it hands out. */
function experimentWith(cell: CheckedCell, path: string): string {
  const [input, ...others] = cell.inputs;
  const [output] = cell.outputs;
  expect(others.length, `${path} has several inputs: it needs an experiment of its own`).toBe(0);
  expect(input.type.element, `${path} takes categories: it needs an experiment of its own`).toBe('real');
  const given = showSizes(input.type.shape);
  const sizes = cell.sizes
    .filter(({ name, defaultValue }) => defaultValue === undefined && !given.includes(name))
    .map(({ name }) => `${name}: 6`);
  const argument = given === '[]' ? 'sum(x)' : 'x';
  return `import ${cell.name} from "${path}"
model Try {
  input x: [2]
  target total: once []
  h = ${cell.name}(${sizes.join(', ')})(${argument})
  answer: [] = affine(last ${cell.outputs.length === 1 ? 'h' : `h.${output.name}`})
  loss (answer - total) ^ 2
}
train Try {
  data adding(length: 6)
  batch 8
  optimizer adam(lr: 0.01)
  clip 1
  steps 40
}
`;
}

test.each(paths)('%s', async (path) => {
  const { checked, diagnostics } = await loadProgramFile(path, files);
  expect(diagnostics).toEqual([]);
  const last = checked!.blocks.at(-1)!;
  const [own] = checked!.trains;
  const program = own === undefined ? experimentWith(last, path) : files.text(path);
  const at = own === undefined ? 'try.rnn' : path;
  const here = modelFiles({ [at]: program, 'a.txt': text, 'b.txt': text });
  const takesFiles = /^ *data +(\w+)\("/m.exec(program) !== null;
  const data = takesFiles ? ['--data', 'a.txt', '--data', 'b.txt'] : [];
  const steps = own === undefined ? [] : ['--set', 'steps=4'];
  const run = await rnn(['train', at, '--json', '--unchecked', ...data, ...steps], { files: here });
  expect([run.code, run.err]).toEqual([0, '']);
  const events = run.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly kind: string; readonly loss: number });
  const losses = events.filter(({ kind }) => kind === 'step').map(({ loss }) => loss);
  const means = [losses.slice(0, 8), losses.slice(-8)].map(
    (some) => some.reduce((a, b) => a + b) / some.length,
  );
  expect(losses.length).toBeGreaterThan(0);
  for (const loss of losses) expect(Number.isFinite(loss)).toBe(true);
  if (own === undefined) expect(means[1]).toBeLessThan(means[0]);
});
