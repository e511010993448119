// `rnn train`: runs the experiment of a file, or takes up a run that was stopped.
import { invariant } from '../../base/invariant.ts';
import { elaborate } from '../../check/elaborate/elaborate.ts';
import { compile, TARGETS, type Target } from '../../compile.ts';
import { FileFault } from '../../runtime/files.ts';
import { checkGradients } from '../../study/gradcheck.ts';
import { type Summary, summarize } from '../../study/summary.ts';
import { type Experiment, prepare } from '../../train/experiment.ts';
import { refusal, train as runExperiment, type TrainOptions } from '../../train/loop.ts';
import { resumeRun } from '../../train/open-run.ts';
import { quote } from '../arguments.ts';
import {
  type Arguments,
  type Command,
  type ExitCode,
  exitCodes,
  InputFault,
  Rejected,
  WrongUse,
} from '../command.ts';
import { gradientLines } from '../gradient-lines.ts';
import { paintFor } from '../paint.ts';
import type { Platform } from '../platform.ts';
import { orReject, readSoundProgram } from '../program.ts';
import { progressLine } from '../progress.ts';
import { summaryLines } from '../summary-lines.ts';
import { jsonReport, type TrainReport, textReport } from '../train-report.ts';

export const train: Command = {
  name: 'train',
  summary: 'run the experiment of a file',
  about:
    'Runs the train block of a .rnn file: reads the data, checks the gradients on a few small cases, trains, validates, ' +
    'and keeps the run in a folder. Ctrl-C saves and stops. NAME says which model, where the file trains several.',
  operands: '[FILE [NAME]]',
  count: [0, 2],
  options: [
    {
      name: 'set',
      value: 'NAME=VALUE',
      many: true,
      text: 'another value for an entry of the block (steps=500, optimizer.lr=0.01) or a size of the model (m=128)',
    },
    { name: 'data', value: 'FILE', many: true, text: 'other data files than the block names' },
    { name: 'seed', value: 'N', text: 'fixes everything random; the same seed gives the same run' },
    { name: 'out', value: 'DIR', text: 'the folder of the run (a new one in runs/)' },
    {
      name: 'resume',
      value: 'DIR',
      text: 'take up the run in this folder where it stopped, instead of FILE',
    },
    {
      name: 'target',
      value: 'TARGET',
      text: 'wasm (compiled, the default) or reference (plain, in float64, slow)',
    },
    { name: 'unchecked', text: 'without the check of the gradients' },
    { name: 'json', text: 'what happens as lines of JSON, for programs' },
  ],
  examples: [
    { line: 'rnn train models/char-lm.rnn', does: 'as the file says' },
    {
      line: 'rnn train models/char-lm.rnn --data book.txt --set m=128 --set steps=500',
      does: 'other text, a smaller model, for a while',
    },
    { line: 'rnn train --resume runs/char-lm-1', does: 'go on with a run that was stopped' },
  ],
  notes: [
    'The folder holds settings.json, source/, metrics.jsonl, weights.safetensors (of the best validation) and ' +
      'checkpoint.safetensors (to go on from). Exit code 130: stopped by Ctrl-C, and saved; a second Ctrl-C stops at once.',
  ],
  async run(given, platform) {
    const resumed = given.text('resume');
    if (resumed === undefined) return start(given, platform);
    for (const name of ['set', 'data', 'seed', 'out', 'target']) {
      if (given.flag(name))
        throw new WrongUse(`--${name} does not go with --resume: a run goes on as it began`);
    }
    if (given.operands.length > 0) throw new WrongUse('--resume takes no FILE: the run holds its program');
    const { run, diagnostics } = await resumeRun(resumed, platform.files);
    const { experiment, checkpoint, target } = orReject(run, diagnostics, platform);
    return watch(
      experiment,
      { folder: resumed, target: targetNamed(target), resume: checkpoint },
      given,
      platform,
    );
  },
};

async function start(given: Arguments, platform: Platform): Promise<ExitCode> {
  const [path, name] = given.operands;
  if (path === undefined) throw new WrongUse('rnn train needs FILE, or --resume DIR');
  const target = targetNamed(given.text('target') ?? 'wasm');
  const { checked, sources } = await readSoundProgram(path, platform);
  const seed = given.integer('seed', 0, 2 ** 32 - 1);
  const overrides = {
    set: [...given.all('set'), ...(seed === undefined ? [] : [`seed=${seed}`])],
    data: given.all('data'),
  };
  const prepared = await prepare({ checked, sources, name, overrides }, platform.files);
  const experiment = orReject(prepared.experiment, prepared.diagnostics, platform);
  const folder = given.text('out') ?? (await freeFolder(path, platform));
  return watch(experiment, { folder, target, resume: undefined }, given, platform);
}

function targetNamed(word: string): Target {
  const target = TARGETS.find((one) => one === word);
  if (target === undefined) throw new WrongUse(`--target is ${TARGETS.join(' or ')}, and not ${quote(word)}`);
  return target;
}

/** `runs/char-lm-1`, or the next number that is free, made so that a run that begins at the same time takes another. */
async function freeFolder(path: string, { files }: Platform): Promise<string> {
  const name = path
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.rnn$/, '');
  let number = 1;
  while (!(await files.makeFolder(`runs/${name}-${number}`))) number++;
  return `runs/${name}-${number}`;
}

interface Run {
  readonly folder: string;
  readonly target: Target;
  readonly resume: TrainOptions['resume'];
}

/** Trains and draws what happens. */
async function watch(
  experiment: Experiment,
  run: Run,
  given: Arguments,
  platform: Platform,
): Promise<ExitCode> {
  const reason = await refusal(experiment, { ...run, host: platform });
  if (reason !== undefined) throw new Rejected([reason]);
  const { settings } = experiment;
  const { data } = settings;
  const unit = data.kind !== 'text' ? undefined : data.by === 'char' ? 'characters' : 'words';
  const report = given.flag('json') ? jsonReport(platform) : textReport(platform, unit);
  if (run.resume === undefined) {
    const summary = summaryOf(experiment);
    for (const line of [...summaryLines(summary, paintFor(platform.out), true), '']) report.say(line);
    if (!given.flag('unchecked')) checkShortly(experiment, summary, report, platform);
  }

  const controller = new AbortController();
  const release = platform.onInterrupt(() => {
    if (controller.signal.aborted) platform.exit(exitCodes.interrupted);
    controller.abort();
    platform.err.write('\nstopping after this step; Ctrl-C again stops at once\n');
  });
  let finished = false;
  try {
    const events = runExperiment(experiment, {
      ...run,
      host: platform,
      compile: (graph, feedback) => compile(graph, { target: run.target, feedback }),
      signal: controller.signal,
    });
    for await (const event of events) {
      report.draw(event);
      if (event.kind === 'done') finished = event.finished;
      if (event.kind === 'failed') throw new Rejected([event.diagnostic]);
    }
  } catch (error) {
    if (error instanceof FileFault) {
      throw new InputFault(`cannot keep the run in ${run.folder}: ${error.message}`, error.help);
    }
    throw error;
  } finally {
    release();
  }
  if (finished && experiment.generation !== undefined)
    report.say(`to read more of it: ${platform.called} generate ${run.folder}`);
  return finished ? exitCodes.fine : exitCodes.interrupted;
}

/** The gradients of a few small cases. Throws where one is wrong. */
function checkShortly(
  experiment: Experiment,
  summary: Summary,
  report: TrainReport,
  platform: Platform,
): void {
  const { name, sizes, hyperparameters } = experiment.training.continuing;
  const { checked } = experiment.request;
  const progress = progressLine(platform);
  progress.show('checking the gradients', true);
  const found = checkGradients({
    sizes: [...sizes.keys()],
    programOf: (drawn, startingStates) =>
      elaborate(checked, { name, sizes: drawn, hyperparameters, mode: 'train', startingStates }).program,
    cases: 3,
    seed: 1,
    small: true,
    elements: 2,
  });
  progress.clear();
  if (found.failure !== undefined) {
    const { err } = platform;
    err.write(`${gradientLines(summary, found, paintFor(err)).join('\n')}\n\n`);
    throw new InputFault(
      `the gradients of ${name} are wrong, so it is not trained`,
      '--unchecked trains it all the same',
    );
  }
  if (!found.passed || found.cases === 0) {
    report.say('the gradients could not be checked on small cases; rnn gradcheck tells why');
    return;
  }
  const largest = Math.max(0, ...found.tensors.map((tensor) => tensor.error));
  const what = `${found.tensors.length} tensors, ${found.cases} small cases`;
  report.say(
    `the gradients agree with central differences (${what}, largest error ${largest.toExponential(0)})`,
  );
}

/** The model with the sizes that it is trained at. */
function summaryOf({ request, training }: Experiment): Summary {
  const { name, sizes } = training.continuing;
  const { blocks, imported } = request.checked;
  const cell = [...blocks, ...imported].find((block) => block.name === name);
  invariant(cell !== undefined, `the model ${name} is in its file`);
  return summarize(cell, sizes);
}
