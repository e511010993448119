// The floors of the house (ARCHITECTURE.md), kept by machine: what may import what, and a few habits that a file shows.
// The checker is a function from file texts to complaints, so that the tests below can also show it bad houses.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { describe, expect, test } from 'vitest';

/**
 * The floor of every room. A file imports from its own room and from lower floors, type-only imports included;
 * rooms on one floor do not know each other. A room is a folder of src, a sub-room with a slash, or a file directly in src.
 */
const floors: Readonly<Record<string, number>> = {
  base: 0,
  tensor: 0.5, // on the ground floor too, but it stands on base
  graph: 1,
  parser: 1,
  check: 2,
  autodiff: 2,
  passes: 3,
  derive: 3,
  export: 3,
  loops: 4,
  codegen: 5,
  runtime: 6,
  'runtime/node': 6.5, // sub-rooms: runtime does not import from them, nor they from each other
  'runtime/browser': 6.5,
  'compile.ts': 7,
  train: 8,
  study: 8,
  'index.ts': 9,
  cli: 9,
  lsp: 9,
  playground: 9,
};

/** The highest floor that knows no platform: no file system, process, DOM or clock. */
const lastPureFloor = 5;

/** Rooms above the pure floors that must load in a browser as well. */
const portableRooms: readonly string[] = ['runtime', 'runtime/browser'];

/** The packages that src may import, and the rooms that may. */
const packages: Readonly<Record<string, readonly string[]>> = {
  chevrotain: ['parser'],
  'fast-check': ['study'],
};

const longestFile = 600;
const namesThatSayNothing = /^(utils?|helpers?|common|types|managers?)\.ts$/;

interface SourceFile {
  /** From src, with forward slashes: `graph/build.ts`. */
  readonly path: string;
  readonly text: string;
}

/** The room of a file, or undefined where the table has none. */
function roomOf(path: string): string | undefined {
  const parts = path.split('/');
  const candidates = [parts.slice(0, 2).join('/'), parts[0]];
  return candidates.find((room) => room in floors);
}

/** What a module imports, exports from or imports the type of; and whether it has a default export. */
function readModule(file: SourceFile): { readonly imports: readonly string[]; readonly hasDefault: boolean } {
  const imports: string[] = [];
  let hasDefault = false;
  const pending: unknown[] = [parseAst(file.text, { lang: 'ts' })];
  while (pending.length > 0) {
    const node = pending.pop();
    if (typeof node !== 'object' || node === null) continue;
    if ('type' in node) {
      if (node.type === 'ExportDefaultDeclaration') hasDefault = true;
      if (node.type === 'ExportSpecifier' && 'exported' in node && nameOf(node.exported) === 'default') {
        hasDefault = true;
      }
      // import declarations, `export ... from`, import('...') as an expression and as a type
      if ('source' in node && typeof node.source === 'object' && node.source !== null) {
        imports.push(String('value' in node.source ? node.source.value : '(a computed import)'));
      }
    }
    pending.push(...Object.values(node));
  }
  return { imports: imports.reverse(), hasDefault };
}

function nameOf(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return undefined;
  return 'name' in node ? node.name : 'value' in node ? node.value : undefined;
}

/** `../base/span.ts` seen from `graph/build.ts` is `base/span.ts`; undefined where it leaves src. */
function resolve(from: string, specifier: string): string | undefined {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Why `from` may not import `specifier`, or undefined where it may. */
function importComplaint(
  from: SourceFile,
  specifier: string,
  paths: ReadonlySet<string>,
): string | undefined {
  const room = roomOf(from.path);
  if (room === undefined) return undefined; // said once, about the file
  const floor = floors[room]!;
  if (specifier.startsWith('node:')) {
    if (floor <= lastPureFloor) return `floors 0 to ${lastPureFloor} know no platform`;
    return portableRooms.includes(room) ? 'what only Node has sits in runtime/node' : undefined;
  }
  if (!specifier.startsWith('.')) {
    return packages[specifier]?.includes(room) ? undefined : `${room} may not import this package`;
  }
  const target = resolve(from.path, specifier);
  if (target === undefined) {
    const isVersion = floor === 9 && specifier.endsWith('../package.json');
    return isVersion ? undefined : 'it leaves src';
  }
  if (!paths.has(target)) return 'there is no such file (imports carry their extension)';
  const targetRoom = roomOf(target);
  if (targetRoom === undefined || targetRoom === room) return undefined;
  const targetFloor = floors[targetRoom]!;
  if (targetFloor < floor) return undefined;
  return `${room} is on floor ${floor} and ${targetRoom} on floor ${targetFloor}`;
}

/** The import cycles, each told once, as the files in the order in which they import each other. */
function findCycles(importsOf: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const cycles: string[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' -> '));
    if (start >= 0 || finished.has(path)) return;
    trail.push(path);
    for (const next of importsOf.get(path) ?? []) visit(next);
    trail.pop();
    finished.add(path);
  };
  for (const path of importsOf.keys()) visit(path);
  return cycles;
}

/** Everything that is wrong with the files of src, one line each; empty where the house stands. */
function checkHouse(files: readonly SourceFile[]): readonly string[] {
  const complaints: string[] = [];
  const paths = new Set(files.map((file) => file.path));
  const importsOf = new Map<string, readonly string[]>();
  for (const file of files) {
    const say = (what: string): void => void complaints.push(`${file.path}: ${what}`);
    const name = file.path.split('/').at(-1)!;
    if (roomOf(file.path) === undefined) say('this room has no floor in the table');
    if (namesThatSayNothing.test(name)) say('the name says nothing of what is inside');
    if (!/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name)) say('file names are lower-case and hyphenated');
    if (!/^(#!.*\n)?(\/\/|\/\*)/.test(file.text)) say('the file does not begin with a comment');
    const lines = file.text.split('\n').length - 1;
    if (lines > longestFile) say(`${lines} lines, and ${longestFile} are enough`);
    const module = readModule(file);
    if (module.hasDefault) say('a default export');
    for (const specifier of module.imports) {
      const complaint = importComplaint(file, specifier, paths);
      if (complaint !== undefined) say(`may not import ${specifier}: ${complaint}`);
    }
    const targets = module.imports.filter((specifier) => specifier.startsWith('.'));
    importsOf.set(
      file.path,
      targets.flatMap((specifier) => resolve(file.path, specifier) ?? []),
    );
  }
  return [...complaints, ...findCycles(importsOf).map((cycle) => `an import cycle: ${cycle}`)];
}

function readHouse(): readonly SourceFile[] {
  const root = fileURLToPath(new URL('../src/', import.meta.url));
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => ({ path, text: readFileSync(root + path, 'utf8') }));
}

test('the house stands', () => {
  const files = readHouse();
  expect(files.length).toBeGreaterThan(0);
  expect(checkHouse(files)).toEqual([]);
});

test('every folder of src is a room of the table', () => {
  const root = new URL('../src/', import.meta.url);
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map((folder) => folder.name).filter((name) => !(name in floors))).toEqual([]);
});

describe('the checker finds what is wrong', () => {
  /** A file with its head comment. */
  const file = (path: string, ...lines: readonly string[]): SourceFile => ({
    path,
    text: ['// What lives here.', ...lines, ''].join('\n'),
  });
  const base = file('base/span.ts', 'export const a = 1;');

  test('nothing, in a good house', () => {
    const house = [
      base,
      file('base/source.ts', "import { a } from './span.ts';", 'export const b = a;'),
      file('tensor/tensor.ts', "import type { a } from '../base/span.ts';"),
      file('parser/parse.ts', "import { CstParser } from 'chevrotain';", "export * from '../base/span.ts';"),
      file('runtime/load.ts', "import { a } from '../base/span.ts';"),
      file('runtime/node/load.ts', "import 'node:fs';", "import '../load.ts';"),
      file(
        'cli/main.ts',
        "import { version } from '../../package.json';",
        "import '../runtime/node/load.ts';",
      ),
    ];
    expect(checkHouse(house)).toEqual([]);
  });

  const bad: readonly (readonly [string, readonly SourceFile[], string])[] = [
    [
      'an import of a higher floor',
      [base, file('graph/g.ts', "import '../check/c.ts';"), file('check/c.ts')],
      'floor',
    ],
    [
      'a type-only import of a higher floor',
      [file('base/b.ts', "import type { T } from '../tensor/t.ts';"), file('tensor/t.ts')],
      'floor',
    ],
    [
      'an import type',
      [file('base/b.ts', "export type A = import('../graph/g.ts').G;"), file('graph/g.ts')],
      'floor',
    ],
    [
      'an export from',
      [file('base/b.ts', "export type { G } from '../graph/g.ts';"), file('graph/g.ts')],
      'floor',
    ],
    [
      'a dynamic import',
      [file('graph/g.ts', "export const c = () => import('../cli/c.ts');"), file('cli/c.ts')],
      'floor',
    ],
    ['a computed import', [file('cli/c.ts', 'export const c = (name: string) => import(name);')], 'package'],
    ['a room beside it', [file('check/c.ts', "import '../autodiff/a.ts';"), file('autodiff/a.ts')], 'floor'],
    ['study using train', [file('study/s.ts', "import '../train/t.ts';"), file('train/t.ts')], 'floor'],
    ['a door beside it', [file('cli/c.ts', "import '../index.ts';"), file('index.ts')], 'floor'],
    [
      'the runtime using its sub-room',
      [file('runtime/r.ts', "import './node/n.ts';"), file('runtime/node/n.ts')],
      'floor',
    ],
    [
      'a sub-room using the other',
      [file('runtime/browser/b.ts', "import '../node/n.ts';"), file('runtime/node/n.ts')],
      'floor',
    ],
    ['a platform on a pure floor', [file('codegen/wasm/w.ts', "import 'node:os';")], 'no platform'],
    ['Node in the portable runtime', [file('runtime/r.ts', "import 'node:fs';")], 'runtime/node'],
    ['a package in the wrong room', [file('graph/g.ts', "import 'chevrotain';")], 'package'],
    ['a built-in without its prefix', [file('graph/g.ts', "import 'fs';")], 'package'],
    ['an import without extension', [base, file('graph/g.ts', "import '../base/span';")], 'no such file'],
    ['an import from outside src', [file('graph/g.ts', "import '../../test/t.ts';")], 'leaves src'],
    ['a room without a floor', [file('cellar/c.ts')], 'no floor'],
    ['a default export', [file('base/b.ts', 'export default 1;')], 'default'],
    ['a default export by name', [file('base/b.ts', 'const a = 1;', 'export { a as default };')], 'default'],
    ['a file that is too long', [file('base/b.ts', ...Array<string>(600).fill(''))], '601 lines'],
    ['a name that says nothing', [file('base/utils.ts')], 'says nothing'],
    ['a name with capitals', [file('base/sourceText.ts')], 'lower-case'],
    [
      'no comment at the head',
      [{ path: 'base/b.ts', text: 'export const a = 1;\n' }],
      'begin with a comment',
    ],
    [
      'a cycle',
      [file('base/b.ts', "import './c.ts';"), file('base/c.ts', "import type { B } from './b.ts';")],
      'cycle: base/b.ts -> base/c.ts -> base/b.ts',
    ],
  ];
  test.each(bad)('%s', (_, files, complaint) => {
    const complaints = checkHouse(files);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain(complaint);
  });
});
