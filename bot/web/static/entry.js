// Shows what the group would see and what the entry would catch while somebody types; without this script there is a button.
const form = document.querySelector("#entry");
const PAUSE = 900;
let waiting = 0;
let asked = 0;

async function look() {
  const mine = ++asked;
  const response = await fetch(form.querySelector("[formaction]").formAction, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/html" } });
  if (!response.ok || mine !== asked) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const found = page.querySelector("#look");
  if (found && mine === asked) document.querySelector("#look").replaceChildren(...found.childNodes);
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(() => look().catch(() => {}), PAUSE);
}

form.addEventListener("input", later);
form.addEventListener("submit", () => {
  clearTimeout(waiting);
  asked++;
});
form.dataset.live = "";
