// From the words of the command line to an exit code: finds the command, answers `--help` and `--version`, and turns
// whatever goes wrong into words. A person's mistake never shows a stack.
import manifest from '../../package.json' with { type: 'json' };
import { render } from '../base/render.ts';
import { suggest } from '../base/suggest.ts';
import { MemoryError } from '../tensor/memory-error.ts';
import { quote, readArguments } from './arguments.ts';
import { type Command, type ExitCode, exitCodes, InputFault, Rejected, WrongUse } from './command.ts';
import { commands } from './commands.ts';
import { commandHelp, generalHelp } from './help.ts';
import { paintFor, printable } from './paint.ts';
import type { Platform } from './platform.ts';

/** Runs `rnn` with these words. Never throws. `debug` (RNN_DEBUG): show the stack of a bug. */
export async function dispatch(
  words: readonly string[],
  platform: Platform,
  debug: boolean,
): Promise<ExitCode> {
  try {
    return await run(words, platform);
  } catch (error) {
    return explain(error, platform, debug, words);
  }
}

function run(words: readonly string[], platform: Platform): ExitCode | Promise<ExitCode> {
  const [first, ...rest] = words;
  if (first === undefined) {
    platform.err.write(generalHelp(commands, manifest.version));
    return exitCodes.use;
  }
  if (first === '--version' || first === '-v') return say(`${manifest.version}\n`, platform);
  if (first === '--help' || first === '-h' || first === 'help') {
    if (rest.length === 0) return say(generalHelp(commands, manifest.version), platform);
    return say(commandHelp(find(rest[0])), platform);
  }
  const command = find(first);
  const end = rest.indexOf('--');
  const before = end < 0 ? rest : rest.slice(0, end);
  if (before.includes('--help') || before.includes('-h')) return say(commandHelp(command), platform);
  return command.run(readArguments(command, rest), platform);
}

function say(text: string, platform: Platform): ExitCode {
  platform.out.write(text);
  return exitCodes.fine;
}

function find(word: string): Command {
  const command = commands.find((one) => one.name === word);
  if (command !== undefined) return command;
  if (word.endsWith('.rnn')) {
    throw new WrongUse(`a command is missing before ${quote(word)}`, `did you mean rnn check ${word}?`);
  }
  const near = suggest(word, [...commands.map((one) => one.name), 'help']);
  const kind = word.startsWith('-') ? 'option' : 'command';
  throw new WrongUse(
    `there is no ${kind} ${quote(word)}`,
    near === undefined ? undefined : `did you mean rnn ${near}?`,
  );
}

function explain(error: unknown, platform: Platform, debug: boolean, words: readonly string[]): ExitCode {
  const { err } = platform;
  const paint = paintFor(err);
  const fault = paint.strong(paint.bad('error'));
  if (error instanceof WrongUse) {
    err.write(`${fault}: ${printable(error.message)}\n`);
    if (error.help !== undefined) err.write(`  ${printable(error.help)}\n`);
    const known = commands.some((command) => command.name === words[0]);
    err.write(`\n${known ? `rnn ${words[0]} --help` : 'rnn --help'} tells how it is used.\n`);
    return exitCodes.use;
  }
  if (error instanceof InputFault) {
    err.write(`${fault}: ${printable(error.message)}\n`);
    if (error.help !== undefined) err.write(`  ${paint.strong('help:')} ${printable(error.help)}\n`);
    return exitCodes.input;
  }
  if (error instanceof MemoryError) {
    err.write(
      `${fault}: ${error.message}\n  ${paint.strong('help:')} take shorter sequences, or fewer at a time\n`,
    );
    return exitCodes.input;
  }
  if (error instanceof Rejected) {
    err.write(render(error.diagnostics, { colour: err.colour }));
    return exitCodes.input;
  }
  const told = error instanceof Error ? error : new Error(String(error));
  err.write(
    `${fault}: a bug in rnn, and not a mistake of yours: ${told.message.replace(/^this is a bug in rnn: /, '')}\n`,
  );
  err.write(`  Please report it with the file and this line: rnn ${words.join(' ')}\n`);
  err.write(`  rnn ${manifest.version}, Node ${process.version}, ${process.platform} ${process.arch}\n`);
  if (debug) err.write(`${told.stack ?? ''}\n`);
  else err.write('  With RNN_DEBUG=1 set, the place in our code is printed too.\n');
  return exitCodes.bug;
}
