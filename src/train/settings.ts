/**
 * The settings of a run: a train block and what the command line says differently, read once, held against the
 * tables below, and resolved: after this no default is left to be decided.
 *
 * A command line's values are read by the language's own parser (`train M { steps 500 }`), so that whatever may
 * stand in a block may stand after `--set`, and a mistake there is located like any other.
 */

import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import { makeSource, type Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { CheckedTrain } from '../check/checked.ts';
import { parse } from '../parser/parse.ts';
import type { Argument, Expression } from '../parser/tree.ts';
import { joinPath } from '../runtime/paths.ts';
import {
  type CallForm,
  type CallValue,
  count,
  countOrZero,
  type FileName,
  fraction,
  listWords,
  notNegative,
  positive,
  problem,
  readCall,
  readNumber,
  seedRange,
} from './call.ts';
import type { Optimizer } from './optimizers.ts';
import type { Schedule } from './schedule.ts';

/** How a text is cut into categories. */
export type Unit = 'char' | 'word';

/** Where sequences come from. `span`: where it says so. */
export type DataSettings =
  | {
      readonly kind: 'text' | 'lines';
      readonly files: readonly FileName[];
      readonly by: Unit;
      readonly holdout: number;
      readonly span: Span;
    }
  | { readonly kind: 'adding'; readonly length: number; readonly span: Span };

export interface Settings {
  readonly model: string;
  readonly data: DataSettings;
  /** Steps of one window of truncated BPTT; only a continuous text is cut into windows. */
  readonly window: number;
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly rate: number;
  readonly schedule: Schedule;
  /** The largest norm of all gradients together. */
  readonly clip: number | undefined;
  readonly duration: { readonly unit: 'steps' | 'epochs'; readonly count: number };
  readonly seed: number;
  /** Validation after every so many updates; undefined: ten times in a run of steps, after every epoch else. */
  readonly validate: number | undefined;
  /** Sizes and hyperparameters of the model that the command line gives. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** What a command line says. Later words win over earlier ones. */
export interface Overrides {
  /** `steps=500`, `optimizer.lr=0.01`, `m=128`. */
  readonly set: readonly string[];
  /** Files in the place of those of `data`, as paths of the working folder. Empty: those of the block. */
  readonly data: readonly string[];
}

const number = (range: typeof positive, initial?: number) =>
  ({ kind: 'number', range, ...(initial === undefined ? {} : { initial }) }) as const;

const units = { kind: 'word', words: ['char', 'word'] } as const;

const sources: Readonly<Record<string, CallForm>> = {
  text: {
    example: 'text("book.txt", by: char, holdout: 0.1)',
    files: 1,
    arguments: { by: { ...units, initial: 'char' }, holdout: number(fraction, 0.1) },
  },
  lines: {
    example: 'lines("against.txt", "for.txt", by: word, holdout: 0.1)',
    files: 2,
    arguments: { by: { ...units, initial: 'word' }, holdout: number(fraction, 0.1) },
  },
  adding: {
    example: 'adding(length: 100)',
    arguments: {
      length: number({ words: 'a whole number from 4 up', holds: (x) => Number.isSafeInteger(x) && x >= 4 }),
    },
  },
};

const betas = {
  beta1: number(fraction, 0.9),
  beta2: number(fraction, 0.999),
  eps: number(positive, 1e-8),
} as const;

const optimizers: Readonly<Record<string, CallForm>> = {
  sgd: {
    example: 'sgd(lr: 0.1, momentum: 0.9, nesterov: true)',
    arguments: {
      lr: number(positive),
      momentum: number(fraction, 0),
      nesterov: { kind: 'flag', initial: false },
    },
  },
  adam: { example: 'adam(lr: 0.001)', arguments: { lr: number(positive, 0.001), ...betas } },
  adamw: {
    example: 'adamw(lr: 0.001, decay: 0.01)',
    arguments: { lr: number(positive, 0.001), ...betas, decay: number(notNegative, 0.01) },
  },
};

const falling = { warmup: number(countOrZero, 0), floor: number(fraction, 0) } as const;

const schedules: Readonly<Record<string, CallForm>> = {
  constant: { example: 'constant(warmup: 100)', arguments: { warmup: number(countOrZero, 0) } },
  linear: { example: 'linear(warmup: 100, floor: 0)', arguments: falling },
  cosine: { example: 'cosine(warmup: 100, floor: 0)', arguments: falling },
};

/** The entries of a train block, in the order in which messages list them. */
const entryNames = [
  'data',
  'window',
  'batch',
  'optimizer',
  'schedule',
  'clip',
  'steps',
  'epochs',
  'seed',
  'validate',
] as const;

type EntryName = (typeof entryNames)[number];

/** What other programs call an entry. */
const meantEntries: ReadonlyMap<string, EntryName> = new Map([
  ...['batch_size', 'batchsize', 'minibatch'].map((word) => [word, 'batch'] as const),
  ...['seq_len', 'sequence_length', 'bptt', 'context', 'unroll'].map((word) => [word, 'window'] as const),
  ...['grad_clip', 'gradient_clip', 'clip_norm', 'max_norm'].map((word) => [word, 'clip'] as const),
  ...['iterations', 'updates', 'num_steps', 'max_steps'].map((word) => [word, 'steps'] as const),
  ...['num_epochs', 'max_epochs'].map((word) => [word, 'epochs'] as const),
  ...['dataset', 'file', 'files', 'corpus', 'input'].map((word) => [word, 'data'] as const),
  ...['optim', 'optimiser'].map((word) => [word, 'optimizer'] as const),
  ...['eval_every', 'validate_every'].map((word) => [word, 'validate'] as const),
]);

/** What stands elsewhere than in an entry of its own. */
const placeOfSetting: ReadonlyMap<string, string> = new Map([
  ...['lr', 'learning_rate', 'rate'].map(
    (word) => [word, 'the rate is an argument of the optimizer: optimizer adam(lr: 0.001)'] as const,
  ),
  ...['weight_decay', 'decay'].map(
    (word) => [word, 'decay is an argument of adamw: optimizer adamw(decay: 0.01)'] as const,
  ),
  ['momentum', 'momentum is an argument of sgd: optimizer sgd(lr: 0.1, momentum: 0.9)'],
  ['warmup', 'warmup is an argument of the schedule: schedule cosine(warmup: 100)'],
  ...['holdout', 'validation', 'val_split'].map(
    (word) => [word, 'what is held out is an argument of the data: text("book.txt", holdout: 0.1)'] as const,
  ),
  ['dropout', 'dropout is a part of the model: dropout(h, 0.1)'],
  ['loss', 'the loss is a part of the model'],
]);

/** An entry's value and where its name stands. */
interface Entry {
  readonly name: Span;
  readonly value: Expression;
}

/**
 * The settings of a train block under a command line's overrides; undefined where a diagnostic is an error. The block's
 * data files are seen from `folder`.
 */
export function readSettings(
  train: CheckedTrain,
  overrides: Overrides,
  folder: string,
): { readonly settings: Settings | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const { entries, meant } = readEntries(train, report);
  const sizes = new Map<string, number>();
  for (const text of overrides.set) applyOverride(text, train, entries, sizes, report);

  const numberOf = (name: EntryName, range: typeof positive): number | undefined => {
    const entry = entries.get(name);
    return entry === undefined ? undefined : readNumber(entry.value, name, range, report);
  };
  const data = meant.has('data')
    ? undefined
    : readData(entries.get('data'), overrides, train, folder, report);
  const optimizer = readOptimizer(entries.get('optimizer'), report);
  const schedule = readSchedule(entries.get('schedule'), report);
  const window = numberOf('window', count) ?? 64;
  const batch = numberOf('batch', count) ?? 32;
  const clip = numberOf('clip', positive);
  const steps = numberOf('steps', count);
  const epochs = numberOf('epochs', count);
  const seed = numberOf('seed', seedRange) ?? 1;
  const validate = numberOf('validate', count);
  if (!meant.has('steps') && !meant.has('epochs')) checkDuration(entries, train, report);
  checkWindow(entries, data, report);

  const duration =
    steps !== undefined
      ? ({ unit: 'steps', count: steps } as const)
      : epochs !== undefined
        ? ({ unit: 'epochs', count: epochs } as const)
        : undefined;
  if (hasErrors(diagnostics) || !data || !optimizer || !schedule || !duration) {
    return { settings: undefined, diagnostics };
  }
  const model = train.model.name;
  const settings = {
    model,
    data,
    window,
    batch,
    ...optimizer,
    schedule,
    clip,
    duration,
    seed,
    validate,
    sizes,
  };
  return { settings, diagnostics };
}

/** The entries by name; `meant` are those that an unknown one was likely meant to be, and are not missing. */
function readEntries(
  train: CheckedTrain,
  report: (d: Diagnostic) => void,
): { readonly entries: Map<string, Entry>; readonly meant: ReadonlySet<string> } {
  const entries = new Map<string, Entry>();
  const meant = new Set<string>();
  for (const entry of train.syntax.entries) {
    if (entry.kind === 'broken') continue;
    const { name, value } = entry;
    if (!entryNames.some((known) => known === name.text)) {
      const near = meantEntries.get(name.text) ?? suggest(name.text, entryNames);
      if (near !== undefined) meant.add(near);
      const help = placeOfSetting.get(name.text) ?? modelNumber(train, name.text, value) ?? entryHelp(near);
      report(problem('RNN6001', `a train block has no entry ${name.text}`, name.span, 'unknown', { help }));
      continue;
    }
    const before = entries.get(name.text);
    if (before === undefined) entries.set(name.text, { name: name.span, value });
    else {
      const related = [{ span: before.name, text: 'the first' }];
      report(problem('RNN6002', `${name.text} stands twice`, name.span, 'the second', { related }));
    }
  }
  return { entries, meant };
}

function entryHelp(near: string | undefined): string {
  return near === undefined ? `there are ${listWords(entryNames)}` : `did you mean ${near}?`;
}

/** The help where an entry is called like a size or a number of the model. */
function modelNumber({ model }: CheckedTrain, name: string, value: Expression): string | undefined {
  if (![...model.sizes, ...model.hyperparameters].some((parameter) => parameter.name === name))
    return undefined;
  const given = value.kind === 'number' ? String(value.value) : '...';
  return `${name} belongs to ${model.name}: give it in its brackets, ${name} = ${given}, or on the command line, --set ${name}=${given}`;
}

function applyOverride(
  text: string,
  train: CheckedTrain,
  entries: Map<string, Entry>,
  sizes: Map<string, number>,
  report: (d: Diagnostic) => void,
): void {
  const model = train.model;
  const line = makeSource('--set', text);
  const whole: Span = { source: line, start: 0, end: text.length };
  const equals = text.indexOf('=');
  if (equals <= 0) {
    const help = 'for example steps=500, optimizer.lr=0.01, or a size of the model: m=128';
    report(problem('RNN6009', 'an override is written name=value', whole, 'no value', { help }));
    return;
  }
  const [name, argument, ...more] = text.slice(0, equals).trim().split('.');
  const value = parseValue(text, text.slice(equals + 1), model.name, report);
  if (value === undefined) return;
  const place: Span = { source: line, start: 0, end: equals };
  const inHeader = [...model.sizes, ...model.hyperparameters];
  if (entryNames.some((known) => known === name) && more.length === 0) {
    const entry = entries.get(name);
    if (argument === undefined) {
      entries.set(name, { name: place, value });
      // steps and epochs say the same thing; whichever comes last holds.
      if (name === 'steps') entries.delete('epochs');
      if (name === 'epochs') entries.delete('steps');
    } else if (entry?.value.kind === 'call') {
      entries.set(name, { name: entry.name, value: withArgument(entry.value, argument, value, place) });
    } else report(noArguments(name, place));
    return;
  }
  if (inHeader.some((parameter) => parameter.name === name)) {
    if (argument !== undefined) {
      report(noArguments(name, place));
      return;
    }
    const isSize = model.sizes.some((size) => size.name === name);
    const range = isSize ? count : { words: 'a number', holds: Number.isFinite };
    const read = readNumber(value, name, range, report);
    if (read !== undefined) sizes.set(name, read);
    return;
  }
  const known = [...entryNames, ...inHeader.map((parameter) => parameter.name)];
  const near = suggest(name, known);
  const help = near === undefined ? `there are ${listWords(known)}` : `did you mean ${near}?`;
  const message = `neither an entry of the train block nor a size of ${model.name} is called ${name}`;
  report(problem('RNN6009', message, place, 'unknown', { help }));
}

function noArguments(name: string, place: Span): Diagnostic {
  const message = `${name} has no arguments that could be set`;
  return problem('RNN6009', message, place, 'nothing to change', { help: `give it whole: ${name}=...` });
}

/** Reads the value of an override as if it stood in a train block. */
function parseValue(
  override: string,
  value: string,
  model: string,
  report: (d: Diagnostic) => void,
): Expression | undefined {
  // On a line of its own after a word as long as the name, so that a place in it looks as it was written.
  const name = override.slice(0, override.length - value.length - 1).replaceAll(/\W/g, '_');
  const word = /^[A-Za-z_]/.test(name) && name !== 't' ? name : 'value';
  const { file, diagnostics } = parse(makeSource('--set', `train ${model} {\n${word} ${value}\n}`));
  const [declaration, second] = file.declarations;
  if (declaration?.kind === 'train' && second === undefined && !hasErrors(diagnostics)) {
    const [entry, another] = declaration.entries;
    if (entry?.kind === 'entry' && another === undefined) return entry.value;
  }
  const source = makeSource('--set', override);
  const span = { source, start: override.length - value.length, end: override.length };
  const help = 'a value is written as in the file: 500, adam(lr: 0.01), word';
  report(
    problem('RNN6009', `${value === '' ? 'nothing' : value} is not a value`, span, 'cannot be read', {
      help,
    }),
  );
  return undefined;
}

/** The call with one argument put in the place of its former value, or added. */
function withArgument(
  call: Expression & { readonly kind: 'call' },
  name: string,
  value: Expression,
  place: Span,
): Expression {
  const argument: Argument = { span: value.span, name: { span: place, text: name }, value };
  return { ...call, arguments: [...call.arguments.filter((other) => other.name?.text !== name), argument] };
}

function readData(
  entry: Entry | undefined,
  overrides: Overrides,
  train: CheckedTrain,
  folder: string,
  report: (d: Diagnostic) => void,
): DataSettings | undefined {
  if (entry === undefined) {
    const help = `for example data ${sources.text.example}`;
    const message = `the experiment with ${train.model.name} does not say what it learns from`;
    report(problem('RNN6003', message, train.syntax.name.span, 'no data', { help }));
    return undefined;
  }
  const call = readCall(entry.value, 'a source of data', sources, report);
  if (call === undefined) return undefined;
  const span = call.span;
  if (call.word === 'adding') {
    if (overrides.data.length > 0) {
      const at = commandLine(overrides.data);
      report(problem('RNN6009', 'adding makes its own data', at, 'takes no file'));
    }
    return { kind: 'adding', length: call.number('length'), span };
  }
  const files =
    overrides.data.length === 0
      ? call.files.map(({ path, span: at }) => ({ path: joinPath(folder, path), span: at }))
      : overrides.data.map((path) => ({ path, span: commandLine(overrides.data, path) }));
  const kind = call.word === 'text' ? 'text' : 'lines';
  if (kind === 'lines' && files.length < 2) {
    const message = 'lines takes at least two files, one for each class';
    report(problem('RNN6008', message, files[0].span, 'only one'));
  }
  const by = call.text('by') === 'char' ? 'char' : 'word';
  return { kind, files, by, holdout: call.number('holdout'), span };
}

function commandLine(paths: readonly string[], path?: string): Span {
  const text = paths.join(' ');
  const start = path === undefined ? 0 : text.indexOf(path);
  return { source: makeSource('--data', text), start, end: start + (path ?? text).length };
}

function readOptimizer(
  entry: Entry | undefined,
  report: (d: Diagnostic) => void,
): { readonly optimizer: Optimizer; readonly rate: number } | undefined {
  if (entry === undefined) {
    return { optimizer: { kind: 'adam', beta1: 0.9, beta2: 0.999, eps: 1e-8 }, rate: 0.001 };
  }
  const call = readCall(entry.value, 'an optimizer', optimizers, report);
  return call === undefined ? undefined : { optimizer: optimizerOf(call), rate: call.number('lr') };
}

function optimizerOf(call: CallValue): Optimizer {
  if (call.word === 'sgd') {
    return { kind: 'sgd', momentum: call.number('momentum'), nesterov: call.flag('nesterov') };
  }
  const rest = { beta1: call.number('beta1'), beta2: call.number('beta2'), eps: call.number('eps') };
  return call.word === 'adam'
    ? { kind: 'adam', ...rest }
    : { kind: 'adamw', ...rest, decay: call.number('decay') };
}

function readSchedule(entry: Entry | undefined, report: (d: Diagnostic) => void): Schedule | undefined {
  if (entry === undefined) return { kind: 'constant', warmup: 0, floor: 0 };
  const call = readCall(entry.value, 'a schedule', schedules, report);
  if (call === undefined) return undefined;
  const warmup = call.number('warmup');
  if (call.word === 'constant') return { kind: 'constant', warmup, floor: 0 };
  return { kind: call.word === 'linear' ? 'linear' : 'cosine', warmup, floor: call.number('floor') };
}

function checkDuration(
  entries: ReadonlyMap<string, Entry>,
  train: CheckedTrain,
  report: (d: Diagnostic) => void,
): void {
  const steps = entries.get('steps');
  const epochs = entries.get('epochs');
  if (steps === undefined && epochs === undefined) {
    const message = `the experiment with ${train.model.name} does not say how long it takes`;
    const help = 'write steps 1000 (updates of the weights) or epochs 5 (times through the data)';
    report(problem('RNN6003', message, train.syntax.name.span, 'no steps, no epochs', { help }));
  } else if (steps !== undefined && epochs !== undefined) {
    const related = [{ span: steps.name, text: 'so many updates' }];
    const message = 'steps and epochs both say how long the run takes';
    report(problem('RNN6002', message, epochs.name, 'so many times through the data', { related }));
  }
}

/** Adding problems and lines are whole sequences; adding has no end of its own. */
function checkWindow(
  entries: ReadonlyMap<string, Entry>,
  data: DataSettings | undefined,
  report: (d: Diagnostic) => void,
): void {
  const window = entries.get('window');
  if (window !== undefined && data !== undefined && data.kind !== 'text') {
    const message = `${data.kind} gives whole sequences, which are not cut into windows`;
    const related = [{ span: data.span, text: 'the data' }];
    report(
      problem('RNN6001', message, window.name, 'has no meaning here', { related, help: 'leave it out' }),
    );
  }
  const epochs = entries.get('epochs');
  if (epochs !== undefined && data?.kind === 'adding') {
    const message = 'adding makes new sequences at every step, so there are no epochs';
    const related = [{ span: data.span, text: 'the data' }];
    report(
      problem('RNN6001', message, epochs.name, 'has no meaning here', { related, help: 'write steps 5000' }),
    );
  }
}
