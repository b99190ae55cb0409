// The event stream: reconnects by itself and goes on from the last position.

import { setClock } from "./draw.js";
import { changed, checkReadMarks, start, state, take } from "./store.js";

const SILENCE = 40000; // the server beats every 15 seconds
let source;
let last = "";
let watchdog;

export function connect(onNews, onLine, from = "") {
  source?.close();
  const known = start.people.some((person) => person.name === state.me);
  source = new EventSource(`/events?after=${from}${known ? "" : `&also=${encodeURIComponent(state.me)}`}`);
  const again = () => connect(onNews, onLine, last);
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => (onLine(false), again()), SILENCE);
  };
  source.addEventListener("news", (event) => {
    alive();
    onLine(true);
    const news = JSON.parse(event.data);
    if (!state.loaded) checkReadMarks(Number(event.lastEventId));
    last = event.lastEventId;
    setClock(news.clock);
    const first = !state.loaded;
    state.loaded = true;
    const { fresh, altered } = take(news.bubbles);
    onNews(fresh, altered, first);
    changed("news");
  });
  source.addEventListener("beat", (event) => {
    alive();
    setClock(JSON.parse(event.data));
    changed("clock");
  });
  source.addEventListener("trouble", (event) => {
    alive();
    onLine(false, JSON.parse(event.data).error);
  });
  source.onerror = () => {
    onLine(false);
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(watchdog);
    watchdog = setTimeout(again, 1500);
  };
  alive();
}
