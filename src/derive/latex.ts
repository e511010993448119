// Formulas in LaTeX, as it is set by TeX, KaTeX and MathJax alike: h_{t-1}, W^{\top}, \odot, and \delta X for the gradient
// by X.

import type { At, Equation, Formula, FunctionName, Term } from './formula.ts';

const LEVELS = { open: 0, relation: 1, sum: 2, product: 3, matmul: 4, power: 5, atom: 6 } as const;

/** Names that are letters of the Greek alphabet. */
const GREEK =
  /^(alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|chi|psi|omega)$/i;

/** How a function is written where that is not its name with brackets. */
const FUNCTIONS: Readonly<Partial<Record<FunctionName, string>>> = {
  exp: '\\exp',
  log: '\\log',
  tanh: '\\tanh',
  sigmoid: '\\sigma',
  sin: '\\sin',
  cos: '\\cos',
  max: '\\max',
  min: '\\min',
};

export class Latex {
  readonly #gradient: string;

  /** `gradient` is what the name of a gradient begins with. */
  constructor(gradient: string) {
    this.#gradient = gradient;
  }

  /** The lines of equations, for an environment that aligns at `&`. */
  lines(equations: readonly Equation[]): string[] {
    return equations.map(({ name, at, formula }) => `${this.#name(name, at)} &= ${this.#broken(formula)}`);
  }

  /** One equation in one line. */
  equation({ name, at, formula }: Equation): string {
    return `${this.#name(name, at)} = ${this.formula(formula)}`;
  }

  formula(formula: Formula): string {
    return this.#write(formula, LEVELS.open);
  }

  /** A long sum goes on in the next line. */
  #broken(formula: Formula): string {
    if (formula.kind !== 'sum') return this.formula(formula);
    const lines: string[] = [];
    for (const term of this.#terms(formula.terms)) {
      const last = lines.at(-1);
      if (last !== undefined && visible(last) + visible(term) <= 70)
        lines[lines.length - 1] = `${last} ${term}`;
      else lines.push(term);
    }
    return lines.join(' \\\\\n&\\quad ');
  }

  #write(formula: Formula, least: number): string {
    const [text, level] = this.#plain(formula);
    return level < least ? `\\left(${text}\\right)` : text;
  }

  #plain(formula: Formula): readonly [string, number] {
    const write = (part: Formula, least: number = LEVELS.open): string => this.#write(part, least);
    switch (formula.kind) {
      case 'number':
        return [number(formula.value), formula.value < 0 ? LEVELS.sum : LEVELS.atom];
      case 'name': {
        const text = this.#name(formula.name, formula.at);
        return [text, /[\^]|^\\delta/.test(text) ? LEVELS.matmul : LEVELS.atom];
      }
      case 'step':
        return [step(formula.at), formula.at.offset === 0 ? LEVELS.atom : LEVELS.sum];
      case 'sum':
        return [this.#terms(formula.terms).join(' '), LEVELS.sum];
      case 'product':
        return [this.#product(formula.factors), LEVELS.product];
      case 'quotient':
        return [`\\frac{${write(formula.top)}}{${write(formula.bottom)}}`, LEVELS.matmul];
      case 'mod':
        return [
          `${write(formula.left, LEVELS.matmul)} \\bmod ${write(formula.right, LEVELS.matmul)}`,
          LEVELS.product,
        ];
      case 'power':
        return [`${this.#base(formula.base)}^{${write(formula.exponent)}}`, LEVELS.power];
      case 'matmul':
        return [
          `${write(formula.left, LEVELS.matmul)}\\, ${write(formula.right, LEVELS.matmul)}`,
          LEVELS.matmul,
        ];
      case 'transpose':
        return [`${this.#base(formula.operand)}^{\\top}`, LEVELS.power];
      case 'relation': {
        const sign = { '<': '<', '<=': '\\le', '==': '=', and: '\\land', or: '\\lor' }[formula.relation];
        return [
          `${write(formula.left, LEVELS.sum)} ${sign} ${write(formula.right, LEVELS.sum)}`,
          LEVELS.relation,
        ];
      }
      case 'not':
        return [`\\lnot ${write(formula.operand, LEVELS.sum)}`, LEVELS.relation];
      case 'if':
        return this.#choice(formula);
      case 'call':
        return this.#call(formula);
      case 'over-time':
        return [`\\sum_{t} ${write(formula.operand, LEVELS.product)}`, LEVELS.product];
      case 'list':
        return [`[${formula.items.map((item) => write(item)).join(', ')}]`, LEVELS.atom];
      case 'letters':
        return [`\\mathrm{${formula.text.replace('->', '\\to ')}}`, LEVELS.atom];
      default:
        return formula satisfies never;
    }
  }

  /** What an exponent is put on. */
  #base(formula: Formula): string {
    const text = this.#write(formula, LEVELS.atom);
    return formula.kind === 'name' && text.startsWith('\\left(') && !/\\delta/.test(text)
      ? `{${this.#name(formula.name, formula.at)}}`
      : text;
  }

  #terms(terms: readonly Term[]): string[] {
    return terms.map(({ negative, formula }, k) => {
      const text = this.#write(formula, LEVELS.product);
      if (k === 0) return negative ? `-${text}` : text;
      return `${negative ? '-' : '+'} ${text}`;
    });
  }

  #product(factors: readonly Formula[]): string {
    const [first, ...rest] = factors;
    const isScaled = first.kind === 'number';
    const text = (isScaled ? rest : factors).map((factor) => this.#write(factor, LEVELS.matmul));
    return `${isScaled ? `${number(first.value)}\\, ` : ''}${text.join(' \\odot ')}`;
  }

  #choice({ condition, yes, no }: Extract<Formula, { kind: 'if' }>): readonly [string, number] {
    const test = this.formula(condition);
    if (no.kind === 'number' && no.value === 0) {
      return [`[${test}]\\, ${this.#write(yes, LEVELS.matmul)}`, LEVELS.matmul];
    }
    if (yes.kind === 'number' && yes.value === 0) {
      return [`[${this.#opposite(condition)}]\\, ${this.#write(no, LEVELS.matmul)}`, LEVELS.matmul];
    }
    const rows = `${this.formula(yes)} & \\text{if } ${test} \\\\ ${this.formula(no)} & \\text{else}`;
    return [`\\begin{cases} ${rows} \\end{cases}`, LEVELS.sum];
  }

  #opposite(condition: Formula): string {
    if (condition.kind !== 'relation') return this.formula({ kind: 'not', operand: condition });
    const { relation, left, right } = condition;
    const sign = { '<': '\\ge', '<=': '>', '==': '\\ne', and: '', or: '' }[relation];
    if (sign === '') return this.formula({ kind: 'not', operand: condition });
    return `${this.#write(left, LEVELS.sum)} ${sign} ${this.#write(right, LEVELS.sum)}`;
  }

  #call({ name, operands }: Extract<Formula, { kind: 'call' }>): readonly [string, number] {
    const all = operands.map((operand) => this.formula(operand));
    const [x, y, z] = all;
    const inside = (of: string): readonly [string, number] => [`${of}(${all.join(', ')})`, LEVELS.atom];
    const when = (condition: string): readonly [string, number] => {
      return [`[t ${condition}]\\, ${this.#write(operands[0], LEVELS.matmul)}`, LEVELS.matmul];
    };
    switch (name) {
      case 'sqrt':
        return [`\\sqrt{${x}}`, LEVELS.atom];
      case 'abs':
        return [`\\lvert ${x} \\rvert`, LEVELS.atom];
      case 'floor':
        return [`\\lfloor ${x} \\rfloor`, LEVELS.atom];
      case 'log1p':
        return [`\\log(1 + ${x})`, LEVELS.atom];
      case 'dot':
        return [`\\langle ${x}, ${y} \\rangle`, LEVELS.atom];
      case 'concat':
        return [`[${all.join(';\\, ')}]`, LEVELS.atom];
      case 'part':
        return [`\\operatorname{part}_{${y}/${z}}(${x})`, LEVELS.atom];
      case 'one_hot':
        return [`\\mathbf{1}_{${x}}`, LEVELS.atom];
      case 'row':
        return [`${this.#write(operands[0], LEVELS.atom)}[${y}]`, LEVELS.atom];
      case 'zeros':
        return ['\\mathbf{0}', LEVELS.atom];
      case 'at_end':
        return when('= T-1');
      case 'at_start':
        return when('= 0');
      case 'before_end':
        return when('< T-1');
      case 'after_start':
        return when('> 0');
      default:
        return inside(FUNCTIONS[name] ?? `\\operatorname{${name.replaceAll('_', '\\_')}}`);
    }
  }

  /** `low.W_x` is W^{(low)}_x, and its gradient \delta W^{(low)}_x. */
  #name(name: string, at: At | undefined): string {
    const isGradient = name.startsWith(this.#gradient);
    const bare = isGradient ? name.slice(this.#gradient.length) : name;
    const cut = bare.lastIndexOf('.');
    const [owner, own] = [bare.slice(0, Math.max(0, cut)), bare.slice(cut + 1)];
    // W_x, h0, Wr, br: a letter and what belongs below it.
    const [, head, below] = /^(.+?)_(.+)$/.exec(own) ??
      /^([A-Za-z])(\d+|(?<=[A-Zb])[a-z])$/.exec(own) ?? [undefined, own];
    const subscripts = [
      ...(below === undefined ? [] : [word(below)]),
      ...(at === undefined ? [] : [step(at)]),
    ];
    const above = owner === '' ? '' : `^{(${word(owner)})}`;
    const under = subscripts.length === 0 ? '' : `_{${subscripts.join(',')}}`;
    return `${isGradient ? '\\delta ' : ''}${word(head ?? own)}${above}${under}`;
  }
}

function word(text: string): string {
  if (text.length === 1 || /^\d+$/.test(text)) return text;
  if (GREEK.test(text)) return `\\${text}`;
  return `\\mathrm{${text.replaceAll('_', '\\_')}}`;
}

function step({ base, offset }: At): string {
  const from = base === 'last' ? offset - 1 : offset;
  if (base === 'first') return String(offset);
  const start = base === 'last' ? 'T' : 't';
  return from === 0 ? start : `${start}${from < 0 ? '-' : '+'}${Math.abs(from)}`;
}

function number(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? '-\\infty' : '\\infty';
  const [digits, exponent] = String(value).split('e');
  return exponent === undefined ? digits : `${digits} \\cdot 10^{${Number(exponent)}}`;
}

/** About how many letters wide it is set. */
function visible(text: string): number {
  return text.replaceAll(/\\(left|right|mathrm|operatorname|,|quad)|[{}]/g, '').replaceAll(/\\[a-z]+/g, 'x')
    .length;
}
