// A worker process from the other side: one order at a time, and no longer than so many milliseconds. A process that
// hangs or dies is told as such, and the next order gets a new one.
import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bundle } from './bundle.ts';
import type { Order, Report } from './worker.ts';

/** What became of an order: a report, or the end of the process. */
export type Answer = Report | { readonly kind: 'hangs' } | { readonly kind: 'dies'; readonly why: string };

/** Modules that are loaded once more stay in memory: after so many the process is a new one. */
const LOADS = 40;

/** Starts the worker: its bundle, how many mutants there are, how many programs are generated. */
const START = `
const [url, mutants, generated] = process.argv.slice(2);
globalThis.marksAtLoad = new Uint8Array(Number(mutants));
const { serve } = await import(url);
serve(url, Number(generated));
`;

export class WorkerProcess {
  readonly #script: string;
  readonly #words: readonly string[];
  #child: ChildProcess | undefined;
  #loads = 0;

  /** Writes the bundle into the folder; with so many generated programs. */
  constructor(folder: string, { text, mutants }: Bundle, generated: number) {
    this.#script = join(folder, 'start.mjs');
    const file = join(folder, 'bundle.mjs');
    writeFileSync(file, text);
    writeFileSync(this.#script, START);
    this.#words = [pathToFileURL(file).href, String(mutants.length), String(generated)];
  }

  /** Starts the process if there is none; what it says when it is ready. */
  async start(): Promise<Answer> {
    this.stop();
    const child = fork(this.#script, [...this.#words], {
      execArgv: ['--max-old-space-size=1500'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#loads = 0;
    return this.#answer(child, 120_000);
  }

  async ask(order: Order, patience: number): Promise<Answer> {
    if (this.#child === undefined || this.#loads >= LOADS) {
      const ready = await this.start();
      if (ready.kind !== 'ready') throw new Error(`a worker does not start: ${JSON.stringify(ready)}`);
    }
    if (order.kind === 'judge at load') this.#loads++;
    const child = this.#child!;
    const answer = this.#answer(child, patience);
    child.send(order);
    return answer;
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #answer(child: ChildProcess, patience: number): Promise<Answer> {
    return new Promise((resolve) => {
      let errors = '';
      const onError = (text: Buffer): void => {
        errors = `${errors}${text}`.slice(-2000);
      };
      const end = (answer: Answer): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        child.stderr?.off('data', onError);
        if (answer.kind === 'hangs' || answer.kind === 'dies') this.stop();
        resolve(answer);
      };
      const onMessage = (message: unknown): void => end(message as Report);
      const onExit = (code: number | null): void => {
        end({
          kind: 'dies',
          why: `exit ${code}: ${errors.split('\n').find((line) => /error/i.test(line)) ?? ''}`,
        });
      };
      const timer = setTimeout(() => end({ kind: 'hangs' }), patience);
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.stderr?.on('data', onError);
    });
  }
}
