// The failure of a check, with everything that is needed to see it again; and seeing it again.
import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import { makeSource, type Source } from '../base/source.ts';
import { elaborate } from '../check/elaborate/elaborate.ts';
import type { Program } from '../check/program.ts';
import type { InputNode } from '../graph/graph.ts';
import { concreteShape } from '../graph/type.ts';
import { FileFault, type Files } from '../runtime/files.ts';
import { normalizePath } from '../runtime/paths.ts';
import { holdLaw } from './check-laws.ts';
import type { ProgramReport } from './check-program.ts';
import { type FailureFile, failureProblem, type Places } from './failure-file.ts';
import { type Forms, type FormsSource, formsBySizes, makeForms } from './forms.ts';
import { type CaseCheck, checkCase, inputsOf, TOLERANCE } from './gradcheck.ts';
import { quoted } from './json-text.ts';
import { LAWS, SECOND_ORDER } from './laws/all.ts';
import type { Tensors } from './laws/distance.ts';
import { inputsFor, type Law, type Place } from './laws/law.ts';
import { MODES_TOLERANCE } from './modes.ts';
import { checkSource } from './program-file.ts';
import { type Case, extentsOf } from './random-case.ts';

/** Two numbers that should be one, and what they are of. */
export interface Broken {
  /** `gradients`, `forward mode`, or the name of a law. */
  readonly law: string;
  /** `W[0, 1]`, `grad.W`. */
  readonly what: string;
  readonly left: number;
  readonly right: number;
  readonly error: number;
  readonly bound: number;
}

/** A broken law in a case, with the arrays of the case. */
export interface Failure extends Broken {
  readonly drawn: Case;
  readonly inputs: Tensors;
}

const GRADIENTS = 'gradients';
const MODES = 'forward mode';

/** The first failure of a report: the gradients before the laws. Undefined where there is none. */
export function firstFailure(
  { gradients, laws }: Pick<ProgramReport, 'gradients' | 'laws'>,
  source: FormsSource,
): Failure | undefined {
  const formsOf = formsBySizes(source);
  if (gradients.failure !== undefined) {
    const drawn = gradients.failure;
    const broken = brokenGradients(gradients);
    return broken && { ...broken, drawn, inputs: inputsOf(formsOf(drawn)!, drawn) };
  }
  for (const { law, failure } of laws) {
    if (failure === undefined) continue;
    const { drawn, what, gap } = failure;
    const place = { forms: formsOf(drawn)!, continuing: formsOf({ ...drawn, startingStates: true })!, drawn };
    return { ...brokenLaw(law, what, gap), drawn, inputs: inputsFor(law, place) };
  }
  return undefined;
}

function brokenGradients({ tensors, modes }: Pick<CaseCheck, 'tensors' | 'modes'>): Broken | undefined {
  const wrong = tensors.find(({ passed }) => !passed);
  if (wrong !== undefined) {
    const { name, at, gradient, difference, error } = wrong;
    const what = at.length === 0 ? name : `${name}[${at.join(', ')}]`;
    return { law: GRADIENTS, what, left: gradient, right: difference, error, bound: TOLERANCE };
  }
  if (modes?.passed !== false) return undefined;
  const { reverse, forward, error } = modes;
  return {
    law: MODES,
    what: 'the slope along a random direction',
    left: reverse,
    right: forward,
    error,
    bound: MODES_TOLERANCE,
  };
}

function brokenLaw(
  { name, bound }: Law,
  what: string,
  { left, right, error }: { readonly left: number; readonly right: number; readonly error: number },
): Broken {
  return { law: name, what, left, right, error, bound };
}

export interface Repeated {
  /** What is broken; undefined where the law holds now, or where the file does not fit. */
  readonly broken: Broken | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Checks once more what a file says has failed, on exactly its arrays. `places` are where diagnostics point.
 * `rules` is the table of derivatives; tests plant faults in it.
 */
export async function repeatFailure(
  file: FailureFile,
  places: Places,
  rules?: FormsSource['rules'],
): Promise<Repeated> {
  const nothing = (diagnostics: readonly Diagnostic[]): Repeated => ({ broken: undefined, diagnostics });
  const problem = (message: string, place: string): Repeated =>
    nothing([failureProblem(message, places.get(place) ?? places.get('arrays')!)]);

  const main = makeSource(file.file, file.sources.get(file.file)!);
  const { checked, diagnostics } = await checkSource(main, filesOf(file.sources));
  if (checked === undefined || hasErrors(diagnostics)) return nothing(diagnostics);
  const law = [...LAWS, ...SECOND_ORDER].find(({ name }) => name === file.law);
  if (law === undefined && file.law !== GRADIENTS && file.law !== MODES) {
    return problem(`there is no law ${quoted(file.law)}`, 'law');
  }
  const { drawn, hyperparameters } = file;
  const sizes = new Map(Object.entries(drawn.sizes));
  const programs = [drawn.startingStates, true].map((startingStates) =>
    elaborate(checked, { name: file.program, sizes, hyperparameters, mode: 'train', startingStates }),
  );
  const wrong = programs.find(({ program }) => program === undefined);
  if (wrong !== undefined) return nothing(wrong.diagnostics);
  const [forms, continuing] = programs.map(({ program }) => makeForms(program!, rules));
  const place: Place = { forms, continuing, drawn };
  const exempt = law?.exempt?.(forms.program);
  if (exempt !== undefined)
    return problem(`the law ${file.law} says nothing of ${file.program}: ${exempt}`, 'law');
  // Arrays of any size could be asked for: those of the file are looked at before others like them are drawn.
  const unlike = unlikeShapes(forms, drawn, file.inputs);
  if (unlike !== undefined) return problem(unlike.message, `arrays ${unlike.name}`);
  const expected = law === undefined ? inputsOf(forms, drawn) : inputsFor(law, place);
  const misfit = misfitOf(expected, file.inputs, forms.program, drawn);
  if (misfit !== undefined) return problem(misfit.message, `arrays ${misfit.name}`);

  if (law === undefined) {
    const found = checkCase(forms, drawn, Number.POSITIVE_INFINITY, file.inputs);
    if (found === undefined)
      return problem(`what ${file.program} gives for these arrays is not finite`, 'arrays');
    return { broken: brokenGradients(found), diagnostics };
  }
  const found = await holdLaw(law, place, file.inputs);
  if (found === undefined)
    return problem(`what ${file.program} gives for these arrays is not finite`, 'arrays');
  const { failure } = found;
  return { broken: failure && brokenLaw(law, failure.what, failure.gap), diagnostics };
}

/** An array that is not as the program takes it. */
interface Misfit {
  readonly name: string;
  readonly message: string;
}

/** The first array that the program takes in another shape. */
function unlikeShapes({ program, backward }: Forms, drawn: Case, given: Tensors): Misfit | undefined {
  for (const id of backward.inputs) {
    const { name, type } = backward.nodes[id] as InputNode;
    const array = given.get(name);
    if (array === undefined) return missing(name);
    const shape = concreteShape(type.shape, extentsOf(drawn));
    if (array.element === type.element && array.shape.join() === shape.join()) continue;
    const is = `${array.element} [${array.shape.join(', ')}]`;
    const wanted = `${type.element} [${shape.join(', ')}]`;
    const takes = `${program.name} takes ${wanted} at these sizes, lengths and steps`;
    return { name, message: `the array ${name} is ${is}, and ${takes}` };
  }
  return undefined;
}

function missing(name: string): Misfit {
  return { name, message: `the array ${name} is missing` };
}

/** What of the arrays is not as it could have been drawn. */
function misfitOf(expected: Tensors, given: Tensors, program: Program, drawn: Case): Misfit | undefined {
  for (const name of given.keys()) {
    if (!expected.has(name)) return { name, message: `${program.name} takes no array ${name}` };
  }
  for (const [name, { element, shape, data }] of expected) {
    const array = given.get(name);
    if (array === undefined) return missing(name);
    if (array.element !== element || array.shape.join() !== shape.join()) {
      return { name, message: `the array ${name} has not the shape [${shape.join(', ')}]` };
    }
    if (name === 'lengths' && array.data.join() !== drawn.lengths.join()) {
      return { name, message: 'the array lengths is not the list of lengths' };
    }
    const handed = [...program.inputs, ...program.targets].find((input) => input.name === name);
    const declared = handed ?? program.states.find((state) => `state.${state.name}` === name);
    const most = declared?.categories ?? Number.POSITIVE_INFINITY;
    // Padding may be anything.
    const isWrong = (value: number, i: number): boolean =>
      element === 'real'
        ? Number.isNaN(value) && !Number.isNaN(data[i])
        : data[i] >= 0 && (value < 0 || value >= most);
    const wrong = Array.from(array.data).findIndex(isWrong);
    if (wrong < 0) continue;
    const wanted = most === Number.POSITIVE_INFINITY ? 'a number' : `a category below ${most}`;
    return { name, message: `element ${wrong} of the array ${name} is not ${wanted}` };
  }
  return undefined;
}

/** Files that are the sources of a failure, and no others. */
function filesOf(sources: ReadonlyMap<string, string>): Files {
  const refuse = (): Promise<never> => Promise.reject(new FileFault('nothing is written here'));
  return {
    async read(path) {
      const text = sources.get(path);
      if (text === undefined) throw new FileFault('it is not in the file of the failure');
      return new TextEncoder().encode(text);
    },
    exists: (path) => Promise.resolve(sources.has(path)),
    write: refuse,
    create: refuse,
    append: refuse,
    makeFolder: refuse,
  };
}

/** The sources of a program as a failure's file holds them: without the folders that all of them lie in. */
export function sourcesWithin(
  main: Source,
  sources: readonly Source[],
): { readonly file: string; readonly sources: ReadonlyMap<string, string> } {
  const folders = sources.map(({ name }) => normalizePath(name).split('/').slice(0, -1));
  let shared = 0;
  while (folders.every((folder) => shared < folder.length && folder[shared] === folders[0][shared])) shared++;
  const within = (name: string): string => normalizePath(name).split('/').slice(shared).join('/');
  return {
    file: within(main.name),
    sources: new Map(sources.map(({ name, text }) => [within(name), text])),
  };
}
