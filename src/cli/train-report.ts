// How a training is drawn. On a terminal: a line that is drawn over and over, and lasting lines where something is
// settled. In a pipe: lasting lines alone, some twenty for the steps. With --json: every event as a line of JSON.
import { diagnosticToJson } from '../base/diagnostic.ts';
import type { TrainEvent } from '../train/loop.ts';
import { paintFor, printable } from './paint.ts';
import type { Platform } from './platform.ts';
import { progressLine } from './progress.ts';
import { group } from './summary-lines.ts';

export interface TrainReport {
  draw(event: TrainEvent): void;
  /** A lasting line. */
  say(line: string): void;
}

/** `unit`: what a time step of the data is, where it has a name of its own: `characters`. */
export function textReport(platform: Platform, unit: string | undefined): TrainReport {
  const { out } = platform;
  const paint = paintFor(out);
  const progress = progressLine(platform);
  const say = (line: string): void => {
    progress.clear();
    out.write(`${line}\n`);
  };
  const mean = new RunningMean();
  /** Updates of the weights per second. */
  let updates = 0;
  let lastStep = 0;
  /** Until the first step is done. */
  let compiling = true;
  return {
    say,
    draw(event) {
      switch (event.kind) {
        case 'start':
          say(`data: ${event.data}`);
          say(
            `training on ${event.target}: ${group(event.steps)} steps, validation every ${group(event.validateEvery)}`,
          );
          if (event.resumedAfter !== undefined) say(`going on after step ${group(event.resumedAfter)}`);
          lastStep = event.steps;
          progress.show('compiling', true);
          return;
        case 'step': {
          mean.add(event.loss);
          const left = `${duration(event.secondsLeft)} left`;
          if (event.secondsLeft > 0) updates = (event.steps - event.step) / event.secondsLeft;
          const finer = unit === undefined ? '' : `, ${perSecond(event.speed)} ${unit}/s`;
          const words = [
            `step ${String(event.step).padStart(String(event.steps).length)}/${event.steps}`,
            `loss ${mean.value.toFixed(4)}`,
            `${perSecond(updates)} steps/s${finer}`,
            left,
          ].join('  ');
          progress.show(words, compiling);
          compiling = false;
          const every = Math.ceil(event.steps / 20);
          if (!out.terminal && event.step % every === 0) say(words);
          return;
        }
        case 'validation': {
          const metrics = [...event.metrics].map(([name, value]) => `${name} ${value.toFixed(4)}`);
          const best = event.best ? paint.good('best so far') : '';
          const words = [`step ${event.step}`, `validation loss ${event.loss.toFixed(4)}`, ...metrics, best];
          say(words.filter((word) => word !== '').join('  '));
          return;
        }
        case 'sample':
          say(paint.faint(indented(event.step === lastStep ? event.text : glimpse(event.text))));
          return;
        case 'saved':
          return;
        case 'done': {
          const { finished, step, seconds, best, folder } = event;
          say(
            `${finished ? paint.good('done') : 'stopped'} at step ${group(step)} after ${duration(seconds)}`,
          );
          say(`saved in ${paint.strong(folder)}`);
          if (best !== undefined) {
            say(
              `its weights are those of step ${group(best.step)}: validation loss ${best.loss.toFixed(4)}, the lowest`,
            );
          }
          if (!finished) say(`to go on: ${platform.called} train --resume ${folder}`);
          return;
        }
        case 'failed':
          progress.clear();
          return;
        default:
          event satisfies never;
      }
    },
  };
}

/** Every event as one line of JSON; maps become objects. */
export function jsonReport({ out }: Platform): TrainReport {
  return {
    say() {},
    draw(event) {
      const plain =
        event.kind === 'failed'
          ? { ...event, diagnostic: diagnosticToJson(event.diagnostic) }
          : event.kind === 'validation'
            ? { ...event, metrics: Object.fromEntries(event.metrics) }
            : event;
      out.write(`${JSON.stringify(plain)}\n`);
    },
  };
}

/** The mean over the last ten or so. */
class RunningMean {
  #mean: number | undefined;

  add(value: number): void {
    this.#mean = this.#mean === undefined ? value : 0.9 * this.#mean + 0.1 * value;
  }

  get value(): number {
    return this.#mean ?? Number.NaN;
  }
}

/** Text of a model, which may hold anything: without what steers a terminal, on lines of its own. */
function indented(text: string): string {
  const lines = printable(text).split('\n');
  return lines.map((line) => `  | ${line}`).join('\n');
}

/** The beginning of a text: so much that one sees how far the model is. */
function glimpse(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const shown = lines.slice(0, 3).map((line) => (line.length > 100 ? `${line.slice(0, 97)}...` : line));
  return shown.join('\n');
}

/** Three digits at least: `4.31`, `12,345`. */
function perSecond(count: number): string {
  return count >= 100 ? group(Math.round(count)) : count.toPrecision(3);
}

/** `0:07`, `1:02:03`. */
function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (number: number): string => String(number).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
