// The list of chats, and who I am: switching, and whose chats have something new.

import { $, avatar, badge, bdi, button, el, listTime, roomAvatar } from "./draw.js";
import { changed, directKey, everybody, roleOf, roomKey, speakAs, start, state, unread } from "./store.js";

const ROLES = [["enterprise", "企业"], ["contact", "部门联络员"], ["worker", "社区和服务队"]];

export function myChats() {
  return [...start.rooms.map((room) => roomKey(room.name)), directKey(state.me)];
}

export function titleOf(key) {
  return key.startsWith("room:") ? key.slice(5) : start.bot;
}

export function othersWithNews() {
  return everybody()
    .filter((name) => name !== state.me)
    .map((name) => ({ name, count: unread(directKey(name), name).count }))
    .filter((other) => other.count);
}

export function drawSide(open) {
  $("chats").replaceChildren(...myChats().map((key) => chatRow(key, open)));
  const others = othersWithNews();
  $("others").hidden = !others.length;
  $("others-list").replaceChildren(...others.map((other) => otherRow(other, open)));
  const mine = myChats().reduce((sum, key) => sum + unread(key).count, 0);
  const elsewhere = myChats().reduce((sum, key) => sum + (key === state.chat ? 0 : unread(key).count), 0);
  const theirs = others.reduce((sum, other) => sum + other.count, 0);
  $("me-avatar").replaceChildren(avatar(state.me));
  $("me-name").replaceChildren(bdi(state.me || "（没有名字）"));
  for (const id of ["rail-me", "who"]) $(id).replaceChildren(avatar(state.me), badge(theirs, "badge dot") ?? "");
  $("back-badge").textContent = elsewhere + theirs ? String(Math.min(elsewhere + theirs, 99)) : "";
  document.title = `${mine ? `(${mine}) ` : ""}${start.bot} · 群聊`;
  if (!$("people").hidden) drawPeople();
}

function chatRow(key, open) {
  const last = state.chats.get(key)?.messages.at(-1);
  const { count, mentioned } = unread(key);
  const direct = !key.startsWith("room:");
  const face = el("span", "pic", direct ? avatar("", true) : roomAvatar(), badge(count));
  const words = el("span", "snip", mentioned ? el("em", "", "[有人@我] ") : null, bdi(snippet(last, direct)));
  const top = el("span", "top", el("b", "", titleOf(key)), last ? el("time", "", listTime(last.at)) : null);
  const row = button(`chat-row${key === state.chat ? " on" : ""}`, face, () => open(key));
  row.append(el("span", "lines", top, words));
  row.dataset.chat = key;
  return el("li", "", row);
}

function snippet(message, direct) {
  if (!message) return direct ? "私聊" : "还没有消息";
  const own = message.name === state.me && message.sender;
  if (message.recalled) return own ? "你撤回了一条消息" : `“${message.name}”撤回了一条消息`;
  const words = message.text.slice(0, 60).replace(/\s+/g, " ");
  return direct || own ? words : `${message.name || "无名成员"}：${words}`;
}

function otherRow({ name, count }, open) {
  const last = state.chats.get(directKey(name))?.messages.findLast((it) => it.sender === "");
  const row = button("chat-row", el("span", "pic", avatar(name), badge(count)), () => {
    speakAs(name);
    open(directKey(name));
  });
  row.append(el("span", "lines", el("span", "top", el("b", "", bdi(name))), el("span", "snip", bdi(snippet(last, true)))));
  row.dataset.person = name;
  row.title = `切换为 ${name}`;
  return el("li", "", row);
}

// ── Choosing who I am ────────────────────────────────────────────────────────

export function openPeople() {
  $("people").hidden = false;
  $("shade").hidden = false;
  $("people-find").value = "";
  drawPeople();
  if (matchMedia("(hover: hover)").matches) $("people-find").focus();
}

export function closePeople() {
  $("people").hidden = true;
  if (!document.body.classList.contains("panel-shown")) $("shade").hidden = true;
}

function drawPeople() {
  const word = $("people-find").value.trim();
  const names = everybody().filter((name) => name.includes(word));
  const groups = ROLES.map(([role, title]) => {
    const rows = names.filter((name) => roleOf(name) === role).map(personRow);
    return rows.length ? el("section", "", el("h3", "", title), el("div", "people-grid", ...rows)) : null;
  });
  $("people-list").replaceChildren(...groups.filter(Boolean));
}

function personRow(name) {
  const { count } = name === state.me ? { count: 0 } : unread(directKey(name), name);
  const row = button(`person${name === state.me ? " on" : ""}`, el("span", "pic", avatar(name), badge(count)), () => become(name));
  row.append(el("span", "person-name", bdi(name || "（没有名字）")));
  row.dataset.person = name;
  return row;
}

function become(name) {
  const inDirect = state.chat && !state.chat.startsWith("room:");
  const news = name !== state.me && unread(directKey(name), name).count;
  closePeople();
  speakAs(name);
  changed(news || inDirect ? "go-direct" : "stay");
}

$("people-find").addEventListener("input", drawPeople);
$("people-close").addEventListener("click", closePeople);
$("people-own").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("people-name").value.trim();
  if (name) become(name);
  $("people-name").value = "";
});
for (const id of ["me", "rail-me", "who"]) $(id).addEventListener("click", openPeople);
