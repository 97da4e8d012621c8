// How tall the rows of a long list are, numbered from 1: as measured where a row was drawn, a guess elsewhere. The sums
// are a Fenwick tree, so that a list of 100,000 rows answers where a row stands in some twenty steps.

/** Browsers lay out no more than about 17 million pixels: the guess gets smaller in very long lists. */
const list_px_max = 8_000_000;
const guess_px_max = 110;
const guess_px_min = 24;

export class Heights {
  readonly guess: number;
  private readonly measured = new Map<number, number>();
  private sums: Float64Array;

  constructor(count: number) {
    this.guess = Math.min(guess_px_max, Math.max(guess_px_min, Math.floor(list_px_max / Math.max(1, count))));
    this.sums = new Float64Array(Math.max(16, count + 1));
  }

  of(row: number): number {
    return this.measured.get(row) ?? this.guess;
  }

  set(row: number, height: number): void {
    const more = height - this.of(row);
    if (more === 0) return;
    this.measured.set(row, height);
    if (row < this.sums.length) this.add(row, more);
    else this.grow(row);
  }

  /** The distance from the top of the list to the top of a row; of the row after the last one it is the list's height. */
  top_of(row: number): number {
    let more = 0;
    for (let at = Math.min(row, this.sums.length) - 1; at > 0; at -= at & -at) more += this.sums[at]!;
    return (row - 1) * this.guess + more;
  }

  /** The row that stands at a distance from the top, of `count` rows. */
  row_at(top: number, count: number): number {
    let first = 1;
    let last = Math.max(1, count);
    while (first < last) {
      const middle = (first + last + 1) >> 1;
      if (this.top_of(middle) <= top) first = middle;
      else last = middle - 1;
    }
    return first;
  }

  private add(row: number, more: number): void {
    for (let at = row; at < this.sums.length; at += at & -at) this.sums[at]! += more;
  }

  private grow(row: number): void {
    this.sums = new Float64Array(2 * row);
    for (const [at, height] of this.measured) this.add(at, height - this.guess);
  }
}

export interface Rows { first: number; last: number }

/** The rows within `margin` of what is in view. */
export function rows_in_view(heights: Heights, count: number, top: number, height: number, margin: number): Rows {
  return { first: heights.row_at(top - margin, count), last: heights.row_at(top + height + margin, count) };
}
