// Posting to the server: the server's Chinese sentence on refusal, a plain one when it can't be reached.

import { start } from "./store.js";

const PATIENCE = 20000;

export async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(start.csrf ? { "X-CSRF": start.csrf } : {}) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout ? AbortSignal.timeout(PATIENCE) : undefined,
    });
  } catch {
    throw new Error("连不上小哨，请检查网络后重试");
  }
  const said = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error || `没有成功（${answer.status}）`);
  return said;
}

// crypto.randomUUID is missing on plain http away from localhost, where phones open this page.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
