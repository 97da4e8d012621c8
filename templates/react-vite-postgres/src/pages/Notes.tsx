import { useState, type FormEvent } from "react";

import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { ThemeButton } from "@/components/theme-button";
import { useNotes } from "@/lib/use-notes";

export default function Notes() {
  const { notes, error, add, remove } = useNotes();
  const [draft, setDraft] = useState("");

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!draft.trim()) return;
    void add({ text: draft.trim() });
    setDraft("");
  }

  return (
    <div className="mx-auto flex min-h-screen max-w-2xl flex-col px-6 py-8">
      <header className="flex items-center justify-between">
        <img src="/icon.svg" alt="" className="size-9" />
        <ThemeButton />
      </header>

      <main className="my-auto space-y-8 py-10">
        <div className="space-y-4 text-center">
          <Badge>New app</Badge>
          <h1 className="text-balance text-4xl font-bold tracking-tight sm:text-5xl">Your app begins here</h1>
          <p className="mx-auto max-w-lg text-balance text-muted-foreground">
            Say in the chat what it should become. It has a PostgreSQL, and so has each branch of the chat.
          </p>
        </div>

        <Card>
          <CardHeader>
            <CardTitle>Notes</CardTitle>
            <CardDescription>Rows of a table, to show that things work.</CardDescription>
          </CardHeader>
          <CardContent className="space-y-4">
            <form onSubmit={submit} className="flex gap-2">
              <Input value={draft} onChange={(event) => setDraft(event.target.value)} placeholder="A new note" aria-label="A new note" />
              <Button type="submit" disabled={!draft.trim()}>
                Add
              </Button>
            </form>
            {error && (
              <p role="alert" className="whitespace-pre-wrap text-danger">
                {error}
              </p>
            )}
            {notes?.length === 0 && <p className="text-muted-foreground">There are no notes yet.</p>}
            <ul className="divide-y">
              {notes?.map((note) => (
                <li key={note.id} className="flex items-center justify-between gap-4 py-2">
                  <span>{note.text}</span>
                  <Button variant="ghost" size="small" onClick={() => void remove(note.id)} aria-label={`Remove: ${note.text}`}>
                    Remove
                  </Button>
                </li>
              ))}
            </ul>
          </CardContent>
        </Card>
      </main>
    </div>
  );
}
