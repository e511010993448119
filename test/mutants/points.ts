// Faults in a source, made mechanically: at every point where something may go wrong the text is given a call of
// `switch.ts` that does what the source says, or on demand one of its mutants.
//
//   condition     always true; always false. Tests, operands of && and ||, predicates, what a boolean function returns
//   comparison    < for <=, <= for <, and so on
//   arithmetic    + for -, * for +, and so on; Math.min for Math.max, ceil for floor
//   number        0 for 1, 1 for 0, n + 1 for n; true for false
//   instruction   an operation or an instruction for its neighbour: 'sub' for 'add', 'f32x4.le' for 'f32x4.lt'
//   order         two neighbouring arguments the other way round
//   statement     a call or an assignment left out
//   link          a call in a chain left out
//   default       what stands before ?? taken for undefined
//   element       an element of a list left out
//
// What is not touched: types, messages of errors, and `invariant`, which are checks and change no answer.
import { parseAst } from 'rolldown/parseAst';
import { instructionsLike, MATH, OPERATORS } from './neighbours.ts';

export type Kind =
  | 'condition'
  | 'comparison'
  | 'arithmetic'
  | 'number'
  | 'instruction'
  | 'order'
  | 'statement'
  | 'link'
  | 'default'
  | 'element';

export interface Mutant {
  readonly kind: Kind;
  readonly file: string;
  readonly line: number;
  /** Where in the file, so that the same mutant is found again. */
  readonly at: number;
  /** What is done to what: `true for` and the text. */
  readonly what: string;
}

export interface Mutated {
  readonly text: string;
  readonly mutants: readonly Mutant[];
}

export interface Settings {
  /** Path from the root. */
  readonly file: string;
  /** The number of its first mutant. */
  readonly first: number;
  /** Where the switch is imported from. */
  readonly from: string;
  /** The names of all instructions: only these are taken for each other. */
  readonly instructions: ReadonlySet<string>;
}

/** A node of the syntax tree. */
interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** The text with every mutant of the file in it, behind the switch. */
export function mutate(text: string, settings: Settings): Mutated {
  const planter = new Planter(text, settings);
  planter.visit(parseAst(text, { lang: 'ts', preserveParens: false }, settings.file) as unknown as Syntax);
  return { text: planter.text(), mutants: planter.mutants };
}

type Which = 'both' | 'true' | 'false';

const RELATIONS = new Set(['<', '<=', '>', '>=']);
const EQUALITIES = new Set(['===', '!==', 'in', 'instanceof']);
const PREDICATES = new Set(['filter', 'every', 'some', 'find', 'findIndex', 'findLast', 'findLastIndex']);
const DROPPED_LINKS = new Set(['filter', 'reverse', 'toReversed', 'sort', 'toSorted', 'slice', 'flat']);
/** What gives something else than the code that it was called on. */
const TAKERS = new Set(['keep', 'local', 'parameter', 'finish']);
const BOOLEAN_NAME = /^(is|has|can|needs|takes|wants|may|are)[A-Z]/;
class Planter {
  readonly mutants: Mutant[] = [];
  readonly #text: string;
  readonly #settings: Settings;
  readonly #before = new Map<number, string[]>();
  readonly #after = new Map<number, string[]>();
  readonly #replaced = new Map<number, { readonly end: number; readonly text: string }>();

  constructor(text: string, settings: Settings) {
    this.#text = text;
    this.#settings = settings;
  }

  text(): string {
    const places = [...new Set([...this.#before.keys(), ...this.#after.keys(), ...this.#replaced.keys()])];
    let result = `import * as $switch from ${JSON.stringify(this.#settings.from)};`;
    let at = 0;
    for (const place of places.sort((a, b) => a - b)) {
      result += this.#text.slice(at, place);
      at = place;
      // The innermost ends first, the outermost begins first.
      for (const suffix of (this.#after.get(place) ?? []).toReversed()) result += suffix;
      for (const prefix of this.#before.get(place) ?? []) result += prefix;
      const replaced = this.#replaced.get(place);
      if (replaced === undefined) continue;
      result += replaced.text;
      at = replaced.end;
    }
    return result + this.#text.slice(at);
  }

  /** A new mutant; its number. */
  #new(kind: Kind, node: Syntax, what: string): number {
    const { file, first } = this.#settings;
    const line = this.#text.slice(0, node.start).split('\n').length;
    this.mutants.push({ kind, file, line, at: node.start, what });
    return first + this.mutants.length - 1;
  }

  #source(node: Syntax): string {
    return this.#text.slice(node.start, node.end);
  }

  /** The text of a node in one line. */
  #short(node: Syntax): string {
    const text = this.#source(node).replace(/\s+/g, ' ');
    return text.length > 70 ? `${text.slice(0, 67)}...` : text;
  }

  #insert(map: Map<number, string[]>, at: number, text: string): void {
    const list = map.get(at);
    if (list === undefined) map.set(at, [text]);
    else list.push(text);
  }

  #wrap(node: Syntax, prefix: string, suffix = ')'): void {
    this.#insert(this.#before, node.start, prefix);
    this.#insert(this.#after, node.end, suffix);
  }

  visit(node: Syntax, parent?: Syntax): void {
    const { type } = node;
    if (type.startsWith('TS')) {
      if (isSyntax(node.expression)) this.visit(node.expression, node);
      return;
    }
    switch (type) {
      case 'ImportDeclaration':
      case 'ThrowStatement':
        return;
      case 'IfStatement':
      case 'ConditionalExpression':
        this.#condition(node.test as Syntax, 'both');
        this.#visitAll(node, ['test']);
        return;
      case 'WhileStatement':
      case 'ForStatement':
        if (isSyntax(node.test)) this.#condition(node.test, 'false');
        this.#visitAll(node, ['test']);
        return;
      case 'LogicalExpression':
        if (node.operator === '??') {
          const left = node.left as Syntax;
          const mutant = this.#new('default', node, `without ${this.#short(left)} before ??`);
          this.#wrap(left, `$switch.given(${mutant}, `);
          this.#visitAll(node, []);
        } else this.#condition(node, 'both');
        return;
      case 'BinaryExpression':
        this.#binary(node, false);
        return;
      case 'UnaryExpression':
        this.#unary(node, false);
        return;
      case 'AssignmentExpression':
        this.#assignment(node);
        return;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.#function(node, false);
        return;
      case 'VariableDeclarator':
        this.#named(node, node.id as Syntax, node.init);
        return;
      case 'Property':
        if (isSyntax(node.key) && node.computed === true) this.visit(node.key, node);
        if (node.shorthand !== true) this.#named(node, node.key as Syntax, node.value);
        return;
      case 'ExpressionStatement':
        this.#statement(node);
        return;
      case 'ReturnStatement':
        if (this.#isPredicate && isSyntax(node.argument)) this.#condition(node.argument, 'both');
        else this.#visitAll(node, []);
        return;
      case 'CallExpression':
      case 'NewExpression':
        this.#call(node, parent);
        return;
      case 'ArrayExpression':
        this.#list(node);
        return;
      case 'Literal':
        this.#literal(node, parent);
        return;
      default:
        this.#visitAll(node, []);
    }
  }

  /** The children, but for some. */
  #visitAll(node: Syntax, except: readonly string[]): void {
    for (const [key, value] of Object.entries(node)) {
      if (except.includes(key)) continue;
      if ((key === 'property' || key === 'key') && node.computed !== true) continue;
      for (const child of Array.isArray(value) ? value : [value])
        if (isSyntax(child)) this.visit(child, node);
    }
  }

  /** A condition with its mutants, and what is in it. */
  #condition(node: Syntax, which: Which): void {
    if (node.type === 'Literal') return;
    const short = this.#short(node);
    const numbers = [
      ...(which === 'false' ? [] : [this.#new('condition', node, `true for ${short}`)]),
      ...(which === 'true' ? [] : [this.#new('condition', node, `false for ${short}`)]),
    ];
    this.#wrap(node, `$switch.condition(${numbers[0]}, '${which}', `);
    if (node.type === 'LogicalExpression' && node.operator !== '??') {
      // One operand alone decides: true in a conjunction, false in a disjunction. (The other way it is the whole.)
      const own = node.operator === '&&' ? 'true' : 'false';
      for (const side of [node.left, node.right] as Syntax[]) this.#condition(side, own);
    } else if (node.type === 'BinaryExpression') this.#binary(node, true);
    else if (node.type === 'UnaryExpression') this.#unary(node, true);
    else this.visit(node);
  }

  #binary(node: Syntax, isCondition: boolean): void {
    const how = node.operator as string;
    const [left, right] = [node.left as Syntax, node.right as Syntax];
    if (!isCondition && (RELATIONS.has(how) || EQUALITIES.has(how))) {
      this.#condition(node, 'both');
      return;
    }
    const isText = [left, right].some((side) => isTextual(side));
    if (how in OPERATORS && !isText) {
      const [call, other] = OPERATORS[how];
      const kind = RELATIONS.has(how) ? 'comparison' : 'arithmetic';
      const mutant = this.#new(kind, node, `${other} for ${how} in ${this.#short(node)}`);
      this.#wrap(node, `$switch.${call}(${mutant}, `);
      const at = this.#text.indexOf(how, left.end);
      this.#replaced.set(at, { end: at + how.length, text: ',' });
    }
    this.visit(left, node);
    this.visit(right, node);
  }

  #unary(node: Syntax, isCondition: boolean): void {
    const operand = node.argument as Syntax;
    if (node.operator === '!' && !isCondition) this.#condition(node, 'both');
    else if (node.operator === '-' && isNumber(operand)) this.#number(node, `-${this.#source(operand)}`);
    else this.visit(operand, node);
  }

  #assignment(node: Syntax): void {
    const [left, right] = [node.left as Syntax, node.right as Syntax];
    const how = (node.operator as string).slice(0, -1);
    if (how in OPERATORS && !isTextual(right)) {
      const [name, other] = OPERATORS[how];
      const mutant = this.#new('arithmetic', node, `${other} for ${how} in ${this.#short(node)}`);
      const at = this.#text.indexOf(`${how}=`, left.end);
      const call = `= $switch.${name}(${mutant}, ${this.#source(left)}, `;
      this.#replaced.set(at, { end: at + how.length + 1, text: call });
      this.#insert(this.#after, node.end, ')');
    } else if (left.type === 'Identifier' || left.type === 'MemberExpression') this.visit(left, node);
    this.#named(node, left, right);
  }

  /** A value with a name that says whether it is a condition. */
  #named(parent: Syntax, name: Syntax, value: unknown): void {
    if (name.type !== 'Identifier' && name.type !== 'MemberExpression' && name.type !== 'Literal') {
      // Names in the pattern may have values of their own; the value need not be a list of its own.
      this.#visitAll(name, []);
    }
    if (!isSyntax(value)) return;
    const isBoolean = name.type === 'Identifier' && BOOLEAN_NAME.test(name.name as string);
    if (isFunction(value)) this.#function(value, isBoolean);
    else if (isBoolean) this.#condition(value, 'both');
    else if (value.type === 'ArrayExpression' && name.type === 'ArrayPattern') this.#visitAll(value, []);
    else this.visit(value, parent);
  }

  #function(node: Syntax, isBoolean: boolean): void {
    for (const parameter of node.params as Syntax[]) {
      if (parameter.type !== 'Identifier') this.visit(parameter, node);
    }
    const isCondition = isBoolean || returnsBoolean(node);
    const body = node.body as Syntax | null;
    if (body === null) return;
    if (body.type !== 'BlockStatement') {
      if (isCondition) this.#condition(body, 'both');
      else this.visit(body, node);
      return;
    }
    const outer = this.#isPredicate;
    this.#isPredicate = isCondition;
    for (const statement of body.body as Syntax[]) this.visit(statement, body);
    this.#isPredicate = outer;
  }

  #isPredicate = false;

  #statement(node: Syntax): void {
    const expression = node.expression as Syntax;
    const call = expression.type === 'ChainExpression' ? (expression.expression as Syntax) : expression;
    if (call.type === 'CallExpression') {
      const callee = this.#source(call.callee as Syntax);
      if (callee === 'invariant' || callee === 'notes.push' || callee === 'super') return;
    }
    if (['CallExpression', 'AssignmentExpression', 'UpdateExpression'].includes(call.type)) {
      const mutant = this.#new('statement', node, `without ${this.#short(expression)}`);
      this.#wrap(expression, `$switch.stays(${mutant}) && (`);
    }
    this.visit(expression, node);
  }

  #call(node: Syntax, parent: Syntax | undefined): void {
    const callee = node.callee as Syntax;
    const values = node.arguments as Syntax[];
    const name = isMember(callee) ? this.#source(callee.property as Syntax) : this.#source(callee);
    if (/Error$/.test(name) || name === 'invariant') return;
    const isMath = this.#source(callee).startsWith('Math.');
    if (isMath && name in MATH) {
      const mutant = this.#new('arithmetic', node, `${MATH[name]} for ${name} in ${this.#short(node)}`);
      const property = callee.property as Syntax;
      const text = `[$switch.literal(${mutant}, '${name}', '${MATH[name]}')]`;
      this.#replaced.set(property.start - 1, { end: property.end, text });
    } else if (isMember(callee)) {
      this.#link(node, callee, name, parent);
    } else this.visit(callee, node);
    const isSwappable =
      values.length > 1 &&
      !isMath &&
      values.every((value) => value.type !== 'SpreadElement') &&
      node.optional !== true;
    const pairs = isSwappable ? values.slice(1).map((value, k) => [values[k], value] as const) : [];
    if (pairs.length > 0 && pairs.every(([a, b]) => !isFixed(a) && !isFixed(b))) {
      const numbers = pairs.map(([a, b]) =>
        this.#new('order', node, `${this.#short(b)} before ${this.#short(a)} for ${name}`),
      );
      const types = node.typeArguments;
      const open = this.#text.indexOf('(', isSyntax(types) ? types.end : callee.end) + 1;
      this.#insert(this.#before, open, `...$switch.swapped(${numbers[0]}, [`);
      this.#insert(this.#after, node.end - 1, '])');
    }
    for (const value of values) {
      if (isFunction(value)) this.#function(value, PREDICATES.has(name));
      else this.visit(value, node);
    }
  }

  /** The receiver of a call, which may be left out where it gives what can go on in its place. */
  #link(node: Syntax, callee: Syntax, name: string, parent: Syntax | undefined): void {
    const receiver = callee.object as Syntax;
    const isCode =
      /^(this\.#)?code\b/.test(this.#source(receiver)) && this.#settings.file.includes('codegen');
    // The only call of a statement is left out with the statement.
    const isWhole = parent?.type === 'ExpressionStatement' && receiver.type !== 'CallExpression';
    const goesOn = isCode ? !isWhole && !TAKERS.has(name) : DROPPED_LINKS.has(name);
    if (goesOn && receiver.type !== 'Super') {
      const link = { ...node, start: (callee.property as Syntax).start };
      const mutant = this.#new('link', link, `without .${this.#short(link)}`);
      this.#wrap(receiver, `$switch.linked(${mutant}, `);
    }
    this.visit(receiver, callee);
    if (callee.computed === true) this.visit(callee.property as Syntax, callee);
  }

  #list(node: Syntax): void {
    const elements = (node.elements as (Syntax | null)[]).filter((element) => element !== null);
    const isTable = elements.every((element) => isNumber(element) || element.type === 'Literal');
    for (const element of elements) {
      if (!isTable) {
        const mutant = this.#new('element', element, `without ${this.#short(element)}`);
        if (element.type === 'SpreadElement') {
          this.#wrap(element.argument as Syntax, `$switch.elements(${mutant}, `);
        } else this.#wrap(element, `...$switch.element(${mutant}, `);
      }
      this.visit(element, node);
    }
  }

  #literal(node: Syntax, parent: Syntax | undefined): void {
    const raw = this.#source(node);
    if (isNumber(node)) this.#number(node, raw);
    else if (raw === 'true' || raw === 'false') {
      const other = raw === 'true' ? 'false' : 'true';
      this.#other('number', node, other);
    } else if (typeof node.value === 'string' && parent !== undefined) {
      const isNamed = ['BinaryExpression', 'SwitchCase', 'MemberExpression', 'Property'].includes(
        parent.type,
      );
      if (!isNamed)
        for (const other of instructionsLike(node.value, this.#settings))
          this.#other('instruction', node, `'${other}'`);
    }
  }

  #number(node: Syntax, raw: string): void {
    const plain = raw.replace(/_/g, '');
    const isBig = plain.endsWith('n');
    const value = Number(isBig ? plain.slice(0, -1) : plain);
    const other = value === 1 ? '0' : isBig ? `${raw} + 1` : String(value + 1);
    this.#other('number', node, isBig ? `${other}n` : other);
  }

  #other(kind: Kind, node: Syntax, other: string): void {
    const mutant = this.#new(kind, node, `${other} for ${this.#short(node)}`);
    this.#wrap(node, `$switch.literal(${mutant}, `, `, ${other})`);
  }
}

function isSyntax(value: unknown): value is Syntax {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function isFunction(node: Syntax): boolean {
  return node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression';
}

function isMember(node: Syntax): boolean {
  return node.type === 'MemberExpression';
}

function isNumber(node: Syntax): boolean {
  if (node.type === 'UnaryExpression') return node.operator === '-' && isNumber(node.argument as Syntax);
  return node.type === 'Literal' && (typeof node.value === 'number' || 'bigint' in node);
}

/** What is joined with this is a text. */
function isTextual(node: Syntax): boolean {
  if (node.type === 'TemplateLiteral') return true;
  if (node.type === 'Literal') return typeof node.value === 'string';
  return (
    node.type === 'BinaryExpression' && [node.left, node.right].some((side) => isTextual(side as Syntax))
  );
}

/** Arguments that cannot stand in another's place without being another type. */
function isFixed(node: Syntax): boolean {
  return (
    isFunction(node) ||
    node.type === 'ObjectExpression' ||
    (node.type === 'Literal' && typeof node.value === 'string')
  );
}

function returnsBoolean(node: Syntax): boolean {
  const annotation = node.returnType;
  if (!isSyntax(annotation)) return false;
  const type = annotation.typeAnnotation as Syntax;
  return type.type === 'TSBooleanKeyword' || (type.type === 'TSTypePredicate' && type.asserts !== true);
}
