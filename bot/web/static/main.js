// Ties the parts of the page together: which chat is open, what is drawn when.

import { clearInput } from "./composer.js";
import { $, clockFace, setClock, toast } from "./draw.js";
import { drawAll, drawNews, drawTimes, look } from "./log.js";
import { closePanel, openPanel, panelShown, refreshPanel } from "./panel.js";
import { post } from "./post.js";
import { closePeople, drawSide, myChats, titleOf } from "./side.js";
import { directKey, roomOf, start, state, watch } from "./store.js";
import { connect } from "./stream.js";

const narrow = matchMedia("(max-width: 719px)");

function open(key, { show = true } = {}) {
  const moved = state.chat !== key;
  state.chat = key;
  if (show && narrow.matches && document.body.dataset.view !== "chat") history.pushState({ view: "chat" }, "");
  if (show) document.body.dataset.view = "chat";
  const members = roomOf(key) ? `（${start.people.length + 1}）` : "";
  $("title").textContent = titleOf(key) + members;
  $("text").placeholder = `以 ${state.me || "（没有名字）"} 的身份说话`;
  $("at").hidden = $("at-bot").hidden = !roomOf(key);
  if (moved) clearInput();
  drawAll();
  drawSide(open);
  if (show && !narrow.matches) $("text").focus();
}

// After a change of identity the open chat may be somebody else's.
function settle(direct) {
  if (!start.people.some((person) => person.name === state.me)) connectStream();
  const mine = state.chat && myChats().includes(state.chat);
  open(direct || !mine ? directKey(state.me) : state.chat, { show: direct || document.body.dataset.view === "chat" });
}

function connectStream() {
  connect(
    (fresh, altered, first) => {
      if (first) drawAll();
      else drawNews(fresh, altered);
      look();
      refreshPanel();
    },
    (online, why) => {
      $("offline").hidden = online;
      $("offline").textContent = why || "连接断开，正在重新连接…";
    },
  );
}

watch((what) => {
  if (what === "news" || what === "read") drawSide(open);
  if (what === "go-direct") settle(true);
  if (what === "stay") settle(false);
  if (what === "news" || what === "clock") drawTimes();
  drawClock();
});

// ── The demo clock ───────────────────────────────────────────────────────────

function drawClock() {
  if (start.movable) $("clock").textContent = clockFace();
}

async function push(body) {
  $("clock-menu").hidden = true;
  $("clock-push").disabled = true;
  try {
    setClock(await post("/clock", body));
    drawClock();
  } catch (trouble) {
    toast(trouble.message);
  }
  $("clock-push").disabled = false;
}

if (start.movable) {
  setInterval(drawClock, 1000);
  $("clock-push").addEventListener("click", () => {
    $("clock-menu").hidden = !$("clock-menu").hidden;
    $("clock-push").setAttribute("aria-expanded", String(!$("clock-menu").hidden));
  });
  $("clock-menu").addEventListener("click", ({ target }) => {
    if (target.dataset.seconds) push({ seconds: Number(target.dataset.seconds) });
    if (target.dataset.to) push({ to: target.dataset.to });
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".clock")) $("clock-menu").hidden = true;
  });
}

// ── Going about on a phone ───────────────────────────────────────────────────

$("back").addEventListener("click", () => (history.state?.view === "chat" ? history.back() : showList()));
function showList() {
  document.body.dataset.view = "list";
  drawSide(open);
}
addEventListener("popstate", (event) => {
  if (event.state?.view === "chat") document.body.dataset.view = "chat";
  else showList();
});
$("shade").addEventListener("click", () => {
  closePanel();
  closePeople();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  closePeople();
  if (panelShown()) closePanel();
  if (start.movable) $("clock-menu").hidden = true;
});

history.replaceState(null, "");
open(myChats()[0], { show: !narrow.matches });
drawClock();
connectStream();
if (panelShown()) openPanel();
