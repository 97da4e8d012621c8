import { useState, type FormEvent } from "react";

import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { ThemeButton } from "@/components/theme-button";

const firstIdeas = ["A page for my bakery with opening hours", "A board for the team's tasks", "A quiz about capitals"];

export default function Home() {
  const [ideas, setIdeas] = useState(firstIdeas);
  const [draft, setDraft] = useState("");

  function addIdea(event: FormEvent) {
    event.preventDefault();
    const idea = draft.trim();
    if (!idea) return;
    setIdeas([idea, ...ideas]);
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
            Say in the chat what it should become. Every change is a version that you can return to.
          </p>
        </div>

        <Card>
          <CardHeader>
            <CardTitle>Ideas</CardTitle>
            <CardDescription>A small list, to show that things work.</CardDescription>
          </CardHeader>
          <CardContent className="space-y-4">
            <form onSubmit={addIdea} className="flex gap-2">
              <Input value={draft} onChange={(event) => setDraft(event.target.value)} placeholder="One more idea" aria-label="One more idea" />
              <Button type="submit" disabled={!draft.trim()}>
                Add
              </Button>
            </form>
            <ul className="divide-y">
              {ideas.map((idea) => (
                <li key={idea} className="flex items-center justify-between gap-4 py-2">
                  <span>{idea}</span>
                  <Button variant="ghost" size="small" onClick={() => setIdeas(ideas.filter((other) => other !== idea))} aria-label={`Remove: ${idea}`}>
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
