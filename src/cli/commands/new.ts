// `rnn new`: a file to start from.
import { quote } from '../arguments.ts';
import { type Command, exitCodes, InputFault, WrongUse } from '../command.ts';
import { createFile } from '../reading.ts';
import { starter, TASKS } from '../starter.ts';
import { layOut } from '../table.ts';

export const newProgram: Command = {
  name: 'new',
  summary: 'a cell to start from, with an experiment',
  about:
    'Writes NAME.rnn: a small cell with a comment to each line, a model around it, and an experiment that trains as it ' +
    'stands. A file that is there already is never written over.',
  operands: 'NAME',
  count: [1, 1],
  options: [
    {
      name: 'task',
      value: 'TASK',
      text: 'adding (numbers that are made up, the default) or text (guesses the next character)',
    },
  ],
  examples: [
    { line: 'rnn new my-cell', does: 'my-cell.rnn with the cell MyCell' },
    { line: 'rnn new writer --task text', does: 'one that learns a text and writes on' },
  ],
  async run(given, { called, out, files }) {
    const name = given.operands[0].replace(/\.rnn$/, '');
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) {
      const help = /[/\\]/.test(name)
        ? 'the file is made in the folder where you are'
        : 'for instance: my-cell';
      throw new WrongUse(
        `NAME begins with a letter, with letters, digits, - and _ after it, unlike ${quote(name)}`,
        help,
      );
    }
    const task = TASKS.find((one) => one === (given.text('task') ?? 'adding'));
    if (task === undefined)
      throw new WrongUse(`--task is ${TASKS.join(' or ')}, and not ${quote(given.text('task') ?? '')}`);
    const file = `${name}.rnn`;
    const cell = cellName(name);
    if (!(await createFile(file, new TextEncoder().encode(starter(file, cell, task)), files))) {
      throw new InputFault(
        `${file} is there already, and stays as it is`,
        'take another name, or move it away',
      );
    }
    const steps = [
      [`${called} check ${file}`, 'does it hold together?'],
      [`${called} gradcheck ${file}`, 'are its gradients right?'],
      [`${called} train ${file}`, 'does it learn?'],
    ];
    out.write(`${file} holds the cell ${cell}, a model around it, and an experiment. Next:\n\n`);
    out.write(
      `${layOut(steps)
        .map((line) => `  ${line}`)
        .join('\n')}\n`,
    );
    return exitCodes.fine;
  },
};

/** `MyCell` of `my-cell`; not the name of something that the model is made of. */
function cellName(name: string): string {
  const words = name.split(/[-_]+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const joined = words.join('');
  return joined === 'Dense' || joined === 'Embedding' ? `${joined}Cell` : joined;
}
