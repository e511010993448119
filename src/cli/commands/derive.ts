// `rnn derive`: backpropagation through time of a cell or a model, as equations.
import { deriveBlock } from '../../derive/derivation.ts';
import { derivationRecord, FORMATS, type Format, writeAs } from '../../derive/formats.ts';
import { type Command, exitCodes, WrongUse } from '../command.ts';
import { chooseBlock, orReject, readNumbers, readSoundProgram } from '../program.ts';

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
    { name: 'format', value: 'FORMAT', text: `${FORMATS.join(', ')}: how it is written (text)` },
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
    const derivation = orReject(derived.derivation, derived.diagnostics, platform);
    platform.out.write(
      isJson ? `${JSON.stringify(derivationRecord(derivation), null, 2)}\n` : writeAs(format, derivation),
    );
    return exitCodes.fine;
  },
};

function readFormat(text = 'text'): Format {
  const format = FORMATS.find((one) => one === text);
  if (format === undefined) throw new WrongUse(`--format ${text}: it is one of ${FORMATS.join(', ')}`);
  return format;
}
