// What `--help` says, made from the commands themselves, so that help and behaviour cannot part.
import type { Command } from './command.ts';
import { layOut, wrap } from './table.ts';

const width = 96;

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** The help of the whole: what rnn is, and its commands. */
export function generalHelp(commands: readonly Command[], version: string): string {
  return [
    `rnn ${version}: a language and a compiler for recurrent cells`,
    '',
    ...wrap(
      'Write the equations of a cell in a .rnn file. rnn proves its sizes, differentiates it through time, checks ' +
        'the gradients, compiles it and trains it.',
      width,
    ),
    '',
    'Usage: rnn COMMAND ...',
    '',
    ...indent(layOut(commands.map((command) => [command.name, command.summary]))),
    '',
    '`rnn COMMAND --help` tells the rest of a command, `rnn --version` the version.',
    '',
    'To begin:',
    '',
    ...indent([
      'rnn new my-cell                   a cell of your own to start from, with an experiment',
      'rnn check models/lstm.rnn         does it hold together?',
      'rnn show models/lstm.rnn          what goes in, what is learned, what comes out',
      'rnn train models/char-lm.rnn      train a model of text',
    ]),
    '',
    'Exit codes: 0 fine, 1 the input is at fault, 2 wrong use, 70 a bug of ours.',
    'Colours: on a terminal only, and not where NO_COLOR is set.',
    '',
  ].join('\n');
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const options = [...command.options, { name: 'help', text: 'this text' }].map((option) => {
    const value = 'value' in option && option.value !== undefined ? ` ${option.value}` : '';
    return [`--${option.name}${value}`, option.text] as const;
  });
  const column = Math.max(...options.map(([name]) => name.length)) + 2;
  const optionLines = options.flatMap(([name, text]) =>
    wrap(text, width - column - 2).map((line, i) => (i === 0 ? name : '').padEnd(column) + line),
  );
  return [
    ...wrap(command.about, width),
    '',
    `Usage: rnn ${command.name} ${command.operands}${command.options.length > 0 ? ' [options]' : ''}`,
    '',
    'Options:',
    ...indent(optionLines),
    '',
    'Examples:',
    ...command.examples.flatMap(({ line, does }) => [`  ${line}`, `      ${does}`]),
    '',
    ...(command.notes ?? []).flatMap((note) => [...wrap(note, width), '']),
  ].join('\n');
}
