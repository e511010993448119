// Reads a derivation in plain text: the notation for itself, knowing nothing of graphs or of what wrote it.
//
//   derivation = { heading , { equation } } ;
//   heading    = a line without indentation. `t = 0, ..., T-1` in it says that its equations hold at each step and are
//                computed upwards, `t = T-1, ..., 0` downwards; those under any other heading hold once. What stands
//                under `given` is told, and not computed. A sentence `d_X is the gradient` says what gradients begin with.
//   equation   = four blanks , left , "=" , formula , { continuation } ;
//   left       = name , [ "[" , step , "]" ] ;
//   continuation = a line that is indented deeper. Two blanks: a word to the reader.
//
//   formula = "if" , or , "then" , or , "else" , formula | "sum over t:" , formula | or ;
//   or      = and , { "or" , and } ;           and     = not , { "and" , not } ;
//   not     = "not" , not | relation ;         relation = sum , [ ( "<" | "<=" | "==" ) , sum ] ;
//   sum     = [ "-" ] , product , { ( "+" | "-" ) , product } ;
//   product = matmul , { ( "*" | "/" | "mod" ) , matmul } ;
//   matmul  = power , { "@" , power } ;        power   = postfix , [ "^" , postfix ] ;
//   postfix = atom , { "^T" | "[" , ( step | formula ) , "]" } ;
//   atom    = number | name | name , "(" , formulas , ")" | "(" , formula , ")" | "[" , formulas , "]" | string ;
//   step    = integer | ( "t" | "T" ) , [ ( "+" | "-" ) , integer ] ;

import type { At, Equation, Formula, FunctionName, Relation, Term } from './formula.ts';

export interface ReadGroup {
  readonly order: 'once' | 'up' | 'down';
  readonly equations: readonly Equation[];
}

export interface ReadDerivation {
  readonly gradient: string;
  readonly groups: readonly ReadGroup[];
}

/** The text is no derivation; the message says where. */
export class NotationError extends Error {
  override readonly name = 'NotationError';
}

export function readDerivation(text: string): ReadDerivation {
  const groups: { order: ReadGroup['order']; isGiven: boolean; texts: string[] }[] = [];
  let gradient = 'd_';
  for (const line of text.split('\n')) {
    const indent = line.length - line.trimStart().length;
    if (line.trim() === '' || (indent > 0 && indent < 4)) continue;
    if (indent === 0) {
      gradient = /(\S+)X is the gradient/.exec(line)?.[1] ?? gradient;
      const order = line.includes('t = 0, ..., T-1')
        ? 'up'
        : line.includes('t = T-1, ..., 0')
          ? 'down'
          : 'once';
      groups.push({ order, isGiven: line.startsWith('given'), texts: [] });
      continue;
    }
    const group = groups.at(-1);
    if (group === undefined) throw new NotationError(`an equation without a heading: ${line.trim()}`);
    if (indent === 4) group.texts.push(line.trim());
    else group.texts.push(`${group.texts.pop() ?? ''} ${line.trim()}`);
  }
  return {
    gradient,
    groups: groups
      .filter(({ isGiven, texts }) => !isGiven && texts.length > 0)
      .map(({ order, texts }) => ({ order, equations: texts.map((one) => new Reader(one).equation()) })),
  };
}

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|([A-Za-z_]\w*(?:\.\w+)*)|("[^"]*")|(\^T\b|<=|==|[-+*/@^()[\],:<=]))/y;

class Reader {
  readonly #text: string;
  readonly #tokens: string[] = [];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const from = TOKEN.lastIndex;
      const found = TOKEN.exec(text);
      if (found === null) throw new NotationError(`cannot read ${text.slice(from)} in ${text}`);
      this.#tokens.push(found[0].trim());
    }
  }

  equation(): Equation {
    const name = this.#name();
    const at = this.#takes('[') ? this.#step() : undefined;
    this.#expect('=');
    const formula = this.#formula();
    if (this.#next < this.#tokens.length) this.#fail('the end');
    return { name, at, formula };
  }

  #peek(ahead = 0): string | undefined {
    return this.#tokens[this.#next + ahead];
  }

  #takes(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#next++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#takes(token)) this.#fail(token);
  }

  #fail(wanted: string): never {
    throw new NotationError(`${wanted} is expected before ${this.#peek() ?? 'the end'} in: ${this.#text}`);
  }

  #name(): string {
    const token = this.#peek();
    if (token === undefined || !/^[A-Za-z_]/.test(token)) this.#fail('a name');
    this.#next++;
    return token;
  }

  #formula(): Formula {
    if (this.#takes('if')) {
      const condition = this.#or();
      this.#expect('then');
      const yes = this.#or();
      this.#expect('else');
      return { kind: 'if', condition, yes, no: this.#formula() };
    }
    if (this.#peek() === 'sum' && this.#peek(1) === 'over') {
      this.#next += 2;
      this.#expect('t');
      this.#expect(':');
      return { kind: 'over-time', operand: this.#formula() };
    }
    return this.#or();
  }

  #or(): Formula {
    return this.#joined(['or'], () => this.#joined(['and'], () => this.#not()));
  }

  #joined(relations: readonly Relation[], operand: () => Formula): Formula {
    let left = operand();
    for (;;) {
      const relation = relations.find((one) => this.#takes(one));
      if (relation === undefined) return left;
      left = { kind: 'relation', relation, left, right: operand() };
    }
  }

  #not(): Formula {
    if (this.#takes('not')) return { kind: 'not', operand: this.#not() };
    const left = this.#sum();
    const relation = (['<', '<=', '=='] as const).find((one) => this.#takes(one));
    return relation === undefined ? left : { kind: 'relation', relation, left, right: this.#sum() };
  }

  #sum(): Formula {
    const terms: Term[] = [{ negative: this.#takes('-'), formula: this.#product() }];
    for (;;) {
      if (this.#takes('+')) terms.push({ negative: false, formula: this.#product() });
      else if (this.#takes('-')) terms.push({ negative: true, formula: this.#product() });
      else break;
    }
    return terms.length === 1 && !terms[0].negative ? terms[0].formula : { kind: 'sum', terms };
  }

  #product(): Formula {
    let left = this.#matmul();
    for (;;) {
      if (this.#takes('*')) left = { kind: 'product', factors: [left, this.#matmul()] };
      else if (this.#takes('/')) left = { kind: 'quotient', top: left, bottom: this.#matmul() };
      else if (this.#takes('mod')) left = { kind: 'mod', left, right: this.#matmul() };
      else return left;
    }
  }

  #matmul(): Formula {
    let left = this.#power();
    while (this.#takes('@')) left = { kind: 'matmul', left, right: this.#power() };
    return left;
  }

  #power(): Formula {
    const base = this.#postfix();
    return this.#takes('^') ? { kind: 'power', base, exponent: this.#postfix() } : base;
  }

  #postfix(): Formula {
    let formula = this.#atom();
    for (;;) {
      if (this.#takes('^T')) formula = { kind: 'transpose', operand: formula };
      else if (this.#takes('[')) {
        if (formula.kind === 'name' && this.#isStep()) formula = { ...formula, at: this.#step() };
        else {
          formula = { kind: 'call', name: 'row', operands: [formula, this.#formula()] };
          this.#expect(']');
        }
      } else return formula;
    }
  }

  #isStep(): boolean {
    const token = this.#peek() ?? '';
    return /^(-|\d+|t|T)$/.test(token);
  }

  /** A step, up to the bracket behind it. */
  #step(): At {
    const words: string[] = [];
    while (this.#peek() !== ']' && this.#peek() !== undefined) words.push(this.#tokens[this.#next++]);
    this.#expect(']');
    const found = /^([tT]?)([+-]?\d+)?$/.exec(words.join(''));
    if (found === null) this.#fail('a step');
    const [, base, offset = '0'] = found;
    if (base === 'T') return { base: 'last', offset: Number(offset) + 1 };
    return { base: base === 't' ? 't' : 'first', offset: Number(offset) };
  }

  #list(end: string): Formula[] {
    const items: Formula[] = [];
    if (this.#takes(end)) return items;
    do items.push(this.#formula());
    while (this.#takes(','));
    this.#expect(end);
    return items;
  }

  #atom(): Formula {
    const token = this.#peek();
    if (token === undefined) this.#fail('a value');
    if (this.#takes('(')) {
      const formula = this.#formula();
      this.#expect(')');
      return formula;
    }
    if (this.#takes('[')) return { kind: 'list', items: this.#list(']') };
    if (/^\d/.test(token)) {
      this.#next++;
      return { kind: 'number', value: Number(token) };
    }
    if (token.startsWith('"')) {
      this.#next++;
      return { kind: 'letters', text: token.slice(1, -1) };
    }
    const name = this.#name();
    if (name === 't') return { kind: 'step', at: { base: 't', offset: 0 } };
    if (name === 'inf') return { kind: 'number', value: Number.POSITIVE_INFINITY };
    if (!this.#takes('(')) return { kind: 'name', name, at: undefined };
    // Whether there is such a function is known to whoever computes with it.
    return { kind: 'call', name: name as FunctionName, operands: this.#list(')') };
  }
}
