// The side panel: what the bot decided about the last message and why, the open cases, one case's history.

import { $, bdi, button, dueLabel, el, howLong, timeLabel, toast } from "./draw.js";

const wide = matchMedia("(min-width: 1100px)");
let asking = false;
let again = false;
let shownCase = null;

export const panelShown = () => wide.matches || document.body.classList.contains("panel-shown");

// One request at a time; news that come meanwhile ask once more afterwards.
export async function refreshPanel() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const answer = await fetch("/panel");
    if (answer.ok) draw(await answer.json());
    if (shownCase !== null) await loadCase(shownCase);
  } catch {
    // The stream says that the server is away; the panel keeps what it has.
  }
  asking = false;
  if (again) {
    again = false;
    refreshPanel();
  }
}

function draw({ judged, cases }) {
  $("judged").replaceChildren(judged ? drawJudged(judged) : el("p", "empty", "还没有人说过话"));
  $("cases").replaceChildren(...cases.map(drawCase));
  if (!cases.length) $("cases").append(el("li", "empty", "没有在办的工单"));
  $("cases-count").textContent = cases.length ? `${cases.length}` : "";
  $("panel-count").textContent = cases.length ? `${Math.min(cases.length, 99)}` : "";
}

function drawJudged(it) {
  const share = Math.round(it.confidence * 100);
  const head = el("div", "verdict", el("span", `chip ${it.tone}`, it.action), share ? el("span", "share", `把握 ${share}%`) : null);
  const box = el("div", "judged", el("blockquote", "", bdi(it.text)), head);
  if (share) {
    const meter = el("progress", "");
    meter.max = 100;
    meter.value = share;
    box.append(meter);
  }
  if (it.entry) box.append(line("条目", it.entry));
  if (it.candidates.length) box.append(line("候选", it.candidates.join("\n")));
  if (it.cases.length) box.append(el("p", "fact", el("span", "", "工单"), el("span", "", ...it.cases.map((number) => button("case-link", `#${number}`, () => showCase(number))))));
  if (it.reasons.length) box.append(el("ol", "reasons", ...it.reasons.map((reason) => el("li", "", bdi(reason)))));
  return box;
}

const line = (word, text) => el("p", "fact", el("span", "", word), el("span", "", bdi(text)));

function drawCase(it) {
  const card = button(`case ${it.late ? "late" : ""}`, "", () => showCase(it.number));
  card.append(...caseLines(it));
  card.dataset.case = it.number;
  return el("li", "", card);
}

function caseLines(it) {
  const tone = { waiting: "calm", open: "wait", acknowledged: "work", answered: "good", closed: "calm", withdrawn: "calm" }[it.status];
  const top = el("span", "case-top", el("b", "", `#${it.number}`), el("span", `chip ${it.danger ? "bad" : tone}`, it.danger ? `危险·${it.status_word}` : it.status_word));
  const askers = it.askers > 1 ? `${it.asker} 等 ${it.askers} 人` : it.asker;
  const due = it.promised ? `答复期限 ${dueLabel(it.promised)}（${howLong(it.promised)}）` : "";
  const next = it.next ? `下一步 ${dueLabel(it.next.at)} ${it.next.what}` : it.outcome;
  return [
    top,
    el("span", "case-q", bdi(it.question)),
    el("span", "case-who", bdi(askers), " → ", it.assignee ? bdi(it.assignee) : "等同行", it.tier ? `（${it.tier}）` : ""),
    due ? el("span", `case-due${it.late ? " late" : ""}`, due) : null,
    next ? el("span", "case-next", next) : null,
  ].filter(Boolean);
}

export async function showCase(number) {
  openPanel();
  shownCase = number;
  try {
    await loadCase(number);
  } catch (trouble) {
    toast(trouble.message);
    closeCase();
  }
}

async function loadCase(number) {
  const answer = await fetch(`/cases/${number}`);
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error);
  if (shownCase !== number) return;
  const { case: it, history } = found;
  const steps = history.map((step) =>
    el("li", "", el("time", "", timeLabel(step.at)), el("b", "", step.what), step.who ? el("span", "step-who", bdi(step.who)) : null, ...step.reasons.map((reason) => el("p", "", bdi(reason)))),
  );
  const replies = it.replies.map((reply) => el("li", "", el("b", "", bdi(reply.by)), bdi(reply.text)));
  $("panel-case").replaceChildren(
    button("panel-back", "‹ 返回", closeCase),
    el("div", "case whole", ...caseLines(it)),
    ...(replies.length ? [el("h3", "", "答复"), el("ul", "replies", ...replies)] : []),
    el("h3", "", "经过"),
    el("ol", "steps", ...steps),
  );
  $("panel-main").hidden = true;
  $("panel-case").hidden = false;
}

function closeCase() {
  shownCase = null;
  $("panel-case").hidden = true;
  $("panel-main").hidden = false;
}

export function openPanel() {
  if (wide.matches) return;
  document.body.classList.add("panel-shown");
  $("shade").hidden = false;
  refreshPanel();
}

export function closePanel() {
  document.body.classList.remove("panel-shown");
  if ($("people").hidden) $("shade").hidden = true;
}

$("panel-open").addEventListener("click", () => (panelShown() ? closePanel() : openPanel()));
$("panel-close").addEventListener("click", closePanel);
