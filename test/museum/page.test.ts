// docs/museum.md has a section for each exhibit, in the order of the rooms, with a link to each of its threads; no others.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exhibits } from './exhibits.ts';

const page = readFileSync(new URL('../../docs/museum.md', import.meta.url), 'utf8');

/** The text under each heading of the third rank. */
const sections = new Map(
  page
    .split(/^(?=##)/m)
    .filter((section) => section.startsWith('### '))
    .map((section) => {
      const [heading, ...lines] = section.split('\n');
      return [heading.slice('### '.length), lines.join('\n')];
    }),
);

/** A link as the page writes it; GitHub leads from an issue's address to the pull request of that number. */
function linkTo(thread: string): string {
  return `[${thread}](https://github.com/${thread.replace('#', '/issues/')})`;
}

test('a section for each exhibit', () => {
  expect([...sections.keys()]).toEqual(exhibits.map(({ name }) => name));
});

test.each(exhibits.map(({ name, threads }) => [name, threads] as const))('%s', (name, threads) => {
  const section = sections.get(name)!;
  const links = section.match(/\[[^\]]*\]\(https:[^)]*\)/g);
  expect(links).toEqual(expect.arrayContaining(threads.map(linkTo)));
  expect(links?.length).toBe(threads.length);
});
