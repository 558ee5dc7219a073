/** The options, if each of these is a number of at least 1 where it is given. @throws TypeError @internal */
export function checked<T extends object>(options: T, names: readonly (keyof T & string)[]): T {
  for (const name of names) {
    const value: unknown = options[name];
    if (value !== undefined && !(typeof value === "number" && value >= 1)) {
      throw new TypeError(`${name} must be a number of at least 1, not ${String(value)}`);
    }
  }
  return options;
}
