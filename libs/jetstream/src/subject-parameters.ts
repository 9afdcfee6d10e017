/** Reads the values that stand in place of a pattern's wildcards. */
export class SubjectParameters {
  private readonly places: readonly { readonly index: number; readonly name: string; readonly rest: boolean }[];

  /**
   * @param pattern a subject with wildcards: `orders.*.items.>`
   * @param names one for each wildcard, in order; a wildcard without one is called by its place: `0`, `1`, …
   */
  constructor(pattern: string, names: readonly string[] = []) {
    const wildcards = pattern.split('.').map((token, index) => ({ token, index }));
    this.places = wildcards
      .filter(({ token }) => token === '*' || token === '>')
      .map(({ token, index }, place) => ({ index, name: names[place] ?? String(place), rest: token === '>' }));
  }

  /** @returns the values by their names; what `>` stands for keeps its dots */
  read(subject: string): Record<string, string> {
    const tokens = subject.split('.');
    const values: Record<string, string> = {};
    for (const { index, name, rest } of this.places) values[name] = rest ? tokens.slice(index).join('.') : (tokens[index] ?? '');
    return values;
  }
}
