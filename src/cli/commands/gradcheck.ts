// `rnn gradcheck`: every gradient of a program against differences, and the program against the laws of the compiler. A
// failure is written to a file; the same command with that file repeats it.
import manifest from '../../../package.json' with { type: 'json' };
import type { Diagnostic } from '../../base/diagnostic.ts';
import { makeSource } from '../../base/source.ts';
import type { CheckedCell } from '../../check/checked.ts';
import { elaborate } from '../../check/elaborate/elaborate.ts';
import { casesOfLaws, checkProgram, type ProgramCheck } from '../../study/check-program.ts';
import { firstFailure, repeatFailure, sourcesWithin } from '../../study/failure.ts';
import { readFailure, writeFailure } from '../../study/failure-file.ts';
import { TOLERANCE } from '../../study/gradcheck.ts';
import { describeCase } from '../../study/random-case.ts';
import { summarize } from '../../study/summary.ts';
import { checkJson } from '../check-json.ts';
import { brokenLines, checkLines } from '../check-lines.ts';
import {
  type Arguments,
  type Command,
  type ExitCode,
  exitCodes,
  InputFault,
  Rejected,
  WrongUse,
} from '../command.ts';
import { paintFor } from '../paint.ts';
import type { Platform } from '../platform.ts';
import { chooseBlock, orReject, readNumbers, readSoundProgram } from '../program.ts';
import { progressLine } from '../progress.ts';
import { createFile, readBytes } from '../reading.ts';

/** So many that an LSTM takes a few seconds. */
const usualCases = 20;
const ending = '.gradcheck.json';
/** A failure has the program and few numbers. */
const largestFailure = 4 * 1024 * 1024;

export const gradcheck: Command = {
  name: 'gradcheck',
  summary: 'check every gradient of a program, and that its compiled forms agree',
  about:
    'Compares every gradient of a program (parameters, real inputs, starting states) with differences in float64, on ' +
    'random sizes, lengths, inputs and weights; then forward mode, the unrolled, the optimised and the compiled program, ' +
    'batches and chunks with the plain one. A failure is shrunk to its smallest case and written to a file, which can be ' +
    'sent to somebody: rnn gradcheck with that file repeats it. NAME says which cell or model; else it is the last model ' +
    'of the file, or the last cell.',
  operands: 'FILE [NAME]',
  count: [1, 2],
  options: [
    { name: 'cases', value: 'N', text: `how many random cases (${usualCases})` },
    { name: 'seed', value: 'S', text: 'draws the cases (1); the same seed gives the same cases' },
    { name: 'second', text: 'also second order: Hessian-vector products, three ways' },
    {
      name: 'set',
      value: 'NAME=N',
      many: true,
      text: 'a number for a size, which then is not drawn, or for a hyperparameter',
    },
    { name: 'out', value: 'FILE', text: `where a failure goes (NAME${ending}); a file that is there stays` },
    { name: 'json', text: 'the report as JSON, for programs' },
  ],
  examples: [
    { line: 'rnn gradcheck models/lstm.rnn', does: 'a table, a line for each tensor, and the laws' },
    { line: 'rnn gradcheck models/gru.rnn --cases 200 --seed 7', does: 'longer, and with other numbers' },
    { line: `rnn gradcheck lstm${ending}`, does: 'a failure once more, exactly' },
  ],
  notes: [
    'The error of a tensor is |gradient - difference| at its worst element, divided by its largest gradient (at least ' +
      `0.001); it may be ${TOLERANCE}. Entries at kinks are left out and counted, never more than 5 % of a case. Exit ` +
      'code 1: a gradient is wrong, a law is broken, or it could not be told. docs/gradcheck.md says more.',
  ],
  run(given, platform) {
    const [path] = given.operands;
    return path.endsWith('.json') ? repeat(given, platform) : check(given, platform);
  },
};

async function check(given: Arguments, platform: Platform): Promise<ExitCode> {
  const [path, name] = given.operands;
  const cases = given.integer('cases', 1) ?? usualCases;
  const seed = given.integer('seed', -(2 ** 31), 2 ** 31 - 1) ?? 1;
  const { checked, source, sources } = await readSoundProgram(path, platform);
  const cell = chooseBlock(checked, name, platform);
  const numbers = readNumbers(given, cell);
  const progress = progressLine(platform);
  let problems: readonly Diagnostic[] = [];
  const settings: ProgramCheck = {
    sizes: cell.sizes.map((size) => size.name).filter((size) => !numbers.sizes.has(size)),
    programOf(drawn, startingStates) {
      const sizes = new Map([...numbers.sizes, ...drawn]);
      const elaborated = elaborate(checked, {
        ...numbers,
        name: cell.name,
        sizes,
        mode: 'train',
        startingStates,
      });
      if (elaborated.program === undefined) problems = elaborated.diagnostics;
      return elaborated.program;
    },
    cases,
    seed,
    second: given.flag('second'),
    onCase: (done) => progress.show(`checking gradients: case ${done} of ${cases}`),
    onLaw: ({ says }) => progress.show(`${says}: ${casesOfLaws(cases)} cases`, true),
  };
  const report = await checkProgram(settings);
  progress.clear();
  const { gradients } = report;
  if (gradients.cases === 0 && gradients.failure === undefined && problems.length > 0)
    throw new Rejected(problems);

  const failure = firstFailure(report, settings);
  const text =
    failure &&
    writeFailure({
      ...failure,
      version: manifest.version,
      program: cell.name,
      ...sourcesWithin(source, sources),
      hyperparameters: numbers.hyperparameters,
      drawn: {
        ...failure.drawn,
        sizes: { ...Object.fromEntries(numbers.sizes), ...failure.drawn.sizes },
      },
    });
  const place = given.text('out') ?? `${nameOf(path)}${ending}`;
  const kept = text === undefined ? undefined : await keep(place, text, platform);
  // The report is not lost where the file cannot be written.
  const file = typeof kept === 'string' ? kept : undefined;
  const { out } = platform;
  if (given.flag('json')) out.write(`${JSON.stringify(checkJson(cell.name, report, file), null, 2)}\n`);
  else {
    const shown = summarize(asDeclared(cell), new Map());
    const lines = checkLines(shown, report, numbers.sizes, paintFor(out));
    const where =
      file === undefined ? [] : [`  all of it is in ${file}: ${platform.called} gradcheck ${file}`];
    out.write(`${[...lines, ...where].join('\n')}\n`);
  }
  if (kept instanceof InputFault) throw kept;
  return report.passed ? exitCodes.fine : exitCodes.input;
}

/** Without the defaults of its sizes: others are drawn, so that a shape has symbols where the file has them. */
function asDeclared(cell: CheckedCell): CheckedCell {
  return { ...cell, sizes: cell.sizes.map((size) => ({ ...size, defaultValue: undefined })) };
}

/** `lstm` of `models/lstm.rnn`. */
function nameOf(path: string): string {
  return path
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.rnn$/, '');
}

/** Writes a failure where no file is yet: `a.gradcheck.json`, else `a-2.gradcheck.json`, and so on; or why it cannot. */
async function keep(path: string, text: string, { files }: Platform): Promise<string | InputFault> {
  const bytes = new TextEncoder().encode(text);
  const [, stem, end] = /^(.*?)((?:\.gradcheck)?\.json)?$/s.exec(path)!;
  try {
    for (let number = 1; ; number++) {
      const place = number === 1 ? path : `${stem}-${number}${end ?? ''}`;
      if (await createFile(place, bytes, files)) return place;
    }
  } catch (error) {
    if (error instanceof InputFault) return error;
    throw error;
  }
}

/** Checks once more what a file says has failed. */
async function repeat(given: Arguments, platform: Platform): Promise<ExitCode> {
  const [path, ...more] = given.operands;
  const options = ['cases', 'seed', 'second', 'set', 'out'].filter((option) => given.flag(option));
  if (options.length > 0 || more.length > 0) {
    throw new WrongUse(
      `${options.length > 0 ? `--${options[0]}` : 'NAME'} does not go with a failure: the file says what is checked`,
    );
  }
  const bytes = await readBytes(path, platform.files);
  if (bytes.length > largestFailure) {
    throw new InputFault(`${path} is too large for a failure of gradcheck`, 'is it the right file?');
  }
  const source = makeSource(path, new TextDecoder().decode(bytes));
  const read = readFailure(source);
  const failure = orReject(read.failure, read.diagnostics, platform);
  const found = await repeatFailure(failure, read.places);
  orReject(found, found.diagnostics, platform);
  const { broken } = found;
  const { out } = platform;
  if (given.flag('json')) {
    out.write(
      `${JSON.stringify({ program: failure.program, passed: broken === undefined, broken }, null, 2)}\n`,
    );
  } else {
    const paint = paintFor(out);
    const isSame =
      broken?.what === failure.what && broken.left === failure.left && broken.right === failure.right;
    const verdict =
      broken === undefined
        ? paint.good(`${failure.program}: it does not fail here`)
        : paint.bad(`${failure.program}: it fails ${isSame ? 'in exactly the same way' : 'in another way'}`);
    const lines = [
      `${failure.file}, ${describeCase(failure.drawn)}`,
      `written by rnn ${failure.version}${failure.version === manifest.version ? ', as this one' : `; this is rnn ${manifest.version}`}`,
      '',
      ...(isSame ? [] : ['in the file', ...brokenLines(failure), '']),
      ...(broken === undefined ? [] : ['here', ...brokenLines(broken), '']),
      verdict,
    ];
    out.write(`${lines.join('\n')}\n`);
  }
  return broken === undefined ? exitCodes.fine : exitCodes.input;
}
