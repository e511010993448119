// A failure as a small file that can be sent to somebody: one text file of JSON, with everything in it that is needed to
// see the same failure again. JSON, since a browser's or a colleague's tools read it, numbers come through it exactly (the
// shortest decimals that give the same float64), and one file can hold several sources: the program and its imports.
//
// Arrays stand as the graph takes them, time first; null is NaN, which padding is. A file from somebody else may hold
// anything: what does not fit is told at its place, and sizes and steps have limits.
import { type Diagnostic, makeDiagnostic } from '../base/diagnostic.ts';
import type { Source, Span } from '../base/source.ts';
import { count, indexTensor, realTensor, type Tensor } from '../tensor/tensor.ts';
import { type Json, JsonFault, quoted, readJson } from './json-text.ts';
import type { Tensors } from './laws/distance.ts';
import type { Case } from './random-case.ts';

const FORMAT = 'rnn gradcheck 1';

/** Far above what the check draws; unrolling is as long as the sequence. */
const most = { size: 10_000, steps: 200, sequences: 100 };

export interface FailureFile {
  /** The version of rnn that wrote it. */
  readonly version: string;
  /** `gradients`, or the name of a law. */
  readonly law: string;
  /** What was compared, the two numbers that should be one, how far apart they are and may be. NaN: no number. */
  readonly what: string;
  readonly left: number;
  readonly right: number;
  readonly error: number;
  readonly bound: number;
  /** The cell or model. */
  readonly program: string;
  /** The name of its file, one of the sources. */
  readonly file: string;
  /** The texts of the program and of all that it imports, by name. */
  readonly sources: ReadonlyMap<string, string>;
  readonly hyperparameters: ReadonlyMap<string, number>;
  readonly drawn: Case;
  readonly inputs: Tensors;
}

/** The text of the file. */
export function writeFailure(failure: FailureFile): string {
  const { version, law, what, left, right, error, bound, program, file, sources, drawn, inputs } = failure;
  const head = {
    format: FORMAT,
    rnn: version,
    law,
    what,
    left: orNull(left),
    right: orNull(right),
    error: orNull(error),
    bound,
    program,
    file,
    hyperparameters: Object.fromEntries(failure.hyperparameters),
    ...drawn,
  };
  const lines = Object.entries(head).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  const arrays = [...inputs].map(([name, { element, shape, data }]) => {
    const numbers = Array.from(data, exactly).join(',');
    const [key, kind, extents] = [name, element, shape].map((one) => JSON.stringify(one));
    return `    ${key}: {"element":${kind},"shape":${extents},"data":[${numbers}]}`;
  });
  const texts = [...sources].map(([name, text]) => `    ${JSON.stringify(name)}: ${JSON.stringify(text)}`);
  lines.push(`  "arrays": {\n${arrays.join(',\n')}\n  }`, `  "sources": {\n${texts.join(',\n')}\n  }`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** JSON.stringify would make -0 a 0. */
function exactly(value: number): string {
  return Object.is(value, -0) ? '-0' : JSON.stringify(orNull(value));
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Where the entries of a file stand: `law`, `program`, `arrays`, and each array by its name behind `arrays `. */
export type Places = ReadonlyMap<string, Span>;

/** Reads a file that `writeFailure` has written, or something else that says it is one. */
export function readFailure(source: Source): {
  readonly failure: FailureFile | undefined;
  readonly places: Places;
  readonly diagnostics: readonly Diagnostic[];
} {
  try {
    const file = record(readJson(source), 'a failure of rnn gradcheck is an object: { "format": ... }');
    return { failure: failureOf(file), places: placesOf(file), diagnostics: [] };
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return {
      failure: undefined,
      places: new Map(),
      diagnostics: [failureProblem(error.message, error.span)],
    };
  }
}

function placesOf(file: JsonObject): Places {
  const arrays = record(entry(file, 'arrays'));
  return new Map([
    ...['law', 'program'].map((name): [string, Span] => [name, entry(file, name).span]),
    ['arrays', start(arrays)],
    ...[...arrays.entries].map(([name, { span }]): [string, Span] => [`arrays ${name}`, span]),
  ]);
}

/** The bracket alone: all of an object would be marked else. */
function start({ span: { source, start: at } }: Json): Span {
  return { source, start: at, end: at + 1 };
}

/** Something that does not fit in a failure file. */
export function failureProblem(message: string, span: Span): Diagnostic {
  return makeDiagnostic({
    code: 'RNN7010',
    message,
    span,
    notes: ['rnn gradcheck writes such a file where a check fails; this one is not as it was written'],
  });
}

function failureOf(file: JsonObject): FailureFile {
  const format = text(entry(file, 'format'));
  if (format !== FORMAT) {
    fault(`the format is ${quoted(format)}, and this rnn reads ${quoted(FORMAT)}`, entry(file, 'format'));
  }
  const sources = new Map(
    [...record(entry(file, 'sources')).entries].map(([name, one]) => [name, text(one)]),
  );
  const name = text(entry(file, 'file'));
  if (!sources.has(name)) fault(`there is no source ${quoted(name)} in this file`, entry(file, 'file'));
  const drawn = caseOf(file);
  return {
    version: text(entry(file, 'rnn')),
    law: text(entry(file, 'law')),
    what: text(entry(file, 'what')),
    left: maybeNumber(entry(file, 'left')),
    right: maybeNumber(entry(file, 'right')),
    error: maybeNumber(entry(file, 'error')),
    bound: number(entry(file, 'bound')),
    program: text(entry(file, 'program')),
    file: name,
    sources,
    hyperparameters: new Map(
      [...record(entry(file, 'hyperparameters')).entries].map(([key, one]) => [key, number(one)]),
    ),
    drawn,
    inputs: new Map([...record(entry(file, 'arrays')).entries].map(([key, one]) => [key, tensor(one)])),
  };
}

function caseOf(file: JsonObject): Case {
  const sizes = [...record(entry(file, 'sizes')).entries].map(([name, one]): [string, number] => [
    name,
    whole(one, `the size ${quoted(name)}`, 1, most.size),
  ]);
  const steps = whole(entry(file, 'steps'), 'the number of steps', 1, most.steps);
  const list = array(entry(file, 'lengths'));
  if (list.length < 1 || list.length > most.sequences) {
    fault(`a batch has 1 to ${most.sequences} sequences, and not ${list.length}`, entry(file, 'lengths'));
  }
  const startingStates = entry(file, 'startingStates');
  if (startingStates.kind !== 'boolean') fault('true or false is expected here', startingStates);
  return {
    sizes: Object.fromEntries(sizes),
    steps,
    lengths: list.map((one, b) => whole(one, `the length of sequence ${b}`, 1, steps)),
    startingStates: startingStates.value,
    numbers: whole(entry(file, 'numbers'), 'the seed of the numbers', 0, 2 ** 31 - 1),
  };
}

function tensor(json: Json): Tensor {
  const file = record(json);
  const element = text(entry(file, 'element'));
  if (element !== 'real' && element !== 'index') {
    fault(`an array is "real" or "index", and not ${quoted(element)}`, entry(file, 'element'));
  }
  const shape = array(entry(file, 'shape')).map((one) => whole(one, 'an extent', 1, 2 ** 24));
  const data = entry(file, 'data');
  const numbers = array(data).map(
    element === 'real' ? maybeNumber : (one) => whole(one, 'a category', -7, 2 ** 31 - 1),
  );
  if (numbers.length !== count(shape)) {
    fault(`[${shape.join(', ')}] holds ${count(shape)}, and here are ${numbers.length} numbers`, data);
  }
  return element === 'real' ? realTensor(shape, numbers) : indexTensor(shape, numbers);
}

type JsonObject = Extract<Json, { kind: 'object' }>;

function fault(message: string, { span }: Pick<Json, 'span'>): never {
  throw new JsonFault(message, span);
}

function record(json: Json, message = 'an object is expected here: { "name": ... }'): JsonObject {
  if (json.kind !== 'object') fault(message, json);
  return json;
}

function entry(file: JsonObject, name: string): Json {
  return file.entries.get(name) ?? fault(`${quoted(name)} is missing here`, { span: start(file) });
}

function array(json: Json): readonly Json[] {
  if (json.kind !== 'array') fault('a list is expected here: [1, 2]', json);
  return json.items;
}

function text(json: Json): string {
  if (json.kind !== 'text') fault('a text in quotes is expected here', json);
  return json.value;
}

function number(json: Json): number {
  if (json.kind !== 'number' || !Number.isFinite(json.value)) fault('a number is expected here', json);
  return json.value;
}

function maybeNumber(json: Json): number {
  return json.kind === 'null' ? Number.NaN : number(json);
}

function whole(json: Json, what: string, least: number, largest: number): number {
  const value = number(json);
  if (!Number.isInteger(value) || value < least || value > largest) {
    fault(`${what} is a whole number from ${least} to ${largest}, and not ${value}`, json);
  }
  return value;
}
