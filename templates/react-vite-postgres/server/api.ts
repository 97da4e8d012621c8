// The API of the app: what the page asks for below /api.
import type { IncomingMessage, ServerResponse } from "node:http";

import { note_columns } from "./columns";
import { query } from "./database";

const body_bytes_max = 1_000_000;

class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function read_body(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > body_bytes_max) throw new Refused(413, "The request is too long.");
  }
  return text ? JSON.parse(text) : {};
}

/** Those members of `body` that are columns which people may change. */
function changes_of(body: Record<string, unknown>): [string, unknown][] {
  const changes = Object.entries(body).filter(([name]) => note_columns.includes(name));
  if (changes.length === 0) throw new Refused(400, `Give at least one of: ${note_columns.join(", ")}.`);
  return changes;
}

async function answer_notes(method: string, id: string | undefined, body: Record<string, unknown>): Promise<unknown> {
  if (method === "GET" && !id) return query("select * from note order by id");
  if (method === "POST" && !id) {
    const changes = changes_of(body);
    const names = changes.map(([name]) => `"${name}"`).join(", ");
    const holes = changes.map((_, index) => `$${index + 1}`).join(", ");
    const [made] = await query(`insert into note (${names}) values (${holes}) returning *`, changes.map(([, value]) => value));
    return made;
  }
  if (method === "PATCH" && id) {
    const changes = changes_of(body);
    const sets = changes.map(([name], index) => `"${name}" = $${index + 2}`).join(", ");
    const [changed] = await query(`update note set ${sets} where id = $1 returning *`, [id, ...changes.map(([, value]) => value)]);
    if (!changed) throw new Refused(404, "There is no such note.");
    return changed;
  }
  if (method === "DELETE" && id) return query("delete from note where id = $1 returning id", [id]);
  throw new Refused(405, `${method} does not work here.`);
}

export async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const say = (status: number, value: unknown) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(value));
  };
  try {
    const [name, id] = new URL(request.url ?? "/", "http://app").pathname.split("/").filter(Boolean);
    if (name !== "notes") throw new Refused(404, "There is nothing at this address.");
    say(200, await answer_notes(request.method ?? "GET", id, await read_body(request)));
  } catch (error) {
    const status = error instanceof Error && "status" in error ? Number(error.status) : 500;
    if (status === 500) console.error(error);
    say(status, { error: error instanceof Error ? error.message : String(error) });
  }
}
