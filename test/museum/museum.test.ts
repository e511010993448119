// The museum of wrong backpropagation through time: every exhibit in two halves. Ours is right; and had it the fault of
// the exhibit, the same comparison would show it. docs/museum.md is the guide.
import { describe, test, vi } from 'vitest';
import { exhibits } from './exhibits.ts';

vi.mock('../../src/study/gradient-program.ts', async (original) => {
  const module = await original<typeof import('../../src/study/gradient-program.ts')>();
  const { throughSeam } = await import('./seam.ts');
  return { ...module, withGradients: throughSeam(module.withGradients) };
});

for (const { name, threads, right, wrong } of exhibits) {
  describe(`${name} (${threads.join(', ')})`, () => {
    test('ours is right', right);
    test('the fault would be seen', wrong);
  });
}
