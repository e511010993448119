// What a run of planted faults has found, as text: by group and kind, by law, and every fault that escaped.
import type { Group, Judged, Outcome } from './fault.ts';

type Result = Outcome['result'];

const COLUMNS: readonly (readonly [title: string, results: readonly Result[]])[] = [
  ['planted', ['refused', 'caught', 'escaped', 'unchanged']],
  ['refused by types', ['refused']],
  ['changed no answer', ['unchanged']],
  ['changed an answer', ['caught', 'escaped']],
  ['caught', ['caught']],
  ['escaped', ['escaped']],
];

function row(judged: readonly Judged[]): string[] {
  return COLUMNS.map(([, results]) => {
    return String(judged.filter(({ outcome }) => results.includes(outcome.result)).length);
  });
}

/** What is done first by each: the items by a name, those with most of them first. */
function byName<Item>(items: readonly Item[], nameOf: (item: Item) => string): [string, Item[]][] {
  const found = new Map<string, Item[]>();
  for (const item of items) found.set(nameOf(item), [...(found.get(nameOf(item)) ?? []), item]);
  return [...found].sort(([, a], [, b]) => b.length - a.length);
}

/** Columns one under the other: the first from the left, numbers from the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((cells) => cells[k].length)));
  return rows
    .map((cells) =>
      cells
        .map((cell, k) => (k === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[k])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The whole report. */
export function report(groups: readonly Group[], judged: readonly Judged[]): string {
  const head = COLUMNS.map(([title]) => title);
  const parts = groups.flatMap(({ name, about }) => {
    const own = judged.filter(({ group }) => group === name);
    if (own.length === 0) return [];
    const kinds = byName(own, ({ kind }) => kind).map(([kind, list]) => [`  ${kind}`, ...row(list)]);
    return [`${about}\n${table([[name, ...head], ...kinds, ['  together', ...row(own)]])}`];
  });
  parts.push(
    table([
      ['all groups', ...head],
      ['  together', ...row(judged)],
    ]),
  );
  return [...parts, reasons(judged), laws(judged), thorough(judged), escaped(judged)]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Why no answer has changed. */
function reasons(judged: readonly Judged[]): string {
  const unchanged = judged.flatMap(({ outcome }) => (outcome.result === 'unchanged' ? [outcome] : []));
  const rows = byName(unchanged, ({ why }) => why).map(([why, list]) => [`  ${why}`, String(list.length)]);
  return rows.length === 0 ? '' : table([['changed no answer', ''], ...rows]);
}

/** The law that each was caught by. */
function laws(judged: readonly Judged[]): string {
  const caught = judged.flatMap(({ outcome }) => (outcome.result === 'caught' ? [outcome] : []));
  const rows = byName(caught, ({ law }) => law).map(([law, list]) => [`  ${law}`, String(list.length)]);
  return rows.length === 0 ? '' : table([['caught by, the first of the laws that are asked', ''], ...rows]);
}

/** How many each law catches alone, of those that all were asked about. */
function thorough(judged: readonly Judged[]): string {
  const all = judged.flatMap(({ outcome }) => (outcome.result === 'caught' ? [outcome.all ?? []] : []));
  const asked = all.filter((broken) => broken.length > 0);
  const rows = byName(asked.flat(), (law) => law).map(([law, list]) => {
    const alone = asked.filter((broken) => broken.length === 1 && broken[0] === law).length;
    return [`  ${law}`, String(list.length), String(alone)];
  });
  if (rows.length === 0) return '';
  return table([[`of ${asked.length} for which all laws were asked`, 'caught', 'by no other'], ...rows]);
}

function escaped(judged: readonly Judged[]): string {
  return judged
    .flatMap(({ group, kind, place, outcome }) => {
      if (outcome.result !== 'escaped') return [];
      return [
        `escaped: ${kind}, ${place}`,
        `  on ${outcome.on}: ${outcome.change}`,
        `  node scripts/plant-faults.mjs "${group}" --only "${kind}, ${place}"`,
      ];
    })
    .join('\n');
}
