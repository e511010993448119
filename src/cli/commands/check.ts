// `rnn check`: what is wrong with programs, and where.
//
// Messages go to standard error, as compilers do it; with --json they are the answer, and go to standard output.
import { type Diagnostic, diagnosticToJson, hasErrors, makeDiagnostic } from '../../base/diagnostic.ts';
import { render } from '../../base/render.ts';
import { makeSource, makeSpan } from '../../base/source.ts';
import { type Command, exitCodes, InputFault } from '../command.ts';
import { paintFor } from '../paint.ts';
import type { Platform, Stream } from '../platform.ts';
import { readProgram } from '../program.ts';

export const check: Command = {
  name: 'check',
  summary: 'say what is wrong with programs, and where',
  about:
    'Reads .rnn files and proves their sizes, rates and causality, without data. Each mistake is shown with its ' +
    'place, the reason, and the likely mend.',
  operands: 'FILE...',
  count: [1, Number.POSITIVE_INFINITY],
  options: [{ name: 'json', text: 'the messages as a JSON array on standard output, for programs' }],
  examples: [
    { line: 'rnn check models/lstm.rnn', does: 'one file, with all that it imports' },
    { line: 'rnn check --json models/*.rnn', does: 'several, for an editor or a script' },
  ],
  notes: [
    'Messages go to standard error. Exit code 0: no errors (there may be warnings); 1: errors.',
    'With --json: an array of {code, severity, message, file, line, column, endLine, endColumn, notes, help}; lines and ' +
      'columns count from 1, endColumn stands just past the last character, help may be missing.',
  ],
  async run(given, platform) {
    const { out, err } = platform;
    // Several files may import one that has a mistake: each message is kept once.
    const found = new Map<string, Diagnostic>();
    for (const path of given.operands) {
      for (const diagnostic of await diagnosticsOf(path, platform)) {
        found.set(JSON.stringify(diagnosticToJson(diagnostic)), diagnostic);
      }
    }
    const diagnostics = [...found.values()];
    if (given.flag('json')) out.write(`${JSON.stringify(diagnostics.map(diagnosticToJson), null, 2)}\n`);
    else {
      err.write(render(diagnostics, { colour: err.colour }));
      if (err.terminal || diagnostics.length > 0)
        err.write(lastLine(given.operands.length, diagnostics, err));
    }
    return hasErrors(diagnostics) ? exitCodes.input : exitCodes.fine;
  },
};

/** A file that cannot be read has a diagnostic for it, so that the others are checked all the same. */
async function diagnosticsOf(path: string, platform: Platform): Promise<readonly Diagnostic[]> {
  try {
    return (await readProgram(path, platform)).diagnostics;
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    const span = makeSpan(makeSource(path, ''), 0, 0);
    return [makeDiagnostic({ code: 'RNN7001', message: error.message, span, help: error.help })];
  }
}

function lastLine(files: number, diagnostics: readonly Diagnostic[], err: Stream): string {
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
  const checked = `${count(files, 'file')} checked: `;
  if (diagnostics.length === 0) return `${checked}${paintFor(err).good('all is well')}\n`;
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  return `\n${checked}${count(errors, 'error')}, ${count(diagnostics.length - errors, 'warning')}\n`;
}
