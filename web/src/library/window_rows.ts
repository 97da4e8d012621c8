/** Rows above and below the view that are drawn as well, so that scrolling shows no gaps. */
const spare_rows = 8;

/** Which rows of equal height a view shows: from `first` up to, and without, `last`. */
export function rows_in_view(count: number, row_px: number, top_px: number, height_px: number): { first: number; last: number } {
  const first = Math.max(0, Math.min(count, Math.floor(top_px / row_px)) - spare_rows);
  return { first, last: Math.min(count, Math.ceil((top_px + height_px) / row_px) + spare_rows) };
}
