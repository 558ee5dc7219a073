/** Several runs of the same: two to warm up, seven that count; fewer, but three, of what takes long. `run(n)` gives a number. */
export async function several(run, { warmUps = 2, runs = 7, budgetMs = 4000 } = {}) {
  const values = [];
  const end = performance.now() + budgetMs;
  for (let n = 0; values.length < runs && (values.length < 3 || performance.now() < end); n++) {
    const started = performance.now();
    const value = await run(n);
    // What is slow is warm after the first second.
    const isWarmUp = n < warmUps && performance.now() - started < 1000;
    if (!isWarmUp) values.push(value);
  }
  return values;
}
