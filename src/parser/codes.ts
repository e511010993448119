/**
 * The codes of this room and their titles. Each has a section in docs/errors.md and a program in
 * test/parser/errors.test.ts that provokes it; a test holds the three together.
 */
import type { DiagnosticCode } from '../base/diagnostic.ts';

export const parserCodes = {
  RNN1001: 'nothing is declared',
  RNN1002: 'the file is not text',
  RNN1003: 'nested too deep',
  RNN1004: 'a symbol that has no meaning here',
  RNN1005: 'a string without an end',
  RNN1006: 'an unknown escape in a string',
  RNN1007: 'a number that cannot be read',
  RNN1008: 'a name with other letters than a to z',
  RNN1010: 'a bracket that is never closed',
  RNN1011: 'a bracket that closes nothing',
  RNN1012: 'a missing opening brace',
  RNN1020: 'something else was expected',
  RNN1021: 'an operator is missing',
  RNN1022: 'an expression is missing',
  RNN1023: 'a reserved word used as a name',
  RNN1024: 'an unknown keyword',
  RNN1025: 'outside of every declaration',
  RNN1026: 'the wrong sign after a name',
  RNN1027: 'comparisons do not chain',
  RNN1028: 'not needs brackets here',
  RNN1029: 'prev takes the name of a state',
  RNN1030: 'an output that is also an equation',
  RNN1031: 'an if that is not complete',
} as const satisfies Readonly<Record<DiagnosticCode, string>>;

export type ParserCode = keyof typeof parserCodes;
