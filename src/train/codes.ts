/**
 * The codes of this room and their titles. Each has a section in docs/errors.md and a program or data that
 * provokes it under test/train.
 */
import type { DiagnosticCode } from '../base/diagnostic.ts';

export const trainCodes = {
  RNN6001: 'an unknown entry of a train block',
  RNN6002: 'an entry that stands twice',
  RNN6003: 'a missing entry',
  RNN6004: 'a value of another kind was expected',
  RNN6005: 'a number out of its range',
  RNN6006: 'an unknown word in a train block',
  RNN6007: 'an unknown argument',
  RNN6008: 'a missing or surplus argument',
  RNN6009: 'an override that cannot be applied',
  RNN6010: 'no experiment to run',
  RNN6020: 'a data file that cannot be read',
  RNN6021: 'a data file that is not text',
  RNN6022: 'a data file with nothing in it',
  RNN6023: 'too little data',
  RNN6024: 'data that does not fit the model',
  RNN6025: 'a state that cannot be carried from window to window',
  RNN6030: 'a loss or gradient that is not finite',
  RNN6031: 'more memory than there is',
  RNN6040: 'a folder that is not a run',
  RNN6041: 'a folder that holds a run already',
  RNN6042: 'a run that cannot go on',
  RNN6050: 'a model that cannot generate',
  RNN6051: 'a prompt that the model cannot read',
  RNN6052: 'an option of generate out of its range',
} as const satisfies Readonly<Record<DiagnosticCode, string>>;

export type TrainCode = keyof typeof trainCodes;
