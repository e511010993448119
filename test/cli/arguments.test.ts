// The words of a command line: what is read, and how wrong use is told.
import { describe, expect, test } from 'vitest';
import { readArguments } from '../../src/cli/arguments.ts';
import { type Arguments, type Command, exitCodes, WrongUse } from '../../src/cli/command.ts';

const command: Command = {
  name: 'brew',
  summary: '',
  about: '',
  operands: 'FILE [NAME]',
  count: [1, 2],
  options: [
    { name: 'json', text: '' },
    { name: 'seed', value: 'N', text: '' },
    { name: 'set', value: 'K=V', many: true, text: '' },
  ],
  examples: [],
  run: () => exitCodes.fine,
};

const read = (...words: readonly string[]): Arguments => readArguments(command, words);

test('options stand anywhere, in both spellings', () => {
  const given = read('--seed=3', 'a.rnn', '--set', 'm=1', '--json', 'Name', '--set', 'n=2');
  expect(given.operands).toEqual(['a.rnn', 'Name']);
  expect(given.flag('json')).toBe(true);
  expect(given.integer('seed', 0)).toBe(3);
  expect(given.all('set')).toEqual(['m=1', 'n=2']);
});

test('what is not given is undefined, false or empty', () => {
  const given = read('a.rnn');
  expect([given.flag('json'), given.text('seed'), given.integer('seed', 0), given.number('seed', 0)]).toEqual(
    [false, undefined, undefined, undefined],
  );
  expect(given.all('set')).toEqual([]);
});

test('after -- everything is an operand, and a value may be negative', () => {
  expect(read('--', '--json').operands).toEqual(['--json']);
  expect(read('a', '--seed', '-4').integer('seed', -10)).toBe(-4);
});

describe('wrong use', () => {
  const wrong: readonly [words: readonly string[], message: string, help?: string][] = [
    [[], 'rnn brew needs FILE [NAME]'],
    [['a', 'b', 'c'], 'there is no place for "c"'],
    [['a', '--jsn'], 'has no option --jsn', 'did you mean --json?'],
    [['a', '-x'], 'has no option -x'],
    [['a', '--json=1'], '--json takes no value'],
    [['a', '--seed'], '--seed needs a value: --seed N'],
    [['a', '--seed', '--json'], '--seed needs a value, and --json follows', '--seed=--json'],
    [['a', '--seed', '1', '--seed', '2'], '--seed is given twice'],
  ];
  test.each(wrong)('%j', (words, message, help) => {
    const told = caught(() => read(...words));
    expect(told.message).toContain(message);
    if (help !== undefined) expect(told.help).toContain(help);
  });

  test.each(['x', '', '1.5', '-1', '1e3', '99'])('--seed %j is no whole number from 0 to 9', (value) => {
    const told = caught(() => read('a', `--seed=${value}`).integer('seed', 0, 9));
    expect(told.message).toContain('--seed is a whole number from 0 to 9');
  });

  test.each(['x', '', '-1', 'Infinity', 'NaN'])('--seed %j is no number of at least 0', (value) => {
    expect(caught(() => read('a', `--seed=${value}`).number('seed', 0)).message).toContain(
      '--seed is a number',
    );
  });

  test('a word is shown short and cannot steer a terminal', () => {
    const told = caught(() => read('a', 'b', `\u001b[31m${'x'.repeat(500)}`));
    expect(told.message).toContain('"\\u001b[31mxxx');
    expect(told.message.length).toBeLessThan(200);
  });
});

function caught(work: () => unknown): WrongUse {
  try {
    work();
  } catch (error) {
    if (error instanceof WrongUse) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}
