// A derivation in LaTeX, and in Markdown with LaTeX in it.

import type { Equations } from './derive.ts';
import { describeAbbreviations, describeGiven, sectionsOf } from './document.ts';
import { type FunctionName, some } from './formula.ts';
import { Latex } from './latex.ts';

/** A part of a document for LaTeX with amsmath. */
export function writeLatex(equations: Equations): string {
  const latex = new Latex(equations.gradient);
  const sections = sectionsOf(equations).flatMap(({ heading, parts }) => [
    `\\paragraph{${inMath(heading)}}`,
    '\\begin{align*}',
    parts.flatMap((part) => latex.lines(part.equations)).join(' \\\\\n'),
    '\\end{align*}',
    '',
  ]);
  const [first, ...rest] = [...legend(equations), given(equations, latex)];
  return [
    `% ${equations.kind} ${equations.name}: backpropagation through time; needs amsmath`,
    '',
    [first, ...rest].join('\n'),
    '',
    ...sections,
  ].join('\n');
}

/** Markdown, with displayed equations between double dollars. */
export function writeMarkdown(equations: Equations): string {
  const latex = new Latex(equations.gradient);
  const sections = sectionsOf(equations).flatMap(({ heading, parts }) => [
    `### ${inMath(heading[0].toUpperCase() + heading.slice(1))}`,
    '',
    ...parts.flatMap((part) => [
      ...(part.heading === undefined ? [] : [`For ${part.heading}:`, '']),
      '$$',
      '\\begin{aligned}',
      latex.lines(part.equations).join(' \\\\\n'),
      '\\end{aligned}',
      '$$',
      '',
    ]),
  ]);
  return [
    `## ${equations.name}: backpropagation through time`,
    '',
    [...legend(equations), given(equations, latex)].join('\n'),
    '',
    ...sections,
  ].join('\n');
}

/** `t = 0, ..., T-1` of a heading as mathematics. */
function inMath(heading: string): string {
  return heading.replace(/t = .*$/, (range) => `$${range.replaceAll('...', '\\ldots')}$`);
}

function legend(equations: Equations): string[] {
  const { arriving, given: values, groups, kind, loss } = equations;
  const short = describeAbbreviations(equations);
  const all = groups.flatMap((group) => group.equations);
  const calls = (...names: readonly FunctionName[]): boolean =>
    all.some(({ formula }) => some(formula, (part) => part.kind === 'call' && names.includes(part.name)));
  const minimised =
    loss?.rate === 'step'
      ? 'the loss added up over the steps'
      : loss === undefined
        ? 'some loss'
        : 'the loss';
  const arrives = values.some((one) => one.kind === 'arriving') && kind === 'cell';
  return [
    `$\\delta X$ is the gradient $\\partial L / \\partial X$ of ${minimised}.`,
    ...(arrives ? [`$${arriving}{X}$ is what arrives from outside at the output $X$.`] : []),
    'A term with a step that does not exist is zero.',
    ...(short === undefined ? [] : [short.replaceAll(/[_*]/g, '\\$&')]),
    '$\\odot$ is element by element.',
    ...(calls('at_end', 'at_start', 'before_end', 'after_start')
      ? ['$[\\ldots]$ in front of a term: it is there where the condition holds.']
      : []),
    ...(calls('one_hot') ? ['$\\mathbf{1}_k$ is one at place $k$ and zero elsewhere.'] : []),
    ...(calls('dot') ? ['$\\langle a, b \\rangle$ is the sum of the products.'] : []),
  ];
}

function given(equations: Equations, latex: Latex): string {
  const about = new Map<string, string[]>();
  for (const one of equations.given) {
    const shape = one.shape.map((size) => latex.formula(size)).join(' \\times ');
    const words = `${shape === '' ? '' : ` in $\\mathbb{R}^{${shape}}$`} (${describeGiven(one)})`;
    const at = one.hasSteps ? ({ base: 't', offset: 0 } as const) : undefined;
    const name = latex.formula({ kind: 'name', name: one.name, at });
    about.set(words, [...(about.get(words) ?? []), `$${name}$`]);
  }
  return `Given are ${[...about].map(([words, names]) => `${names.join(', ')}${words}`).join('; ')}.`;
}
