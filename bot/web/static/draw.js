// Small drawing: elements, avatars, times. Text only ever goes in as text.

import { roleOf, start } from "./store.js";

export const $ = (id) => document.getElementById(id);

export function el(tag, className = "", ...children) {
  const element = document.createElement(tag);
  element.classList.add(...className.split(" ").filter(Boolean));
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export function button(className, label, onclick) {
  const element = el("button", className, label);
  element.type = "button";
  element.addEventListener("click", onclick);
  return element;
}

export function bdi(text) {
  return el("bdi", "", text);
}

const ORDINAL = /[一二三四五六七八九十]$/;

export function avatar(name, isBot = false) {
  if (isBot) {
    const image = el("img", "avatar bot");
    image.src = "/static/bot.svg";
    image.alt = "";
    return image;
  }
  const letters = Array.from(name.replace(/[\p{Cc}\p{Cf}\s]/gu, ""));
  const short = ORDINAL.test(name) ? [letters[0], letters.at(-1)] : letters.slice(0, 2);
  const sum = letters.reduce((total, letter) => total + letter.codePointAt(0), 0);
  const box = el("span", `avatar ${roleOf(name)} tint-${sum % 4}`, short.join("") || "无名");
  box.setAttribute("aria-hidden", "true");
  return box;
}

export function roomAvatar() {
  const box = el("span", "avatar room");
  box.setAttribute("aria-hidden", "true");
  const shown = start.people.filter((_, index) => index % Math.ceil(start.people.length / 8) === 0).slice(0, 8);
  box.append(avatar("", true), ...shown.map((person) => avatar(person.name)));
  return box;
}

export function badge(count, className = "badge") {
  return count ? el("span", className, count > 99 ? "99+" : String(count)) : null;
}

const DAYS = "日一二三四五六";
let ahead = start.clock.now - Date.now();
let offset = start.clock.offset;

export function setClock(clock) {
  ahead = clock.now - Date.now();
  offset = clock.offset;
}

export const now = () => Date.now() + ahead;
// The local time of the community, whatever the browser's own zone: read with the UTC getters.
const local = (time) => new Date(time + offset * 60000);
const pad = (number) => String(number).padStart(2, "0");
const clockTime = (day) => `${pad(day.getUTCHours())}:${pad(day.getUTCMinutes())}`;
const dayNumber = (day) => Math.floor(day.getTime() / 86400000);

export function clockFace() {
  const day = local(now());
  return `${day.getUTCMonth() + 1}月${day.getUTCDate()}日 周${DAYS[day.getUTCDay()]} ${clockTime(day)}`;
}

export function timeLabel(iso) {
  const day = local(Date.parse(iso));
  const today = local(now());
  const ago = dayNumber(today) - dayNumber(day);
  if (ago === 0) return clockTime(day);
  if (ago === 1) return `昨天 ${clockTime(day)}`;
  if (ago > 1 && ago < 7) return `星期${DAYS[day.getUTCDay()]} ${clockTime(day)}`;
  const year = day.getUTCFullYear() === today.getUTCFullYear() ? "" : `${day.getUTCFullYear()}年`;
  return `${year}${day.getUTCMonth() + 1}月${day.getUTCDate()}日 ${clockTime(day)}`;
}

export function listTime(iso) {
  const label = timeLabel(iso).split(" ");
  return label.length === 2 ? label[0] : label.join("");
}

export function dueLabel(iso) {
  const day = local(Date.parse(iso));
  const ahead = dayNumber(day) - dayNumber(local(now()));
  const word = { 0: "今天", 1: "明天" }[ahead] ?? `${day.getUTCMonth() + 1}月${day.getUTCDate()}日 周${DAYS[day.getUTCDay()]}`;
  return `${word} ${clockTime(day)}`;
}

export function howLong(iso) {
  const minutes = Math.round((Date.parse(iso) - now()) / 60000);
  const away = Math.abs(minutes);
  const days = Math.floor(away / 1440);
  const hours = Math.floor((away % 1440) / 60);
  const said = days ? `${days} 天${hours ? ` ${hours} 小时` : ""}` : hours ? `${hours} 小时${away % 60 ? ` ${away % 60} 分` : ""}` : `${away} 分钟`;
  return minutes < 0 ? `已超 ${said}` : `还有 ${said}`;
}

let toastTimer;
export function toast(text) {
  const box = $("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (box.hidden = true), 3500);
}
