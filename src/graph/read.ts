// Reads the text that print.ts writes, for tests and for looking at a pass by itself. It goes through the builder, so
// that what is read is typed as it would be when built; the types in the text must agree. Values may have any label
// (`%x` as well as `%0`), and what follows a # is a comment.

import { InvariantError } from '../base/invariant.ts';
import { GraphBuilder } from './build.ts';
import type { Graph, InputRole, NodeId, Output } from './graph.ts';
import { ATTRIBUTE_KINDS, type AttributeKind, type AttributeValue } from './ops/attribute-kinds.ts';
import type { OpAttributes, OpName } from './ops/attributes.ts';
import { type Dim, type Element, sameType, showType, type Type } from './type.ts';

/** The text is not a graph. The message begins with the line, counted from 1. */
export class GraphTextError extends Error {
  override readonly name = 'GraphTextError';
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

/** The graph of a text. Throws a GraphTextError where the text is none, or where its types do not fit. */
export function readGraph(text: string): Graph {
  const lines = readLines(text);
  const head = lines.shift();
  if (head === undefined) throw new GraphTextError(1, 'there is no graph');
  head.word('graph');
  const graph = new Reader(lines, head).read();
  if (lines.length > 0) lines[0].fail('the graph is at an end here');
  return graph;
}

const ROLES: { readonly [R in InputRole]: true } = {
  input: true,
  target: true,
  parameter: true,
  state: true,
  seed: true,
  lengths: true,
  cotangent: true,
  shared: true,
  step: true,
  carry: true,
  sequence: true,
  capture: true,
};
const ELEMENTS: { readonly [E in Element]: true } = { real: true, index: true, bool: true };

function isRole(word: string): word is InputRole {
  return Object.hasOwn(ROLES, word);
}

function isElement(word: string): word is Element {
  return Object.hasOwn(ELEMENTS, word);
}

function isOp(word: string): word is OpName {
  return Object.hasOwn(ATTRIBUTE_KINDS, word);
}

/** Reads one graph, the program or a body: the lines that are indented deeper than its head. */
class Reader {
  readonly #lines: Line[];
  readonly #head: Line;
  readonly #builder: GraphBuilder;
  readonly #values = new Map<string, NodeId>();
  /** The results of each scan by its label. */
  readonly #scans = new Map<string, readonly NodeId[]>();
  /** The words before the outputs, in order. */
  readonly outputs: string[] = [];

  constructor(lines: Line[], head: Line) {
    this.#lines = lines;
    this.#head = head;
    this.#builder = new GraphBuilder(head.name());
    head.end();
  }

  read(): Graph {
    for (;;) {
      const line = this.#lines[0];
      if (line === undefined || line.indent <= this.#head.indent) return this.#builder.finish();
      this.#lines.shift();
      try {
        if (line.isLabel()) this.#node(line);
        else this.#output(line);
      } catch (error) {
        if (error instanceof InvariantError) line.fail(error.message);
        throw error;
      }
    }
  }

  #output(line: Line): void {
    this.outputs.push(line.oneOf(['output', 'next', 'stack', 'sum']));
    const name = line.name();
    const node = this.#value(line);
    let mean: Output['mean'];
    if (line.accept('mean')) mean = line.oneOf(['steps', 'sequences']);
    line.end();
    this.#builder.output(name, node, mean);
  }

  #node(line: Line): void {
    const label = line.label();
    if (this.#values.has(label) || this.#scans.has(label)) line.fail(`%${label} is there already`);
    line.word('=');
    const word = line.name();
    if (word === 'scan') this.#scans.set(label, this.#scan(line));
    else if (word === 'result') this.#values.set(label, this.#result(line));
    else if (isRole(word)) {
      const name = line.name();
      this.#values.set(label, this.#builder.input(name, line.type(), word));
    } else if (isOp(word)) this.#values.set(label, this.#call(line, word));
    else line.fail(`there is no operation ${word}`);
    line.end();
  }

  #call(line: Line, op: OpName): NodeId {
    const operands = this.#list(line);
    const kinds: Readonly<Record<string, AttributeKind>> = ATTRIBUTE_KINDS[op];
    const attributes: Record<string, AttributeValue> = {};
    while (!line.isAt(':')) {
      const key = line.name();
      const kind = Object.hasOwn(kinds, key) ? kinds[key] : line.fail(`${op} has no attribute ${key}`);
      line.word('=');
      attributes[key] = line.attribute(kind);
    }
    const type = line.type();
    for (const key of Object.keys(kinds)) {
      if (key in attributes) continue;
      if (key === 'element') attributes[key] = type.element;
      else if (key === 'shape') attributes[key] = type.shape;
      else line.fail(`${op} lacks its attribute ${key}`);
    }
    const call = this.#builder.call<OpName>(op, operands, attributes as OpAttributes[OpName]);
    return this.#checked(line, call, type);
  }

  #result(line: Line): NodeId {
    const index = line.number();
    line.word('of');
    const results = this.#scans.get(line.label());
    return this.#checked(line, results?.[index] ?? line.fail('there is no such result'), line.type());
  }

  #scan(line: Line): readonly NodeId[] {
    line.word('over');
    const axis = line.name();
    const segment = line.accept('in') ? this.#segment(line) : undefined;
    const reverse = line.accept('backwards');
    const list = (word: string): NodeId[] => (line.accept(word) ? this.#list(line) : []);
    const lengths = line.accept('lengths') ? this.#value(line) : undefined;
    const [carries, sequences, captures] = [list('carries'), list('sequences'), list('captures')];

    const head = this.#lines.shift() ?? line.fail('a scan has a body');
    if (head.indent <= line.indent) head.fail('the body of the scan stands here, indented');
    head.word('body');
    const reader = new Reader(this.#lines, head);
    const body = reader.read();
    const words = reader.outputs;
    const places = ['next', 'stack', 'sum'].flatMap((word) => words.filter((w) => w === word));
    if (places.join() !== words.join()) head.fail('outputs of a body: first next, then stack, then sum');
    const count = (word: string): number => words.filter((w) => w === word).length;
    if (count('next') !== carries.length) head.fail(`${carries.length} carries need as many lines of next`);
    const [stacked, summed] = [count('stack'), count('sum')];
    const parts = { axis, reverse, segment, lengths, carries, sequences, captures, body, stacked, summed };
    const results = this.#builder.scan(parts);
    return [...results.carried, ...results.stacked, ...results.summed];
  }

  #segment(line: Line): number {
    line.word('segments');
    line.word('of');
    return line.number();
  }

  /** References up to the next word. */
  #list(line: Line): NodeId[] {
    const ids: NodeId[] = [];
    while (line.isLabel()) ids.push(this.#value(line));
    return ids;
  }

  #value(line: Line): NodeId {
    const label = line.label();
    return this.#values.get(label) ?? line.fail(`there is no value %${label} before this line`);
  }

  #checked(line: Line, id: NodeId, stated: Type): NodeId {
    const type = this.#builder.typeOf(id);
    return sameType(type, stated) ? id : line.fail(`it is ${showType(type)} and says ${showType(stated)}`);
  }
}

/** A quoted name, a label, a number, a plain name, a comment, or any other sign by itself. */
const TOKEN =
  /"(?:[^"\\]|\\.)*"|%\w+|-?(?:Infinity|NaN)\b|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[\p{L}_][\p{L}\p{N}_.]*|#.*|\S/gu;

function readLines(text: string): Line[] {
  const lines = text.split('\n').map((line, i) => new Line(line, i + 1));
  return lines.filter((line) => !line.isEmpty());
}

/** One line, read token by token. */
class Line {
  readonly indent: number;
  readonly #number: number;
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string, number: number) {
    this.indent = text.length - text.trimStart().length;
    this.#number = number;
    this.#tokens = (text.match(TOKEN) ?? []).filter((token) => !token.startsWith('#'));
  }

  fail(message: string): never {
    throw new GraphTextError(this.#number, message);
  }

  isEmpty(): boolean {
    return this.#tokens.length === 0;
  }

  isAt(token: string): boolean {
    return this.#tokens[this.#at] === token;
  }

  isLabel(): boolean {
    return this.#tokens[this.#at]?.startsWith('%') ?? false;
  }

  #next(expected: string): string {
    return this.#tokens[this.#at++] ?? this.fail(`${expected} is expected at its end`);
  }

  end(): void {
    if (this.#at < this.#tokens.length) this.fail(`${this.#tokens[this.#at]} is not expected`);
  }

  accept(token: string): boolean {
    const isThere = this.isAt(token);
    if (isThere) this.#at++;
    return isThere;
  }

  word(word: string): void {
    this.oneOf([word]);
  }

  oneOf<const Word extends string>(words: readonly Word[]): Word {
    const token = this.#next(words.join(' or '));
    return (
      words.find((word) => word === token) ?? this.fail(`${words.join(' or ')} is expected, not ${token}`)
    );
  }

  name(): string {
    const token = this.#next('a name');
    if (token.startsWith('"')) return this.#unquote(token);
    return /^[\p{L}_]/u.test(token) ? token : this.fail(`a name is expected, not ${token}`);
  }

  label(): string {
    const token = this.#next('a value');
    return /^%\w/.test(token) ? token.slice(1) : this.fail(`a value is expected, not ${token}`);
  }

  number(): number {
    const token = this.#next('a number');
    const value = Number(token);
    return token === 'NaN' || !Number.isNaN(value) ? value : this.fail(`a number is expected, not ${token}`);
  }

  type(): Type {
    this.word(':');
    const element = this.name();
    if (!isElement(element)) this.fail(`there is no element type ${element}`);
    return { element, shape: this.#dims() };
  }

  attribute(kind: AttributeKind): AttributeValue {
    switch (kind) {
      case 'number':
        return this.number();
      case 'dim':
        return this.#dim();
      case 'element':
      case 'text':
        return this.name();
      case 'dims':
      case 'numbers':
        return this.#dims();
      default:
        return kind satisfies never;
    }
  }

  #dims(): Dim[] {
    const dims: Dim[] = [];
    this.word('[');
    while (!this.accept(']')) {
      if (dims.length > 0) this.word(',');
      dims.push(this.#dim());
    }
    return dims;
  }

  #dim(): Dim {
    return /^\d/.test(this.#tokens[this.#at] ?? '') ? this.number() : this.name();
  }

  #unquote(token: string): string {
    try {
      return String(JSON.parse(token));
    } catch {
      return this.fail(`${token} is not a quoted name`);
    }
  }
}
