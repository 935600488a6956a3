import type { JournalEntry } from '../../src/model/journal.js';
import { JournalState } from '../../src/flow/journal/state.js';
import { ChatReader, type ChatSurroundings } from '../../src/integrations/chat-reader.js';
import type { ChatEvent } from '../../src/integrations/event.js';
import type { Json } from '../../src/lib/json/json.js';

/** The chat of one call, and what its journal says up to the entry that was added last. */
export function readChat(surroundings: ChatSurroundings): {
  add(entry: JournalEntry): readonly ChatEvent[];
  value(name: string): Json | undefined;
} {
  const state = new JournalState();
  const chat = new ChatReader(surroundings, state);
  return {
    add(entry) {
      state.add(entry);
      return chat.read(entry);
    },
    value: (name) => chat.value(name),
  };
}
