// @ts-check
/** After htmx has swapped a list: focus stays where it was, open filters stay open, the dialog gets the new form. */
import { announce } from "./announce.js";
import { borrow } from "./dialog.js";

/** @type {{ id: string, open: Set<string>, scroll: number } | undefined} */
let before;

const dialogs = () => /** @type {HTMLDialogElement[]} */ ([...document.querySelectorAll("dialog[open]")]);
const scroller = () => document.querySelector("dialog[open] [data-place]");
const facets = () => /** @type {HTMLElement | null} */ (document.getElementById("facets"));
const details = () => /** @type {HTMLDetailsElement[]} */ ([...(facets()?.querySelectorAll("details[id]") ?? [])]);
const cards = () => document.querySelectorAll("#cards > .offer-card");
const isList = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail.target?.id === "results";

document.addEventListener("htmx:beforeRequest", () => {
  document.getElementById("results")?.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:afterRequest", () => {
  document.getElementById("results")?.removeAttribute("aria-busy");
});

/** How many cards there were before more came. */
let shown = 0;

document.addEventListener("htmx:beforeSwap", (event) => {
  if (/** @type {CustomEvent} */ (event).detail.target?.id === "cards") shown = cards().length;
  if (!isList(event)) return;
  before = {
    id: document.activeElement?.id ?? "",
    open: new Set(details().filter((one) => one.open).map((one) => one.id)),
    scroll: scroller()?.scrollTop ?? 0,
  };
  for (const dialog of dialogs()) dialog.querySelector("[data-place]")?.replaceChildren();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const target = /** @type {CustomEvent} */ (event).detail.target;
  if (target?.id === "cards") return afterMore();
  if (!before || !document.getElementById("results")) return;
  const { id, open, scroll } = before;
  before = undefined;
  for (const dialog of dialogs()) {
    borrow(dialog);
    const data = facets()?.dataset;
    const show = dialog.querySelector("[data-show]");
    if (show) show.textContent = data?.showText ?? "";
    dialog.querySelector("[data-clear]")?.setAttribute("href", data?.clearUrl ?? "");
  }
  for (const one of details()) one.open = open.has(one.id);
  const place = scroller();
  if (place) place.scrollTop = scroll;
  document.getElementById(id)?.focus({ preventScroll: true });
  announce(document.getElementById("count")?.textContent ?? "");
});

/** The link that was pressed is gone: go on at the first new card. The event comes once for each new card.
 * @type {HTMLElement | null} */
let seen = null;
function afterMore() {
  const pager = document.getElementById("pager");
  if (pager === seen) return;
  seen = pager;
  /** @type {HTMLElement | null | undefined} */ (cards()[shown]?.querySelector("a"))?.focus({ preventScroll: true });
  announce(pager?.dataset.announce ?? "");
}

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"])
  document.addEventListener(name, () => {
    const error = document.getElementById("facets-error");
    if (error) error.textContent = facets()?.dataset.error ?? "";
    const more = /** @type {HTMLAnchorElement | null} */ (document.activeElement);
    if (more?.id === "show-more") location.assign(more.href);
  });
