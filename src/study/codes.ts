/**
 * The codes of what is handed to a program: files and arrays. Each has a section in docs/errors.md and data that
 * provokes it in test/study or test/cli.
 */
import type { DiagnosticCode } from '../base/diagnostic.ts';

export const dataCodes = {
  RNN7001: 'a file that cannot be read',
  RNN7002: 'an array that the program does not take',
  RNN7003: 'an array that is missing',
  RNN7004: 'the wrong number of axes',
  RNN7005: 'arrays of different batches or lengths of time',
  RNN7006: 'the wrong kind of numbers',
  RNN7007: 'a category that does not exist',
  RNN7008: 'lengths that do not fit',
  RNN7009: 'an array with nothing in it',
  RNN7010: 'a failure of gradcheck that cannot be read',
} as const satisfies Readonly<Record<DiagnosticCode, string>>;

export type DataCode = keyof typeof dataCodes;
