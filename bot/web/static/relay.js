// The relay page: paste, read, copy the ready reply, say that it was carried. Text only ever goes in as text.

import { $, bdi, button, el, howLong, now, setClock, timeLabel, toast } from "./draw.js";
import { post } from "./post.js";
import { keep, start } from "./store.js";

const LOOK_EVERY = 4000;
const LATE_AFTER = 30 * 60000;
let cases = [];
let named = {}; // names chosen for lines without one, by line
let anew = []; // lines that are new although the same was read before

const room = () => $("room").value;

function fill(select, values, chosen) {
  select.replaceChildren(...values.map((value) => {
    const option = el("option", "", value);
    option.value = value;
    return option;
  }));
  if (values.includes(chosen)) select.value = chosen;
}

const remembered = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
};

// ── Copying ──────────────────────────────────────────────────────────────────

// navigator.clipboard is missing on plain http away from localhost, where phones open this page.
async function copy(text, words) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = el("textarea", "");
    box.value = text;
    box.readOnly = true;
    document.body.append(box);
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    if (!copied) {
      getSelection().selectAllChildren(words);
      toast("复制不了，已替你选中：长按复制");
      return;
    }
  }
  toast("已复制，到群里粘贴");
}

// ── Replies to be carried ────────────────────────────────────────────────────

async function look() {
  try {
    const answer = await fetch("/relay/waiting");
    if (!answer.ok) return;
    const news = await answer.json();
    cases = news.cases;
    setClock(news.clock);
    drawWaiting(news.waiting);
  } catch {
    // The next look tries again.
  }
}

let shownWaiting = "";
function drawWaiting(waiting) {
  $("waiting-count").textContent = waiting.length ? `${waiting.length}` : "";
  const ages = waiting.map((it) => howLong(it.since));
  const drawn = JSON.stringify([waiting, ages]);
  if (drawn === shownWaiting) return; // what somebody is selecting stays selected
  shownWaiting = drawn;
  $("waiting").replaceChildren(...waiting.map(drawLetter));
  if (!waiting.length) $("waiting").append(el("li", "empty", "没有要贴回的"));
}

function drawLetter(it) {
  const where = it.room ? `请贴回「${it.room}」` : `请私下发给 ${it.to}`;
  const waited = now() - Date.parse(it.since);
  const words = waited < 60000 ? "刚到" : `等了 ${howLong(it.since).replace(/^(已超|还有) /, "")}`;
  const age = el("span", `age${waited > LATE_AFTER ? " late" : ""}`, words);
  const item = el("li", "", el("p", "to", bdi(where)), ...replyParts(it, age));
  item.dataset.receipt = it.receipt;
  return item;
}

function replyParts(it, age = null) {
  const words = el("p", "words", bdi(it.text));
  const done = button("plain", "已贴", async () => {
    done.disabled = true;
    try {
      await post("/relay/carried", { receipt: it.receipt });
      for (const box of document.querySelectorAll("[data-reply]")) {
        if (box.dataset.reply === it.receipt) box.replaceChildren(words.cloneNode(true), el("p", "done", "已贴回"));
      }
    } catch (trouble) {
      toast(trouble.message);
      done.disabled = false;
    }
    look();
  });
  return [words, el("div", "acts-row", button("do", "复制", () => copy(it.text, words)), done, age)];
}

// ── Reading ──────────────────────────────────────────────────────────────────

async function read() {
  const text = $("text").value;
  $("read").disabled = true;
  $("sum").textContent = "在读…";
  try {
    const found = await post("/relay/read", { room: room(), text, old: $("old").checked, names: named, anew });
    anew = [];
    cases = found.cases;
    $("names").replaceChildren(...found.names.map((name) => {
      const option = el("option", "");
      option.value = name;
      return option;
    }));
    drawFound(found);
  } catch (trouble) {
    $("sum").textContent = trouble.message;
    toast(trouble.message);
  }
  $("read").disabled = false;
  look();
}

function drawFound({ items, notices, unread }) {
  const fresh = items.filter((it) => it.kind === "new").length;
  const known = items.filter((it) => it.kind === "known").length;
  const parts = [`读出 ${items.length} 条`, `新的 ${fresh} 条`];
  if (known) parts.push(`读过的 ${known} 条`);
  if (unread.length) parts.push(`没读懂的 ${unread.length} 处`);
  $("sum").textContent = items.length || unread.length ? parts.join("，") : "没有读到消息";
  const rows = [
    ...items.map((it) => ({ line: it.line, row: drawItem(it) })),
    ...notices.map((it) => ({ line: it.line, row: el("li", "notice", bdi(it.text)) })),
    ...unread.map((it) => ({ line: it.line, row: drawUnread(it) })),
  ];
  rows.sort((one, other) => one.line - other.line);
  $("items").replaceChildren(...rows.map(({ row }) => row));
  $("sum").scrollIntoView({ block: "center" });
}

function drawUnread(it) {
  const top = el("div", "said-top", el("b", "", `第 ${it.line} 行`), el("span", "chip bad", "没读懂"));
  return el("li", "unread", top, el("p", "words", bdi(it.text)), el("p", "why", it.mend));
}

function drawItem(it) {
  const top = el("div", "said-top", el("b", "", bdi(it.name || "没有名字")), it.at ? el("time", "", timeLabel(it.at)) : null, el("span", `chip ${it.tone}`, it.word));
  const row = el("li", it.kind, top);
  row.dataset.line = it.line;
  if (it.quote) row.append(el("p", "quote", bdi(it.quote)));
  row.append(el("p", "words", bdi(it.text)));
  const numbers = it.cases.map((number) => `#${number}`).join("、");
  row.append(el("p", "why", bdi([numbers, it.why].filter(Boolean).join("：") )));
  if (it.kind === "nameless") row.append(askName(it));
  for (const reply of it.replies) {
    const box = el("div", "reply", ...replyParts(reply));
    box.dataset.reply = reply.receipt;
    row.append(box);
  }
  if (it.id) row.append(marking(it));
  return row;
}

function askName(it) {
  const input = el("input", "");
  input.setAttribute("list", "names");
  input.setAttribute("aria-label", "谁说的");
  input.placeholder = "群昵称，如 泰准金属-安全员";
  input.maxLength = 40;
  const go = button("do", "读这一条", () => {
    if (!input.value.trim()) return toast("先选或写上是谁说的");
    named = { ...named, [it.line]: input.value.trim() };
    return read();
  });
  return el("div", "acts-row", input, go);
}

function marking(it) {
  const box = el("div", "acts-row");
  for (const { case: number, label } of it.answers) box.append(button("plain", label, () => confirmMark(box, it, number)));
  if (cases.length) {
    const more = button("link", "记为联络员的答复…", () => {
      const select = el("select", "");
      select.setAttribute("aria-label", "记到哪个工单");
      select.append(...cases.map((one) => {
        const option = el("option", "", `#${one.number} ${one.department}：${one.question}`);
        option.value = one.number;
        return option;
      }));
      more.replaceWith(select, button("plain", "记到它", () => confirmMark(box, it, Number(select.value))));
    });
    box.append(more);
  }
  if (it.kind === "known") {
    box.append(button("link", "其实是新的一条", () => {
      anew = [it.line];
      read();
    }));
  }
  return box;
}

function confirmMark(box, it, number) {
  const about = cases.find((one) => one.number === number);
  const what = about ? `#${number}「${about.question}」` : `#${number}`;
  const words = `把“${it.name}”的这句话作为${about?.department ?? "部门"}的答复记到 ${what}，转告提问人？会记下是${start.me}记的。`;
  const ask = el("div", "ask", el("p", "", bdi(words)));
  const yes = button("do", "确认", async () => {
    yes.disabled = true;
    try {
      const { said, done } = await post("/relay/mark", { room: room(), id: it.id, case: number });
      ask.replaceChildren(el("p", done ? "done" : "", bdi(said)));
      box.remove();
      look();
    } catch (trouble) {
      toast(trouble.message);
      ask.remove();
    }
  });
  ask.append(el("div", "acts-row", yes, button("plain", "算了", () => ask.remove())));
  box.parentElement.querySelector(".ask")?.remove();
  box.after(ask);
}

fill($("room"), start.rooms.map((it) => it.name), remembered("relay-room"));
$("room").addEventListener("change", () => keep("relay-room", room()));
$("text").addEventListener("input", () => {
  named = {};
  anew = [];
});
$("paste").addEventListener("submit", (event) => {
  event.preventDefault();
  read();
});
look();
setInterval(() => document.hidden || look(), LOOK_EVERY);
