// The program that a command works on: its file is read and checked, errors end the command, warnings are told.
import type { Diagnostic } from '../base/diagnostic.ts';
import { hasErrors, makeDiagnostic } from '../base/diagnostic.ts';
import { render } from '../base/render.ts';
import { makeSource, makeSpan } from '../base/source.ts';
import type { CheckedCell, CheckedFile } from '../check/checked.ts';
import { selectBlock } from '../check/elaborate/elaborate.ts';
import { loadProgramFile, type ProgramFile } from '../study/program-file.ts';
import { type Arguments, InputFault, Rejected, WrongUse } from './command.ts';
import type { Platform } from './platform.ts';
import { inWords } from './reading.ts';

/** What is read of a file, or a diagnostic where it cannot be read: where several are named, the others go on. */
export async function orUnreadable<Read>(path: string, work: Promise<Read>): Promise<Read | Diagnostic> {
  try {
    return await inWords(`cannot read ${path}`, work);
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    const span = makeSpan(makeSource(path, ''), 0, 0);
    return makeDiagnostic({ code: 'RNN7001', message: error.message, span, help: error.help });
  }
}

/** A program without errors. Its warnings are on standard error. */
export interface SoundProgram extends ProgramFile {
  readonly checked: CheckedFile;
}

/** Reads and checks a file. Rejects with an `InputFault` where it cannot be read, with its diagnostics where it has errors. */
export async function readSoundProgram(path: string, platform: Platform): Promise<SoundProgram> {
  const file = await inWords(`cannot read ${path}`, loadProgramFile(path, platform.files));
  const { checked } = file;
  if (checked === undefined) throw new Rejected(file.diagnostics);
  orReject(checked, file.diagnostics, platform);
  return { ...file, checked };
}

/** The value where there is one without errors; warnings are told. Else throws the diagnostics. */
export function orReject<Value>(
  value: Value | undefined,
  diagnostics: readonly Diagnostic[],
  { err }: Platform,
): Value {
  if (value === undefined || hasErrors(diagnostics)) throw new Rejected(diagnostics);
  if (diagnostics.length > 0) err.write(render(diagnostics, { colour: err.colour }));
  return value;
}

/** The cell or model that a command means. */
export function chooseBlock(file: CheckedFile, name: string | undefined, platform: Platform): CheckedCell {
  const { cell, diagnostics } = selectBlock(file, name);
  return orReject(cell, diagnostics, platform);
}

/** The numbers that `--set name=value` gives, for the sizes and hyperparameters of a block. */
export interface GivenNumbers {
  readonly sizes: ReadonlyMap<string, number>;
  readonly hyperparameters: ReadonlyMap<string, number>;
}

/** Reads every `--set`. Throws a `WrongUse` for a name that the block's header does not have. */
export function readNumbers(given: Arguments, cell: CheckedCell): GivenNumbers {
  const sizes = new Map<string, number>();
  const hyperparameters = new Map<string, number>();
  for (const setting of given.all('set')) {
    const [name, text = ''] = setting.split('=', 2);
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (cell.hyperparameters.some((one) => one.name === name)) {
      if (!Number.isFinite(value)) throw new WrongUse(`--set ${setting}: ${name} is a number`);
      hyperparameters.set(name, value);
    } else if (cell.sizes.some((one) => one.name === name)) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new WrongUse(`--set ${setting}: ${name} is a size, a whole number of at least 1`);
      }
      sizes.set(name, value);
    } else {
      const known = [...cell.sizes, ...cell.hyperparameters].map((one) => one.name);
      const has = known.length === 0 ? 'has no sizes' : `has ${known.join(', ')}`;
      throw new WrongUse(`--set ${setting}: ${cell.name} ${has}`, 'it is written --set m=64');
    }
  }
  return { sizes, hyperparameters };
}
