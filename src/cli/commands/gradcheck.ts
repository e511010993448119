// `rnn gradcheck`: every gradient of a program against central differences.
import type { Diagnostic } from '../../base/diagnostic.ts';
import { elaborate } from '../../check/elaborate/elaborate.ts';
import { checkGradients, TOLERANCE } from '../../study/gradcheck.ts';
import { MODES_TOLERANCE } from '../../study/modes.ts';
import { summarize } from '../../study/summary.ts';
import { type Command, exitCodes, Rejected } from '../command.ts';
import { gradientLines } from '../gradient-lines.ts';
import { paintFor } from '../paint.ts';
import { chooseBlock, readNumbers, readSoundProgram } from '../program.ts';
import { progressLine } from '../progress.ts';

/** So many that an LSTM takes a few seconds. */
const usualCases = 20;

export const gradcheck: Command = {
  name: 'gradcheck',
  summary: 'compare every gradient with central differences',
  about:
    'Compares every gradient of a program (parameters, real inputs, starting states) with central differences in ' +
    'float64, on random sizes, lengths, inputs and weights, and all of them together with forward mode. A failure is ' +
    'shrunk to its smallest case. NAME says which cell or model; else it is the last model of the file, or the last cell.',
  operands: 'FILE [NAME]',
  count: [1, 2],
  options: [
    { name: 'cases', value: 'N', text: `how many random cases (${usualCases})` },
    { name: 'seed', value: 'S', text: 'draws the cases (1); the same seed gives the same cases' },
    {
      name: 'set',
      value: 'NAME=N',
      many: true,
      text: 'a number for a size, which then is not drawn, or for a hyperparameter',
    },
    { name: 'json', text: 'the report as JSON, for programs' },
  ],
  examples: [
    { line: 'rnn gradcheck models/lstm.rnn', does: 'a table, a line for each tensor' },
    { line: 'rnn gradcheck models/gru.rnn --cases 200 --seed 7', does: 'longer, and with other numbers' },
  ],
  notes: [
    `The error is the largest |gradient - difference| of a tensor, divided by its largest gradient (at least 0.001); it ` +
      `may be ${TOLERANCE}. The table shows the element where it is largest. Forward mode has a table of its own and no ` +
      `step to choose: it may differ by ${MODES_TOLERANCE}. Exit code 1: a gradient is wrong.`,
  ],
  async run(given, platform) {
    const [path, name] = given.operands;
    const cases = given.integer('cases', 1) ?? usualCases;
    const seed = given.integer('seed', -(2 ** 31), 2 ** 31 - 1) ?? 1;
    const { checked } = await readSoundProgram(path, platform);
    const cell = chooseBlock(checked, name, platform);
    const numbers = readNumbers(given, cell);
    const progress = progressLine(platform);
    let problems: readonly Diagnostic[] = [];
    const report = checkGradients({
      sizes: cell.sizes.map((size) => size.name).filter((size) => !numbers.sizes.has(size)),
      programOf(drawn, startingStates) {
        const sizes = new Map([...numbers.sizes, ...drawn]);
        const elaborated = elaborate(checked, {
          ...numbers,
          name: cell.name,
          sizes,
          mode: 'train',
          startingStates,
        });
        if (elaborated.program === undefined) problems = elaborated.diagnostics;
        return elaborated.program;
      },
      cases,
      seed,
      onCase: (done) => progress.show(`checking gradients: case ${done} of ${cases}`),
    });
    progress.clear();
    if (report.cases === 0 && problems.length > 0) throw new Rejected(problems);
    const { out } = platform;
    if (given.flag('json')) out.write(`${JSON.stringify(report, null, 2)}\n`);
    else out.write(`${gradientLines(summarize(cell, new Map()), report, paintFor(out)).join('\n')}\n`);
    return report.passed && report.cases > 0 ? exitCodes.fine : exitCodes.input;
  },
};
