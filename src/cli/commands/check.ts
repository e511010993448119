// `rnn check`: what is wrong with programs, and where.
//
// Messages go to standard error, as compilers do it; with --json they are the answer, and go to standard output.
import { type Diagnostic, diagnosticToJson, hasErrors } from '../../base/diagnostic.ts';
import { render } from '../../base/render.ts';
import type { CheckedFile } from '../../check/checked.ts';
import { folderOf } from '../../runtime/paths.ts';
import { loadProgramFile } from '../../study/program-file.ts';
import { readSettings } from '../../train/settings.ts';
import { type Command, exitCodes } from '../command.ts';
import { paintFor } from '../paint.ts';
import type { Platform } from '../platform.ts';
import { orUnreadable } from '../program.ts';
import { counted } from '../table.ts';

export const check: Command = {
  name: 'check',
  summary: 'say what is wrong with programs, and where',
  about:
    'Reads .rnn files and proves their sizes, rates and causality, and the entries of their experiments, without data. ' +
    'Each mistake is shown with its place, the reason, and the likely mend.',
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
    const templates = new Set<string>();
    for (const path of given.operands) {
      const file = await orUnreadable(path, loadProgramFile(path, platform.files));
      const all = 'code' in file ? [file] : [...file.diagnostics, ...aboutExperiments(file.checked)];
      for (const diagnostic of all) found.set(JSON.stringify(diagnosticToJson(diagnostic)), diagnostic);
      if (!('code' in file)) for (const name of file.checked?.templates ?? []) templates.add(name);
    }
    const diagnostics = [...found.values()];
    if (given.flag('json')) out.write(`${JSON.stringify(diagnostics.map(diagnosticToJson), null, 2)}\n`);
    else {
      err.write(render(diagnostics, { colour: err.colour }));
      if (err.terminal || diagnostics.length > 0)
        err.write(lastLines(given.operands.length, diagnostics, [...templates], platform));
    }
    return hasErrors(diagnostics) ? exitCodes.input : exitCodes.fine;
  },
};

/** What an entry that is missing here may be given on the command line of `rnn train`: that is no mistake of the file. */
const MISSING = 'RNN6003';

function aboutExperiments(file: CheckedFile | undefined): readonly Diagnostic[] {
  if (file === undefined) return [];
  const nothing = { set: [], data: [] };
  return file.trains
    .flatMap((train) => readSettings(train, nothing, folderOf(file.source.name)).diagnostics)
    .filter(({ code }) => code !== MISSING);
}

function lastLines(
  files: number,
  diagnostics: readonly Diagnostic[],
  templates: readonly string[],
  { called, err }: Platform,
): string {
  const isOne = templates.length === 1;
  const where = `${isOne ? 'a template is' : 'templates are'} checked with the cells that a use gives`;
  const open = templates.length === 0 ? '' : `${templates.join(', ')}: ${where}\n`;
  const checked = `${counted(files, 'file')} checked: `;
  if (diagnostics.length === 0) return `${open}${checked}${paintFor(err).good('all is well')}\n`;
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  const [{ code }] = diagnostics;
  return [
    `\n${checked}${counted(errors, 'error')}, ${counted(diagnostics.length - errors, 'warning')}\n`,
    `${called} explain ${code} tells more\n`,
  ].join('');
}
