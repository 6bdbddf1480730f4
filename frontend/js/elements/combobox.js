// @ts-check
/** List autocomplete with manual selection (WAI-ARIA combobox). The form works alone; the answer is the HTML of the
 *  listbox, asked for 150 ms after the last key, the previous request aborted. */
import { announce } from "./announce.js";

const PAUSE_MS = 150;

/** @param {HTMLFormElement} form */
function equip(form) {
  const input = /** @type {HTMLInputElement} */ (form.querySelector("input[name=q]"));
  const address = form.dataset.suggest;
  if (!input || !address) return;
  const list = document.createElement("div");
  list.className = "suggest";
  list.id = `${input.id}-suggestions`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.label ?? "");
  form.after(list);
  const set = (/** @type {Record<string, string>} */ names) => {
    for (const name in names) input.setAttribute(name, names[name]);
  };
  set({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id });
  let at = -1;
  /** @type {AbortController | undefined} */
  let request;
  let timer = 0;

  const options = () =>
    /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=option]")]).filter((option) => option.offsetParent);
  const close = () => {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    at = -1;
    set({ "aria-expanded": "false" });
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (/** @type {HTMLElement | undefined} */ option) => {
    if (option?.dataset.href) location.assign(option.dataset.href);
  };
  const move = (/** @type {number} */ to) => {
    const all = options();
    at = to < 0 ? all.length - 1 : to >= all.length ? 0 : to;
    all.forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    all[at]?.scrollIntoView({ block: "nearest" });
    if (all[at]) set({ "aria-activedescendant": all[at].id });
  };
  const ask = async () => {
    const typed = input.value.trim();
    request?.abort();
    if (typed.length < 2) return close();
    request = new AbortController();
    try {
      const answer = await fetch(`${address}?${new URLSearchParams({ q: typed })}`, { signal: request.signal });
      if (!answer.ok) return close();
      list.innerHTML = await answer.text();
    } catch {
      return; // aborted by the next key, or offline: the form still works
    }
    if (document.activeElement !== input) return close();
    at = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = false;
    const count = options().length;
    list.hidden = !count;
    set({ "aria-expanded": String(count > 0) });
    const words = /** @type {HTMLElement | null} */ (list.firstElementChild)?.dataset;
    if (count && words) announce(count === 1 ? words.one ?? "" : (words.many ?? "").replace("{n}", String(count)));
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return void ask();
      move(event.key === "ArrowDown" ? at + 1 : at - 1);
    } else if (event.key === "Enter" && at >= 0 && !list.hidden) {
      event.preventDefault();
      choose(options()[at]);
    } else if (event.key === "Home" || event.key === "End") {
      options().forEach((option) => option.setAttribute("aria-selected", "false"));
      at = -1;
      input.removeAttribute("aria-activedescendant");
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    choose(/** @type {HTMLElement} */ (/** @type {HTMLElement} */ (event.target).closest("[role=option]")));
  });
  input.addEventListener("blur", close);
}

for (const form of document.querySelectorAll("form[data-combobox]")) equip(/** @type {HTMLFormElement} */ (form));
