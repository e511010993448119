// One set of arrays for each code of what does not fit, the message as it is read, and the three lists that must agree.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { render } from '../../src/base/render.ts';
import { makeSource } from '../../src/base/source.ts';
import { dataCodes } from '../../src/study/codes.ts';
import { runProgram } from '../../src/study/run.ts';
import { indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { checkText } from '../check/programs.ts';
import { modelFiles, rnn } from '../cli/rig.ts';

const program = checkText(
  makeSource(
    'tag.rnn',
    `## Tags each word.
cell Tag(v, m) {
  input word: index(v)
  input weight: [m]
  param E: [v, m]
  state total: [m]
  total = prev total + weight * E[word]
  output total
}
`,
  ),
);

const sound: Readonly<Record<string, Tensor>> = {
  word: indexTensor([2, 3], [0, 1, 2, 3, 0, 1]),
  weight: realTensor([2, 3, 2]),
  E: realTensor([4, 2]),
};

/** The code and what is changed about the sound arrays. */
const cases: readonly [code: string, changes: Readonly<Record<string, Tensor | undefined>>][] = [
  ['RNN7002', { wieght: realTensor([2, 3, 2]), weight: undefined }],
  ['RNN7003', { E: undefined }],
  ['RNN7004', { weight: realTensor([3, 2]) }],
  ['RNN7005', { weight: realTensor([3, 2, 2]) }],
  ['RNN7006', { word: realTensor([2, 3]) }],
  ['RNN7007', { word: indexTensor([2, 3], [0, 1, 2, 3, 4, 1]) }],
  ['RNN7008', { lengths: indexTensor([2], [3, 4]) }],
  ['RNN7009', { E: realTensor([0, 2]) }],
];

test('the arrays as they should be', async () => {
  expect(await run(sound)).toBe('');
});

test.each(cases)('%s', async (code, changes) => {
  const text = await run({ ...sound, ...changes });
  expect(text).toContain(code);
  expect(text).toMatchSnapshot();
});

async function run(arrays: Readonly<Record<string, Tensor | undefined>>): Promise<string> {
  const given = new Map(
    Object.entries(arrays).flatMap(([name, array]) => (array === undefined ? [] : [[name, array]])),
  );
  const { outputs, diagnostics } = await runProgram(program, program.blocks[0], given);
  expect(outputs === undefined).toBe(diagnostics.length > 0);
  return render(diagnostics, { colour: false });
}

describe('the three lists agree', () => {
  const codes = Object.keys(dataCodes);

  test('every code is provoked', async () => {
    const { out } = await rnn(['check', '--json', 'none.rnn']);
    const [{ code }] = JSON.parse(out);
    const failure = await rnn(['gradcheck', 'a.json'], { files: modelFiles({ 'a.json': '{}' }) });
    const [last] = /RNN\d+/.exec(failure.err)!;
    expect([code, ...cases.map(([one]) => one), last]).toEqual(codes);
  });

  test('every code has a section in docs/errors.md, with its title', () => {
    const docs = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const sections = [...docs.matchAll(/^#+ (RNN7\d{3}): (.*)$/gm)].map(([, code, title]) => [code, title]);
    expect(sections).toEqual(Object.entries(dataCodes));
  });
});
