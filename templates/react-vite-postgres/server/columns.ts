/** The columns of `note` that the page may set. */
export const note_columns: string[] = ["text"];
