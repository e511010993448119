// `rnn generate`: continues a text from a trained run.
import { compile } from '../../compile.ts';
import { checkGenerate, generate as continueText } from '../../train/generate.ts';
import { openRun } from '../../train/open-run.ts';
import { SampleFault } from '../../train/sample.ts';
import { type Command, exitCodes, InputFault, Rejected } from '../command.ts';
import { printable } from '../paint.ts';
import { orReject } from '../program.ts';

export const generate: Command = {
  name: 'generate',
  summary: 'continue a text from a trained run',
  about:
    'Writes a text with a trained model: the prompt is read first, then the model goes on, a character or a word at a ' +
    'time. RUN is the folder that rnn train has written.',
  operands: 'RUN',
  count: [1, 1],
  options: [
    { name: 'prompt', value: 'TEXT', text: 'how the text begins (empty: as at the start of a line)' },
    { name: 'length', value: 'N', text: 'how many characters or words to add (400)' },
    {
      name: 'temperature',
      value: 'X',
      text: "1 is the model's own taste, less is safer, 0 always takes the likeliest (0.8)",
    },
    { name: 'seed', value: 'N', text: 'draws the text (1); the same seed gives the same text' },
  ],
  examples: [
    { line: 'rnn generate runs/char-lm-1 --prompt "The cell "', does: 'a continuation' },
    { line: 'rnn generate runs/char-lm-1 --temperature 0.5 --length 1000', does: 'longer, and safer' },
  ],
  async run(given, platform) {
    const [folder] = given.operands;
    const opened = await openRun(folder, platform.files);
    const run = orReject(opened.run, opened.diagnostics, platform);
    const options = {
      prompt: given.text('prompt') ?? '',
      length: given.integer('length', 1) ?? 400,
      temperature: given.number('temperature', 0) ?? 0.8,
      seed: given.integer('seed', 0, 2 ** 32 - 1) ?? 1,
    };
    const problems = checkGenerate(run, options);
    if (problems.length > 0) throw new Rejected(problems);
    const { out } = platform;
    // What a model makes up may hold anything; a terminal is not to obey it.
    const shown = (text: string): string => (out.terminal ? printable(text) : text);
    out.write(shown(options.prompt));
    try {
      const pieces = continueText(run, options, (graph, feedback) =>
        compile(graph, { target: run.target === 'reference' ? 'reference' : 'wasm', feedback }),
      );
      for await (const piece of pieces) out.write(shown(piece));
    } catch (error) {
      if (!(error instanceof SampleFault)) throw error;
      throw new InputFault(`${folder}: ${error.message}`, 'train it with a lower rate, or with clip');
    } finally {
      out.write('\n');
    }
    return exitCodes.fine;
  },
};
