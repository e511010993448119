// What a command of `rnn` is: data that help, argument reading and dispatch work from.
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Platform } from './platform.ts';

/** Exit codes: fine, the user's input is at fault, wrong use of the command, a bug of ours, stopped by Ctrl-C. */
export const exitCodes = { fine: 0, input: 1, use: 2, bug: 70, interrupted: 130 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a command was given. Every getter throws a `WrongUse` that says what is expected. */
export interface Arguments {
  readonly operands: readonly string[];
  flag(name: string): boolean;
  text(name: string): string | undefined;
  all(name: string): readonly string[];
  /** A whole number from `least` to `most`. */
  integer(name: string, least: number, most?: number): number | undefined;
  /** A real number, at least `least`. */
  number(name: string, least: number): number | undefined;
}

export interface Option {
  readonly name: string;
  /** What stands for its value in help: `FILE`. Without it the option is a flag. */
  readonly value?: string;
  /** May be given several times. */
  readonly many?: boolean;
  readonly text: string;
}

export interface Command {
  readonly name: string;
  /** What it does, in a few words, for the list of commands. */
  readonly summary: string;
  /** What it does, for a newcomer: a sentence or two. */
  readonly about: string;
  /** What follows `rnn NAME`, without options: `FILE [NAME]`. */
  readonly operands: string;
  /** How many operands it takes: least and most. */
  readonly count: readonly [number, number];
  readonly options: readonly Option[];
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** Notes below the examples, such as its exit codes. */
  readonly notes?: readonly string[];
  run(given: Arguments, platform: Platform): ExitCode | Promise<ExitCode>;
}

/** The person used the command in a way that it does not know. Ends with exit code 2. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
  /** The likely mend. */
  readonly help: string | undefined;

  constructor(message: string, help?: string) {
    super(message);
    this.help = help;
  }
}

/** Something the person gave is at fault and has no place in a source text: a file that cannot be read. Exit code 1. */
export class InputFault extends Error {
  override readonly name = 'InputFault';
  readonly help: string | undefined;

  constructor(message: string, help?: string) {
    super(message);
    this.help = help;
  }
}

/** The person's program, or the data for it, is at fault, and the diagnostics say where. Exit code 1. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => diagnostic.message).join('; '));
    this.diagnostics = diagnostics;
  }
}
