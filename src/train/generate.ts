/** Text from a trained run: the prompt is read in one go, then the model writes on, one category at a time. */
import { type Diagnostic, makeDiagnostic } from '../base/diagnostic.ts';
import { RandomStream } from '../base/random.ts';
import { makeSource } from '../base/source.ts';
import { count, notNegative, problem, type Range, seedRange } from './call.ts';
import type { TrainCode } from './codes.ts';
import { showCount } from './datasets/dataset.ts';
import { unitsOf } from './datasets/vocabulary.ts';
import type { GeneratingRun } from './open-run.ts';
import { Sampler } from './sample.ts';
import type { Compile } from './window-program.ts';

export interface GenerateOptions {
  /** The text that is continued. Empty: as at the beginning of a line. */
  readonly prompt: string;
  /** How many characters or words. */
  readonly length: number;
  /** 1: the model's own distribution. Below: likelier. 0: always the likeliest. */
  readonly temperature: number;
  readonly seed: number;
}

/** What is wrong with the options for this run; none: `generate` may be called. */
export function checkGenerate(run: GeneratingRun, options: GenerateOptions): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const number = (name: 'length' | 'temperature' | 'seed', range: Range): void => {
    const value = options[name];
    if (Number.isFinite(value) && range.holds(value)) return;
    diagnostics.push(
      located(
        'RNN6052',
        `--${name}`,
        String(value),
        `${name} cannot be ${value}`,
        `it must be ${range.words}`,
      ),
    );
  };
  number('length', count);
  number('temperature', notNegative);
  number('seed', seedRange);
  const { vocabulary } = run;
  const unknown = vocabulary.encode(options.prompt).indexOf(-1);
  if (unknown >= 0) {
    const character = unitsOf(options.prompt, vocabulary.by)[unknown];
    const message = `the model has never seen the character ${JSON.stringify(character)}`;
    const start = options.prompt.indexOf(character);
    const span = {
      source: makeSource('--prompt', options.prompt),
      start,
      end: start + character.length,
    };
    const notes = [`the text that it has learned from has ${showCount(vocabulary.size)} different ones`];
    diagnostics.push(problem('RNN6051', message, span, 'not in its vocabulary', { notes }));
  }
  return diagnostics;
}

function located(code: TrainCode, name: string, text: string, message: string, label: string): Diagnostic {
  const source = makeSource(name, text);
  return makeDiagnostic({ code, message, span: { source, start: 0, end: text.length }, label });
}

/**
 * The continuation of the prompt, piece by piece; put together after the prompt it is the text. The same run, options and
 * target give the same text. Throws a `SampleFault` where the model's numbers are no numbers.
 *
 * ```ts
 * for await (const piece of generate(run, { prompt: 'Once', length: 200, temperature: 0.8, seed: 1 }, compile)) write(piece);
 * ```
 */
export async function* generate(
  run: GeneratingRun,
  { prompt, length, temperature, seed }: GenerateOptions,
  compile: Compile,
): AsyncGenerator<string, void> {
  const { vocabulary } = run;
  const given = vocabulary.encode(prompt);
  const start = given.length === 0 ? vocabulary.beginning() : given;
  const sampler = new Sampler(run.programs, compile, run.weights);
  const random = new RandomStream(seed, 'generate');
  let written = 0;
  for await (const category of sampler.sample(start, vocabulary.size, temperature, random)) {
    const isFirst = written === 0 && (prompt === '' || /\s$/.test(prompt));
    const space = vocabulary.by === 'word' && !isFirst ? ' ' : '';
    yield space + vocabulary.decode([category]);
    written++;
    if (written === length) return;
  }
}
