// What this page knows: who I am, the chats with their messages, what I have read. Everything else is drawn from it.

export const start = JSON.parse(document.getElementById("start").textContent);

const watchers = [];
export const watch = (watcher) => watchers.push(watcher);
export const changed = (what) => watchers.forEach((watcher) => watcher(what));

function kept(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // A full or forbidden store loses read marks, nothing else.
  }
}

const ROLE_OF = new Map(start.people.map((person) => [person.name, person.role]));
export const personId = (name) => start.prefix + (name || "?");
export const roleOf = (name) => ROLE_OF.get(name) || "enterprise";

let read = kept("read", {});
export const state = {
  me: new URLSearchParams(location.search).get("as") ?? kept("me", start.people[0]?.name ?? ""),
  chat: null, // key of the open chat
  chats: new Map(),
  unsent: new Map(kept("unsent", []).map((it) => [it.id, { ...it, state: "failed", why: "上次没有发出去" }])),
  loaded: false,
};

export const roomKey = (name) => `room:${name}`;
export const directKey = (name) => `direct:${personId(name)}`;
export const roomOf = (key) => (key.startsWith("room:") ? key.slice(5) : "");

export function chat(key) {
  if (!state.chats.has(key)) state.chats.set(key, { key, messages: [], byId: new Map() });
  return state.chats.get(key);
}

// Take in what the stream brought; returns the messages that are new and those that changed.
export function take(bubbles) {
  const fresh = [];
  const altered = [];
  for (const bubble of bubbles) {
    const here = chat(bubble.chat);
    const known = here.byId.get(bubble.id);
    if (known) {
      if (bubble.recalled && !known.recalled) {
        known.was = known.sender === personId(state.me) ? known.text : "";
        known.recalled = true;
        known.text = "";
        altered.push(known);
      }
      continue;
    }
    here.messages.push(bubble);
    here.byId.set(bubble.id, bubble);
    if (state.unsent.delete(bubble.id)) keepUnsent();
    fresh.push(bubble);
  }
  return { fresh, altered };
}

export function keepUnsent() {
  keep("unsent", [...state.unsent.values()].filter((it) => it.state !== "sent"));
}

export function speakAs(name) {
  state.me = name;
  keep("me", name);
  const url = new URL(location.href);
  url.searchParams.set("as", name);
  history.replaceState(history.state, "", url);
  changed("me");
}

// Unread messages of a chat for somebody: what others said in it since it was last looked at.
export function unread(key, name = state.me) {
  const here = state.chats.get(key);
  if (!here) return { count: 0, mentioned: false };
  const seen = read[key] ?? 0;
  const own = personId(name);
  const news = here.messages.filter((it) => it.position > seen && it.sender !== own && !it.recalled);
  return { count: news.length, mentioned: key.startsWith("room:") && news.some((it) => it.mention === own) };
}

export function markRead(key) {
  const here = state.chats.get(key);
  const last = here?.messages.at(-1)?.position ?? 0;
  if (last <= (read[key] ?? 0)) return false;
  read[key] = last;
  keep("read", read);
  return true;
}

// Another ledger than the one the read marks belong to: begin anew.
export function checkReadMarks(position) {
  if (Math.max(0, ...Object.values(read)) > position) {
    read = {};
    keep("read", read);
  }
}

// Another tab has read something.
addEventListener("storage", (event) => {
  if (event.key !== "read") return;
  read = kept("read", {});
  changed("read");
});

export function everybody() {
  const names = start.people.map((person) => person.name);
  for (const key of state.chats.keys()) {
    if (key.startsWith("direct:")) names.push(key.slice("direct:".length + start.prefix.length));
  }
  return [...new Set(names)];
}
