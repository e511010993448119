// The codes of this room. Each has a section in docs/errors.md and a program that provokes it in test/derive.

import type { DiagnosticCode } from '../base/diagnostic.ts';

export const deriveCodes = {
  RNN8201: 'nothing to derive',
  RNN8202: 'too long to be written',
  RNN8203: 'equations that cannot be written yet',
} as const satisfies Readonly<Record<DiagnosticCode, string>>;
