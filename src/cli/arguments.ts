// The words of a command line, read against the options that a command declares. Options may stand anywhere; after
// `--` everything is an operand.
import { parseArgs } from 'node:util';
import { suggest } from '../base/suggest.ts';
import { type Arguments, type Command, type Option, WrongUse } from './command.ts';

/** Reads the words after `rnn COMMAND`. Throws a `WrongUse`. */
export function readArguments(command: Command, words: readonly string[]): Arguments {
  const declared = new Map(command.options.map((option) => [option.name, option]));
  const options = Object.fromEntries(
    command.options.map((option) => [
      option.name,
      { type: option.value === undefined ? 'boolean' : 'string' },
    ]),
  ) satisfies Record<string, { type: 'boolean' | 'string' }>;
  const { tokens } = parseArgs({ args: [...words], options, strict: false, tokens: true });
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const option = declared.get(token.name);
    if (option === undefined) throw unknownOption(command, token.rawName);
    const value = readValue(option, token.value, token.inlineValue === true);
    const earlier = values.get(option.name);
    if (earlier !== undefined && option.many !== true && option.value !== undefined) {
      throw new WrongUse(`--${option.name} is given twice`);
    }
    values.set(option.name, [...(earlier ?? []), value]);
  }
  const [least, most] = command.count;
  if (operands.length < least) throw new WrongUse(`rnn ${command.name} needs ${command.operands}`);
  if (operands.length > most) {
    throw new WrongUse(
      `there is no place for ${quote(operands[most])}: rnn ${command.name} takes ${command.operands}`,
    );
  }
  return makeArguments(operands, values);
}

function readValue(option: Option, value: string | undefined, inline: boolean): string {
  if (option.value === undefined) {
    if (value !== undefined) throw new WrongUse(`--${option.name} takes no value`);
    return '';
  }
  if (value === undefined)
    throw new WrongUse(`--${option.name} needs a value: --${option.name} ${option.value}`);
  if (!inline && value.startsWith('--')) {
    throw new WrongUse(
      `--${option.name} needs a value, and ${value} follows`,
      `a value that begins with -- is written --${option.name}=${value}`,
    );
  }
  return value;
}

function unknownOption(command: Command, word: string): WrongUse {
  const near = suggest(word.replace(/^-+/, ''), [...command.options.map((option) => option.name), 'help']);
  const help = near === undefined ? undefined : `did you mean --${near}?`;
  return new WrongUse(`rnn ${command.name} has no option ${word}`, help);
}

function makeArguments(
  operands: readonly string[],
  values: ReadonlyMap<string, readonly string[]>,
): Arguments {
  const text = (name: string): string | undefined => values.get(name)?.[0];
  const number = (name: string, least: number): number | undefined => {
    const given = text(name);
    if (given === undefined) return undefined;
    const value = given.trim() === '' ? Number.NaN : Number(given);
    if (Number.isFinite(value) && value >= least) return value;
    throw new WrongUse(`--${name} is a number, at least ${least}, and not ${quote(given)}`);
  };
  return {
    operands,
    flag: (name) => values.has(name),
    text,
    all: (name) => values.get(name) ?? [],
    number,
    integer(name, least, most = Number.MAX_SAFE_INTEGER) {
      const given = text(name);
      if (given === undefined) return undefined;
      const value = /^-?\d+$/.test(given) ? Number(given) : Number.NaN;
      if (value >= least && value <= most) return value;
      const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`;
      throw new WrongUse(`--${name} is a whole number ${range}, and not ${quote(given)}`);
    },
  };
}

/** A word of the person's as a message shows it: short, and without what steers a terminal. */
export function quote(word: string): string {
  const shown = word.length > 60 ? `${word.slice(0, 57)}...` : word;
  return JSON.stringify(shown);
}
