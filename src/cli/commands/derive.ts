// `rnn derive`: backpropagation through time of a cell or a model, as equations.
import type { ReadBack } from '../../derive/check.ts';
import { deriveBlock } from '../../derive/derivation.ts';
import { derivationRecord } from '../../derive/record.ts';
import { writeLatex, writeMarkdown } from '../../derive/typeset.ts';
import { type Command, exitCodes, WrongUse } from '../command.ts';
import { chooseBlock, orReject, readNumbers, readSoundProgram } from '../program.ts';

const formats = ['text', 'latex', 'markdown'] as const;
type Format = (typeof formats)[number];

export const derive: Command = {
  name: 'derive',
  summary: 'the gradients of a cell as equations, as a textbook has them',
  about:
    'Derives backpropagation through time for a cell or a model, as equations with the names of the file: for each state ' +
    'the gradient that arrives from outside and from the step after, for each equation its local term, for each weight its ' +
    'sum over time. They are written from the graph that computes the gradients; the text is read back, computed with, ' +
    'and compared with that graph before it is shown. NAME says which; else it is the last model of the file, or the last cell.',
  operands: 'FILE [NAME]',
  count: [1, 2],
  options: [
    { name: 'format', value: 'FORMAT', text: `${formats.join(', ')}: how it is written (text)` },
    {
      name: 'set',
      value: 'NAME=N',
      many: true,
      text: 'a number for a size, which else stays a letter, or for a hyperparameter',
    },
    { name: 'json', text: 'the equations as JSON, for programs' },
  ],
  examples: [
    { line: 'rnn derive models/lstm.rnn', does: 'as text' },
    {
      line: 'rnn derive models/gru.rnn --format markdown > gru.md',
      does: 'as a document, the equations in LaTeX',
    },
  ],
  async run(given, platform) {
    const [path, name] = given.operands;
    const format = readFormat(given.text('format'));
    const isJson = given.flag('json');
    if (isJson && given.text('format') !== undefined) throw new WrongUse('--json is a format of its own');
    const { checked } = await readSoundProgram(path, platform);
    const cell = chooseBlock(checked, name, platform);
    const derived = deriveBlock(checked, cell, readNumbers(given, cell));
    const { equations, text, check } = orReject(derived.derivation, derived.diagnostics, platform);
    const write: Readonly<Record<Format, () => string>> = {
      text: () => `${text}\n${describeCheck(check)}\n`,
      latex: () => `${writeLatex(equations)}% ${describeCheck(check)}\n`,
      markdown: () => `${writeMarkdown(equations)}${describeCheck(check)}\n`,
    };
    platform.out.write(
      isJson ? `${JSON.stringify(derivationRecord(equations, check), null, 2)}\n` : write[format](),
    );
    return exitCodes.fine;
  },
};

function readFormat(text: string | undefined): Format {
  const format = formats.find((one) => one === (text ?? 'text'));
  if (format === undefined) throw new WrongUse(`--format ${text}: it is one of ${formats.join(', ')}`);
  return format;
}

function describeCheck(check: ReadBack | undefined): string {
  if (check === undefined) {
    return 'Read back, and not compared: on no random case were all gradients numbers.';
  }
  const sizes = [...check.sizes, ['T', check.steps] as const].map(([name, value]) => `${name} = ${value}`);
  const error = check.error === 0 ? 'exactly' : `to ${check.error.toExponential(0)}`;
  return `Read back and evaluated on a random sequence (${sizes.join(', ')}): the same gradients, ${error}.`;
}
