// Smaller programs than a given one: with a cell, an item or a name less, or with a part of an expression in the place
// of the whole. Which of them are programs at all, the checker knows best: whoever asks tries them.
import { literal } from './compose.ts';
import { sameType } from './scope.ts';
import { type Block, type Expression, type File, type Item, type Part, printParts } from './tree.ts';

/** Every file that is one step smaller, the boldest steps first. */
export function* smaller(file: File): Generator<File> {
  yield* withoutBlocks(file);
  for (const k of file.lines.keys()) yield { ...file, lines: file.lines.toSpliced(k, 1) };
  for (const k of file.blocks.keys()) {
    for (const block of smallerBlocks(file.blocks[k])) yield { ...file, blocks: file.blocks.with(k, block) };
  }
  for (const [k, line] of file.lines.entries()) {
    for (const item of smallerItems(line)) yield { ...file, lines: file.lines.with(k, item) };
  }
}

function* withoutBlocks(file: File): Generator<File> {
  const last = file.blocks[file.blocks.length - 1];
  if (file.blocks.length > 2) yield { ...file, blocks: [last] };
  for (let k = 0; k < file.blocks.length - 1; k++) yield { ...file, blocks: file.blocks.toSpliced(k, 1) };
  // A cell by itself: without what uses it.
  if (file.blocks.length > 1) yield { ...file, blocks: file.blocks.slice(0, -1) };
}

function* smallerBlocks(block: Block): Generator<Block> {
  const { items } = block;
  for (let size = Math.floor(items.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = items.length - size; from >= 0; from -= size) {
      yield { ...block, items: items.toSpliced(from, size) };
    }
  }
  for (const [k, item] of items.entries()) {
    for (const name of namesOf(item)) {
      const others = items.toSpliced(k, 1).filter((other) => !namesOf(other).includes(name));
      yield { ...block, items: others.map((other) => without(other, name)) };
    }
  }
  for (const [k, item] of items.entries()) {
    const value = valueIn(item);
    if (value === undefined) continue;
    const [name] = namesOf(item);
    yield {
      ...block,
      items: items.toSpliced(k, 1).map((other) => replaced(other, (e) => isWord(e, name), value)),
    };
  }
  for (const [k, item] of items.entries()) {
    for (const less of smallerItems(item)) yield { ...block, items: items.with(k, less) };
  }
  for (const header of smallerHeaders(block.header)) yield { ...block, header };
}

function* smallerHeaders(header: string): Generator<string> {
  const from = header.indexOf('(') + 1;
  const parameters = header.slice(from, -1).split(', ');
  for (const k of parameters.keys()) {
    yield `${header.slice(0, from)}${parameters.toSpliced(k, 1).join(', ')})`;
  }
}

/** The names that an item is about. */
function namesOf({ parts }: Item): readonly string[] {
  const [head] = parts;
  if (typeof head !== 'string') return [];
  const declared = /^(?:input|target|param|state) (\w+):/.exec(head);
  if (declared !== null) return [declared[1]];
  const defined = /^(\w+(?:, \w+)*)(?:: (?:complex )?\[[^\]]*\])? = /.exec(head);
  return defined === null ? [] : defined[1].split(', ');
}

/** What an equation of one name says. */
function valueIn(item: Item): Expression | undefined {
  const [head, value, ...rest] = item.parts;
  const isOne = typeof head === 'string' && typeof value !== 'string' && rest.length === 0;
  return isOne && /^\w+(: .*)? = $/.test(head) && namesOf(item).length === 1 ? value?.expression : undefined;
}

function isWord({ level, parts }: Expression, name: string): boolean {
  return level === 'word' && printParts(parts) === name;
}

/** The item with a number in the place of every mention of a name. */
function without(item: Item, name: string): Item {
  const mention = new RegExp(`^(?:prev )?${name}(?:\\.|$)`);
  return replaced(
    item,
    ({ level, parts }) => level === 'word' && mention.test(printParts(parts)),
    literal(0.5),
  );
}

/** The item with one expression in the place of some others. */
function replaced(item: Item, isReplaced: (e: Expression) => boolean, by: Expression): Item {
  const inParts = (parts: readonly Part[]): Part[] =>
    parts.map((part) => {
      if (typeof part === 'string') return part;
      const { expression, level } = part;
      if (isReplaced(expression)) return { expression: by, level };
      return { expression: { ...expression, parts: inParts(expression.parts) }, level };
    });
  return { parts: inParts(item.parts) };
}

/** The item with one of its expressions smaller. */
function* smallerItems(item: Item): Generator<Item> {
  for (const parts of smallerParts(item.parts)) yield { parts };
  const [head] = item.parts;
  // Without its start, or the type that is told twice.
  if (typeof head === 'string' && head.startsWith('state ') && item.parts.length > 1) {
    yield { parts: [head.replace(/ = $/, '')] };
  }
  if (typeof head === 'string' && / [~=] /.test(head) && head.startsWith('param ')) {
    yield { parts: [head.replace(/ [~=] .*/, '')] };
  }
  if (typeof head === 'string' && head.startsWith('frozen ')) yield { parts: [head.replace('frozen ', '')] };
}

function* smallerParts(parts: readonly Part[]): Generator<Part[]> {
  for (const [k, part] of parts.entries()) {
    if (typeof part === 'string') continue;
    for (const expression of smallerExpressions(part.expression)) {
      yield parts.with(k, { expression, level: part.level });
    }
  }
}

function* smallerExpressions(expression: Expression): Generator<Expression> {
  const { type, parts } = expression;
  const text = printParts(parts);
  if (type.kind === 'real' && text.length > '0.5'.length) yield literal(0.5);
  for (const inner of inside(expression)) {
    if (sameType(inner.type, type) || (type.kind === 'real' && inner.type.kind === 'real' && inner.known))
      yield inner;
  }
  for (const less of smallerParts(parts)) yield { ...expression, parts: less };
}

/** All expressions in an expression, the outer ones first. */
function* inside({ parts }: Expression): Generator<Expression> {
  for (const part of parts) {
    if (typeof part === 'string') continue;
    yield part.expression;
    yield* inside(part.expression);
  }
}
