// The law of every stream: who folds the events of a chat sees what the API shows.

/** The history of a branch, told by the chat's events alone. `branches` gives what lies before the first event: the tree. */
export function folded(events, branches, branch_id) {
  const messages = new Map();
  const variants = new Map();
  const removed = [];
  const keep = (message) => {
    messages.set(message.id, { ...messages.get(message.id), id: message.id, branch_id: message.branch_id, seq: message.seq, role: message.role, shown: message.variant.id });
    const told = message.variant.blocks?.map((block) => [block.type, block.content, block.status]);  // the last event of a generation leaves it at block.done
    variants.set(message.variant.id, { text: message.text, blocks: told ?? variants.get(message.variant.id).blocks });
  };
  for (const [index, event] of events.entries()) {
    if (event.type === 'message.created') {
      keep(event.message);
      messages.get(event.message.id).born = index;
    } else if (event.message) keep(event.message);
    else if (event.type === 'block.done') {
      const variant = variants.get(event.variant_id) ?? { text: '', blocks: [] };
      variant.blocks = [...variant.blocks, [event.block.type, event.block.content, event.block.status]];
      variants.set(event.variant_id, variant);
    } else if (event.type === 'message.deleted') removed.push({ branch_id: event.branch_id, seq: event.message_seq, index });
  }
  const created = new Map();
  for (const [index, event] of events.entries()) if (event.type === 'branch.created') created.set(event.branch.id, index);

  const by_id = new Map(branches.map((branch) => [branch.id, branch]));
  /** The messages of a branch as they stood at event `until`, up to `seq`. */
  const history = (id, until, seq_max) => {
    const branch = by_id.get(id);
    const own = [...messages.values()].filter((message) => message.branch_id === id && message.born < until && message.seq <= seq_max &&
      !removed.some((event) => event.branch_id === id && event.seq <= message.seq && event.index > message.born && event.index < until));
    if (!branch?.parent_branch_id) return own;
    const fork = Math.min(seq_max, branch.forked_from_seq);
    const inherited = history(branch.parent_branch_id, created.get(id) ?? until, fork);
    return [...inherited.map((message) => (message.seq === branch.forked_from_seq && branch.forked_from_variant_id ? { ...message, shown: branch.forked_from_variant_id } : message)), ...own];
  };
  return history(branch_id, events.length, Infinity).sort((a, b) => a.seq - b.seq).map((message) => ({
    id: message.id, seq: message.seq, role: message.role, text: variants.get(message.shown)?.text, variant_id: message.shown, blocks: variants.get(message.shown)?.blocks }));
}
