// The report of `rnn gradcheck` as text: the table of gradients, what was tried, what was left out and why, the laws, and
// a verdict in one line.
import { formatPlace, lineText, positionAt, type Span } from '../base/source.ts';
import type { LawReport } from '../study/check-laws.ts';
import type { ProgramReport } from '../study/check-program.ts';
import type { Broken } from '../study/failure.ts';
import { type GradientReport, isBlind } from '../study/gradcheck.ts';
import { MODES_TOLERANCE } from '../study/modes.ts';
import { describeCase } from '../study/random-case.ts';
import type { Summary } from '../study/summary.ts';
import type { Range } from '../study/tried.ts';
import { gradientTable, modesLines, unsettled } from './gradient-lines.ts';
import { type Paint, printable } from './paint.ts';
import { group } from './summary-lines.ts';
import { layOut } from './table.ts';

/** The lines of a report, without an end. `given` are the sizes that were not drawn. */
export function checkLines(
  summary: Summary,
  report: ProgramReport,
  given: ReadonlyMap<string, number>,
  paint: Paint,
): string[] {
  const { gradients, laws } = report;
  const remarks = [
    ...triedLines(gradients, laws, given),
    ...leftOutLines(gradients),
    ...flatLines(gradients),
    ...hiddenLines(report),
  ].map(([head, text]) => [head, text]);
  return [
    ...(gradients.tensors.length === 0 ? [] : [...gradientTable(summary, gradients.tensors, paint), '']),
    ...layOut(remarks),
    ...(laws.length === 0 ? [] : ['', ...lawLines(gradients, laws, paint)]),
    '',
    ...verdict(summary.name, report, paint),
  ];
}

type Remark = readonly [head: string, text: string];

function triedLines(
  { tried, seed, skipped, atKinks, tensors }: GradientReport,
  laws: readonly LawReport[],
  given: ReadonlyMap<string, number>,
): Remark[] {
  const sizes = [
    ...[...given].map(([name, size]) => `${name} = ${size}`),
    ...Object.entries(tried.sizes).map(([name, range]) => `${name} ${fromTo(range)}`),
  ];
  const together = tensors.reduce((sum, tensor) => sum + tensor.together, 0);
  const heldOn = Math.max(0, ...laws.map(({ cases }) => cases));
  if (tried.cases === 0) return [];
  return [
    [
      'tried',
      `${plural(tried.cases, 'case')}, seed ${seed}${sizes.length === 0 ? '' : `; sizes ${sizes.join(', ')}`}`,
    ],
    [
      '',
      `batches of ${fromTo(tried.sequences)} sequences of ${fromTo(tried.lengths)} steps, with padding in ${tried.ragged}; ` +
        `starting states given in ${tried.startingStates}`,
    ],
    ...(together === 0
      ? []
      : [
          [
            '',
            `${group(together)} further entries of large tensors only together, in random directions`,
          ] as const,
        ]),
    ...(heldOn === 0 ? [] : [['', `the laws on ${plural(heldOn, 'case')} each`] as const]),
    ...(skipped === 0
      ? []
      : [['', `${skipped} more left out: not finite, or sizes that do not suit`] as const]),
    ...(atKinks === 0
      ? []
      : [
          [
            '',
            `${atKinks} more drawn anew: more than 5 % of their entries were left out, or rounding decides the modes`,
          ] as const,
        ]),
  ];
}

function leftOutLines({ tensors, leftOut, passed, failure }: GradientReport): Remark[] {
  const [left, compared] = (['leftOut', 'compared'] as const).map((key) =>
    tensors.reduce((sum, tensor) => sum + tensor[key], 0),
  );
  const places = leftOut.map(({ origin, entries }): Remark => {
    const where =
      origin === undefined ? 'more: the place was not found, or not looked for' : `at ${place(origin)}`;
    return ['', `  ${entries} ${where}`];
  });
  const why = 'a kink or jump within every step, or a slope too steep for differences';
  if (!passed && failure === undefined && !tensors.some(isBlind)) {
    return [['left out', `whole cases: ${why}`], ...places];
  }
  if (compared + left === 0) return [];
  if (left === 0) return [['left out', `nothing of ${group(compared)} entries`]];
  const percent = ((100 * left) / (compared + left)).toFixed(1);
  return [['left out', `${left} of ${group(compared + left)} entries (${percent} %): ${why}`], ...places];
}

/** `lstm.rnn:7:3  h = relu(x)`. */
function place(span: Span): string {
  const { line } = positionAt(span.source, span.start);
  return `${formatPlace(span)}  ${printable(lineText(span.source, line)).trim().slice(0, 60)}`;
}

/** Gradients that are right, and of which nothing was seen: zero is zero. */
function flatLines({ tensors, failure }: GradientReport): Remark[] {
  if (failure !== undefined) return [];
  const names = tensors.filter(({ flat }) => flat).map(({ name }) => name);
  return names.map(
    (name, i): Remark => [
      i === 0 ? 'zero' : '',
      `the gradient of ${name}, in every case: nothing that was tried depends on it`,
    ],
  );
}

function hiddenLines({ hidden }: ProgramReport): Remark[] {
  const lines = [
    ...hidden.stops.map(
      (stop) =>
        `what stop(...) hides on line ${positionAt(stop.source, stop.start).line} of ${stop.source.name}: differences do not look through it`,
    ),
    ...hidden.slopes.map(
      (slope) =>
        `whether the function on line ${positionAt(slope.source, slope.start).line} of ${slope.source.name} has the slope that it says (gradient): it is taken at its word`,
    ),
    ...hidden.outputs.map((name) => `the output ${name}: a category or condition has no derivative`),
    ...hidden.frozen.map((name) => `the weight ${name}: it is frozen, and no gradient of it is taken`),
    ...hidden.inputs.map((name) => `by the input ${name}: no gradient is taken by categories`),
  ];
  return lines.map((line, i): Remark => [i === 0 ? 'not seen' : '', line]);
}

function lawLines({ modes, cases }: GradientReport, laws: readonly LawReport[], paint: Paint): string[] {
  const rows = [
    ['law', 'largest error', 'bound', ''],
    ...(cases === 0
      ? []
      : [
          [
            'forward mode, from a table of its own, agrees',
            modes.error.toExponential(1),
            bound(MODES_TOLERANCE),
            modes.passed ? '' : 'broken',
          ],
        ]),
    ...laws.map((report) => [report.law.says, ...lawCells(report)]),
  ];
  return layOut(rows, [1, 2]).map((row, i) =>
    i === 0 ? paint.strong(row) : /(broken|could be told|not finite)$/.test(row) ? paint.bad(row) : row,
  );
}

function lawCells(report: LawReport): readonly [error: string, bound: string, remark: string] {
  const { law, exempt, passed, failure, error, cases, leftOut, compared, illConditioned } = report;
  if (exempt !== undefined) return ['-', bound(law.bound), `does not apply: ${exempt}`];
  if (failure !== undefined) return [error.toExponential(1), bound(law.bound), 'broken'];
  if (cases === 0) return ['-', bound(law.bound), illConditioned > 0 ? tooIll(report) : 'nothing was finite'];
  const remark = !passed
    ? tooIll(report)
    : compared === 0
      ? 'nothing to compare'
      : leftOut > 0
        ? `${leftOut} of ${compared + leftOut} left out: rounding decides them`
        : '';
  return [error === 0 ? '0' : error.toExponential(1), bound(law.bound), remark];
}

function tooIll({ illConditioned, cases }: LawReport): string {
  return `in ${illConditioned} of ${illConditioned + cases} cases rounding decides too much: nothing could be told`;
}

function bound(number: number): string {
  return number === 0 ? '0' : number.toExponential(0);
}

function verdict(name: string, report: ProgramReport, paint: Paint): string[] {
  const { gradients, laws } = report;
  if (report.passed) {
    const all = laws.every(({ exempt }) => exempt === undefined) ? 'every law' : 'every law that applies';
    return [paint.good(`${name}: every gradient is right, and ${all} holds`)];
  }
  const broken = laws.filter(({ failure }) => failure !== undefined);
  if (gradients.failure !== undefined) {
    return [
      paint.bad(`${name}: a gradient is wrong`),
      ...gradients.tensors
        .filter(({ passed }) => !passed)
        .slice(0, 1)
        .map(
          (wrong) =>
            `  ${wrong.name}[${wrong.at.join(', ')}] has the gradient ${wrong.gradient}, and differences say ${wrong.difference}`,
        ),
      ...modesLines(gradients),
      `  the smallest case that shows it: ${describeCase(gradients.failure)}`,
      `  --cases ${gradients.cases + gradients.skipped} --seed ${gradients.seed} repeats it`,
    ];
  }
  if (!gradients.passed || gradients.cases === 0) return [unsettled(name, gradients, paint)];
  if (broken.length === 0)
    return [paint.bad(`${name}: every gradient is right, and not every law could be told`)];
  const [{ law, failure }] = broken;
  return [
    paint.bad(`${name}: every gradient is right, and a law is broken: ${law.says}`),
    `  ${failure!.what}: ${failure!.gap.left} and ${failure!.gap.right}`,
    `  the smallest case that shows it: ${describeCase(failure!.drawn)}`,
    `  --seed ${gradients.seed} with the same --cases, --second and --set repeats it`,
  ];
}

/** What is wrong, of a failure from a file. */
export function brokenLines({ law, what, left, right, error, bound: most }: Broken): string[] {
  const names =
    law === 'gradients'
      ? ['gradient', 'difference']
      : law === 'forward mode'
        ? ['reverse', 'forward']
        : ['one', 'other'];
  return [
    ...layOut([
      ['law', law],
      ['of', what],
      [names[0], String(left)],
      [names[1], String(right)],
      ['error', `${error.toExponential(1)}, at most ${bound(most)}`],
    ]).map((line) => `  ${line}`),
  ];
}

function fromTo([from, to]: Range): string {
  return from === to ? String(from) : `${from} to ${to}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
