// Writing: Enter sends, @ opens the members, a quote stands above the line; what could not be sent stays and says so.

import { $, avatar, bdi, el, now } from "./draw.js";
import { drawUnsent } from "./log.js";
import { newId, post } from "./post.js";
import { chat, keepUnsent, personId, roomOf, start, state } from "./store.js";

const text = $("text");
const members = $("members");
let quoted = null;
let picked = 0;

export function quote(message) {
  quoted = message;
  $("quoting-text").replaceChildren(bdi(`${message.name}：${message.text.slice(0, 200)}`));
  $("quoting").hidden = false;
  text.focus();
}

export function dropQuote() {
  quoted = null;
  $("quoting").hidden = true;
}

export function reedit(words) {
  text.value = words;
  grow();
  text.focus();
}

export function mention(name) {
  if (!roomOf(state.chat)) return;
  insert(`${before() && !/\s$/.test(before()) ? " " : ""}@${name} `);
}

export function clearInput() {
  dropQuote();
  closeMembers();
  grow();
}

const before = () => text.value.slice(0, text.selectionStart);

function insert(words, back = 0) {
  const from = text.selectionStart - back;
  text.setRangeText(words, from, text.selectionEnd, "end");
  grow();
  text.focus();
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 132)}px`;
  $("send").classList.toggle("ready", Boolean(text.value.trim()));
}

function submit() {
  const words = text.value;
  if (!words.trim() || !state.chat) return;
  const message = {
    id: newId(),
    chat: state.chat,
    sender: personId(state.me),
    name: state.me,
    as: state.me,
    text: words,
    quoted: quoted?.id ?? null,
    mentions: namesIn(words),
    at: new Date(now()).toISOString(),
    state: "sending",
  };
  text.value = "";
  clearInput();
  send(message);
}

export function retry(message) {
  if (message.state === "failed") send(message);
}

async function send(message) {
  Object.assign(message, { state: "sending", why: "" });
  state.unsent.set(message.id, message);
  keepUnsent();
  drawUnsent(message);
  const { id, as, quoted, mentions } = message;
  try {
    await post("/messages", { id, as, room: roomOf(message.chat), text: message.text, quoted, mentions });
    message.state = "sent";
  } catch (trouble) {
    Object.assign(message, { state: "failed", why: trouble.message });
  }
  keepUnsent();
  // The stream may have been faster than the answer to the post; then the message is drawn already.
  if (!chat(message.chat).byId.has(id)) drawUnsent(message);
}

// ── @ ────────────────────────────────────────────────────────────────────────

function everyone() {
  const spoken = state.chat ? chat(state.chat).messages.map((message) => message.name) : [];
  const names = new Set([start.bot, ...start.people.map((person) => person.name), ...spoken]);
  names.delete(state.me);
  return [...names].filter(Boolean);
}

function namesIn(words) {
  return everyone().filter((name) => name !== start.bot && words.includes(`@${name}`));
}

function asked() {
  const found = roomOf(state.chat ?? "") && /@([^@\s]{0,20})$/.exec(before());
  return found ? found[1] : null;
}

function openMembers() {
  const word = asked();
  const fitting = word === null ? [] : everyone().filter((name) => name.includes(word));
  members.replaceChildren(...fitting.slice(0, 60).map(option));
  members.hidden = !fitting.length;
  point(0);
}

function option(name) {
  const item = el("li", "", avatar(name, name === start.bot), bdi(name));
  item.setAttribute("role", "option");
  item.dataset.name = name;
  item.addEventListener("pointerdown", (event) => event.preventDefault());
  item.addEventListener("click", () => choose(name));
  return item;
}

function point(index) {
  const items = [...members.children];
  picked = (index + items.length) % (items.length || 1);
  items.forEach((item, at) => item.setAttribute("aria-selected", String(at === picked)));
  items[picked]?.scrollIntoView({ block: "nearest" });
}

function choose(name) {
  insert(`@${name} `, (asked() ?? "").length + 1);
  closeMembers();
}

function closeMembers() {
  members.hidden = true;
}

// ── Keys ─────────────────────────────────────────────────────────────────────

text.addEventListener("input", () => {
  grow();
  openMembers();
});
text.addEventListener("keydown", (event) => {
  // Enter that ends an input method's composition chooses a word, it doesn't send.
  if (event.isComposing || event.keyCode === 229) return;
  if (!members.hidden && membersKey(event.key)) {
    event.preventDefault();
    return;
  }
  if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.altKey) {
    event.preventDefault();
    submit();
  }
  if (event.key === "Escape") dropQuote();
});

function membersKey(key) {
  if (key === "ArrowDown") point(picked + 1);
  else if (key === "ArrowUp") point(picked - 1);
  else if (key === "Enter" || key === "Tab") choose(members.children[picked].dataset.name);
  else if (key === "Escape") closeMembers();
  else return false;
  return true;
}

text.addEventListener("blur", () => setTimeout(closeMembers, 150));
$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
  text.focus();
});
$("quoting-drop").addEventListener("click", dropQuote);
$("at").addEventListener("click", () => {
  insert("@");
  openMembers();
});
$("at-bot").addEventListener("click", () => insert(`@${start.bot} `));
