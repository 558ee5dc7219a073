/** `setTimeout` for any number of milliseconds: above 2^31 - 1 it would fire at once. Returns what stops it. @internal */
export function after(ms: number, callback: () => void): () => void {
  const longest = 2 ** 31 - 1;
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > longest ? wait(left - longest) : callback()), Math.min(left, longest));
  };
  wait(ms);
  return () => clearTimeout(timer);
}
