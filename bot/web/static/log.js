// The open conversation: bubbles, time separators, quotes, recalls.

import { $, avatar, bdi, button, el, now, timeLabel, toast } from "./draw.js";
import { mention, quote, reedit, retry } from "./composer.js";
import { showCase } from "./panel.js";
import { post } from "./post.js";
import { changed, chat, markRead, personId, roomOf, start, state } from "./store.js";

const GAP = 5 * 60000; // a time is shown after a pause of five minutes, as WeChat does
const RECALLABLE = 2 * 60000;
const LONG = 900;

const box = $("log");
const list = $("bubbles");
const nodes = new Map();
let lastTime = 0;
let below = 0;

const atBottom = () => box.scrollHeight - box.scrollTop - box.clientHeight < 60;
const mine = (message) => message.sender === personId(state.me);

export function drawAll() {
  nodes.clear();
  list.replaceChildren();
  lastTime = 0;
  below = 0;
  if (!state.chat) return;
  for (const message of chat(state.chat).messages) append(message);
  for (const message of state.unsent.values()) if (message.chat === state.chat) append(message);
  if (!list.children.length && state.loaded) list.append(welcome());
  scrollDown();
}

// “09:55” becomes “昨天 09:55” once the day is over.
export function drawTimes() {
  for (const pause of list.querySelectorAll(".time")) pause.textContent = timeLabel(pause.dataset.at);
}

export function drawNews(fresh, altered) {
  const stay = atBottom();
  for (const message of altered) if (message.chat === state.chat) replace(message);
  let added = 0;
  for (const message of fresh) {
    if (message.chat !== state.chat) continue;
    if (nodes.has(message.id)) replace(message);
    else {
      append(message);
      added += 1;
    }
  }
  if (!added && !altered.length) return;
  if (stay) scrollDown();
  else below += added;
  drawMore();
}

export function drawUnsent(message) {
  if (message.chat !== state.chat) return;
  if (nodes.has(message.id)) replace(message);
  else {
    append(message);
    scrollDown();
  }
}

export function scrollDown() {
  box.scrollTop = box.scrollHeight;
  below = 0;
  drawMore();
  look();
}

export function look() {
  if (state.chat && state.loaded && document.visibilityState === "visible" && shown() && markRead(state.chat)) changed("read");
}

const shown = () => $("talk").offsetParent !== null;

function drawMore() {
  $("more").hidden = !below;
  $("more").textContent = `↓ ${below} 条新消息`;
}

function append(message) {
  list.querySelector(".welcome")?.remove();
  const time = Date.parse(message.at);
  if (time - lastTime >= GAP) {
    const pause = el("li", "note time", timeLabel(message.at));
    pause.dataset.at = message.at;
    list.append(pause);
  }
  lastTime = Math.max(lastTime, time);
  const node = draw(message);
  nodes.set(message.id, node);
  list.append(node);
}

function replace(message) {
  const node = draw(message);
  nodes.get(message.id)?.replaceWith(node);
  nodes.set(message.id, node);
}

function draw(message) {
  if (message.recalled) return drawRecalled(message);
  const own = mine(message);
  const bot = message.sender === "";
  const face = button("face", avatar(message.name, bot), () => !own && mention(message.name));
  face.title = message.name || "无名成员";
  face.setAttribute("aria-label", own ? message.name : `@${message.name}`);
  const text = el("div", "bubble");
  text.dir = "auto";
  write(text, message);
  const row = el("div", "row", text, drawState(message));
  const body = el("div", "body", roomOf(message.chat) && !own ? el("div", "nick", bdi(message.name)) : null, row);
  if (message.text.length > LONG || message.text.split("\n").length > 28) fold(text, body);
  if (message.quoted) body.append(drawQuoted(message));
  if (message.state === "failed") body.append(drawFailed(message));
  const node = el("li", `msg ${own ? "mine" : "theirs"}${bot ? " from-bot" : ""}`, face, body);
  node.dataset.id = message.id;
  node.dataset.state = message.state ?? "registered";
  listenForMenu(text, message);
  if (!message.state) node.addEventListener("mouseenter", () => row.append(actions(message)));
  return node;
}

// “#12” in what the bot says opens the case.
function write(box, message) {
  if (message.case === null || message.case === undefined || message.text.length > 5000) {
    box.textContent = message.text;
    return;
  }
  for (const [index, piece] of message.text.split(/(#\d{1,9})/).entries()) {
    box.append(index % 2 ? button("case-link", piece, () => showCase(Number(piece.slice(1)))) : piece);
  }
}

function fold(text, body) {
  text.classList.add("folded");
  const more = button("unfold", "展开全文", () => {
    text.classList.remove("folded");
    more.remove();
  });
  body.append(more);
}

function drawState(message) {
  if (message.state === "sending") return el("span", "sending");
  if (message.state !== "failed") return null;
  const again = button("failed", "!", () => retry(message));
  again.title = "重新发送";
  again.setAttribute("aria-label", "重新发送");
  return again;
}

function drawFailed(message) {
  return el("div", "why", el("b", "", "未发送"), ` ${message.why} `, button("again", "重试", () => retry(message)));
}

function drawQuoted(message) {
  const quoted = chat(message.chat).byId.get(message.quoted);
  const words = !quoted ? "引用的消息不在最近的记录里" : quoted.recalled ? "引用的消息已撤回" : `${quoted.name}：${quoted.text}`;
  const line = button("quote", bdi(words.slice(0, 300)), () => quoted && jump(message.quoted));
  line.title = words.slice(0, 1000);
  return line;
}

function jump(id) {
  const node = nodes.get(id);
  if (!node) return;
  node.scrollIntoView({ block: "center", behavior: "smooth" });
  node.classList.add("flash");
  setTimeout(() => node.classList.remove("flash"), 1600);
}

function drawRecalled(message) {
  const own = mine(message);
  const line = el("li", "note recalled", own ? "你撤回了一条消息" : bdi(`“${message.name}”撤回了一条消息`));
  if (own && message.was) line.append(button("reedit", "重新编辑", () => reedit(message.was)));
  line.dataset.id = message.id;
  return line;
}

// Quote, copy, recall: beside the bubble under a mouse, in a menu after a long press or a right click.
function choices(message) {
  const can = [["引用", () => quote(message)]];
  can.push(["复制", () => copy(message.text)]);
  if (mine(message) && now() - Date.parse(message.at) < RECALLABLE) can.push(["撤回", () => recall(message)]);
  return can;
}

// The clipboard is missing on plain http away from localhost, like randomUUID.
async function copy(text) {
  if (navigator.clipboard) await navigator.clipboard.writeText(text);
  else {
    const area = el("textarea", "");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast("已复制");
}

const hovering = el("span", "acts");

function actions(message) {
  hovering.replaceChildren(...choices(message).filter(([word]) => word !== "复制").map(([word, act]) => button("", word, act)));
  return hovering;
}

const menu = $("menu");

function openMenu(message, bubble, x) {
  const items = choices(message).map(([word, act]) => {
    const item = button("", word, () => {
      menu.hidden = true;
      act();
    });
    item.setAttribute("role", "menuitem");
    return item;
  });
  menu.replaceChildren(...items);
  menu.hidden = false;
  menu.style.left = `${Math.max(8, Math.min(x - menu.offsetWidth / 2, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, bubble.getBoundingClientRect().top - menu.offsetHeight - 8)}px`;
}

function listenForMenu(bubble, message) {
  if (message.state) return;
  let pressed;
  const letGo = () => clearTimeout(pressed);
  bubble.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    openMenu(message, bubble, event.clientX);
  });
  bubble.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") return;
    pressed = setTimeout(() => openMenu(message, bubble, event.clientX), 450);
  });
  for (const end of ["pointerup", "pointercancel", "pointermove"]) bubble.addEventListener(end, letGo);
}

async function recall(message) {
  try {
    await post("/recalls", { id: message.id, as: state.me, room: roomOf(message.chat) });
  } catch (trouble) {
    toast(trouble.message);
  }
}

const TRY = ["新买的叉车去哪里上牌？", `@${start.bot} 公司车间要做税务注销清算去哪办`, "发票额度不够用了怎么办"];

function welcome() {
  const direct = !roomOf(state.chat);
  const words = direct ? `这里是你和${start.bot}的私聊` : "群里还没有人说话";
  const fit = (text) => (direct ? text.replace(`@${start.bot} `, "") : text);
  const tries = TRY.map((text) => button("", fit(text), () => reedit(fit(text))));
  return el("li", "welcome", el("p", "", words), el("p", "", "可以这样问："), ...tries);
}

document.addEventListener("pointerdown", (event) => {
  if (!menu.contains(event.target)) menu.hidden = true;
});
box.addEventListener("scroll", () => {
  menu.hidden = true;
  if (below && atBottom()) {
    below = 0;
    drawMore();
    look();
  }
});
$("more").addEventListener("click", scrollDown);
document.addEventListener("visibilitychange", look);
