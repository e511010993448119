// `rnn show`: what a cell or a model is; its graph, its unrolled graph, its gradient.
import { unroll } from '../../autodiff/unroll.ts';
import { elaborate } from '../../check/elaborate/elaborate.ts';
import { printGraph } from '../../graph/print.ts';
import { differentiable, withGradients } from '../../study/gradient-program.ts';
import { summarize } from '../../study/summary.ts';
import { type Command, exitCodes, WrongUse } from '../command.ts';
import { paintFor } from '../paint.ts';
import { chooseBlock, orReject, readNumbers, readSoundProgram } from '../program.ts';
import { summaryLines } from '../summary-lines.ts';

export const show: Command = {
  name: 'show',
  summary: 'what goes into a cell, what it learns, what comes out',
  about:
    'Describes a cell or a model: its inputs with the shapes that arrays really have, [batch, time, features]; its ' +
    'states; its parameters with their names, shapes and counts; its outputs. NAME says which; else it is the last ' +
    'model of the file, or the last cell.',
  operands: 'FILE [NAME]',
  count: [1, 2],
  options: [
    {
      name: 'set',
      value: 'SIZE=N',
      many: true,
      text: 'a number for a size: --set m=64. Without one it stays a letter',
    },
    { name: 'graph', text: 'the graph of one sequence, in which the loop over time is one node' },
    { name: 'unroll', value: 'T', text: 'the graph unrolled over T steps, as textbooks draw it' },
    {
      name: 'gradient',
      text: 'the program that computes the gradients (with --unroll T: of the unrolled graph)',
    },
    { name: 'json', text: 'the description as JSON, for programs' },
  ],
  examples: [
    { line: 'rnn show models/lstm.rnn', does: 'for every size at once: shapes and counts are formulas' },
    {
      line: 'rnn show models/lstm.rnn --set n=3 --set m=4 --graph',
      does: 'the graph, for which sizes must be numbers',
    },
  ],
  async run(given, platform) {
    const [path, name] = given.operands;
    const { checked } = await readSoundProgram(path, platform);
    const cell = chooseBlock(checked, name, platform);
    const numbers = readNumbers(given, cell);
    const steps = given.integer('unroll', 1, 1000);
    const { out } = platform;
    if (given.flag('graph') || given.flag('gradient') || steps !== undefined) {
      if (given.flag('json')) throw new WrongUse('--json describes a program; a graph is printed as text');
      const { program, diagnostics } = elaborate(checked, {
        ...numbers,
        name: cell.name,
        mode: 'train',
        startingStates: false,
      });
      const sound = orReject(program, diagnostics, platform);
      const unrolled = steps === undefined ? sound.graph : unroll(sound.graph, { steps });
      const graph = given.flag('gradient') ? withGradients(sound, unrolled, differentiable(sound)) : unrolled;
      out.write(printGraph(graph));
      return exitCodes.fine;
    }
    const summary = summarize(cell, numbers.sizes);
    if (given.flag('json')) out.write(`${JSON.stringify(summary, null, 2)}\n`);
    else out.write(`${summaryLines(summary, paintFor(out)).join('\n')}\n`);
    return exitCodes.fine;
  },
};
