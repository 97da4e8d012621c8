import { useCallback, useEffect, useState } from "react";

import { ask } from "./api";

/** A row of the table `note`. */
export type Note = { id: number; text: string; created_at: string };

/** The notes, and what can be done to them. They are read again when somebody comes back to the page. */
export function useNotes<Row extends Note = Note>() {
  const [notes, setNotes] = useState<Row[] | null>(null);
  const [error, setError] = useState("");

  const run = useCallback(async (act: () => Promise<unknown>) => {
    try {
      await act();
      setNotes(await ask<Row[]>("GET", "/notes"));
      setError("");
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause));
    }
  }, []);

  useEffect(() => {
    const read = () => void run(async () => {});
    read();
    window.addEventListener("focus", read);
    return () => window.removeEventListener("focus", read);
  }, [run]);

  return {
    notes,
    error,
    add: (note: Partial<Row>) => run(() => ask("POST", "/notes", note)),
    change: (id: number, note: Partial<Row>) => run(() => ask("PATCH", `/notes/${id}`, note)),
    remove: (id: number) => run(() => ask("DELETE", `/notes/${id}`)),
  };
}
