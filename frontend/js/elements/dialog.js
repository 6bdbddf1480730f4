// @ts-check
/** Native dialogs opened by [data-open]. Esc is the browser's, Back closes too, focus returns to the button.
 *  A dialog with [data-place] borrows the element of that id while it is open: filters stand in the page without it. */
import { shown } from "./history.js";

/** @param {HTMLDialogElement} dialog */
const borrowed = (dialog) => /** @type {HTMLElement | null} */ (dialog.querySelector("[data-place]"));

/** Puts what the dialog borrows into it; called again when a swap brought a new one.
 * @param {HTMLDialogElement} dialog */
export function borrow(dialog) {
  const place = borrowed(dialog);
  const thing = place && document.querySelector(`#${place.dataset.place}-place > *`);
  if (place && thing) place.replaceChildren(thing);
}

/** @param {HTMLDialogElement} dialog */
function giveBack(dialog) {
  const place = borrowed(dialog);
  const home = place && document.getElementById(`${place.dataset.place}-place`);
  if (place?.firstElementChild && home) home.replaceChildren(place.firstElementChild);
}

/** @param {HTMLDialogElement} dialog */
function open(dialog) {
  borrow(dialog);
  dialog.showModal();
  history.pushState({ dialog: dialog.id }, "");
}

document.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const opener = /** @type {HTMLElement | null} */ (target.closest("[data-open]"));
  const dialog = document.getElementById(opener?.dataset.open ?? "");
  if (dialog instanceof HTMLDialogElement) return open(dialog);
  const around = target.closest("dialog");
  if (around?.open && (target === around || target.closest("[data-close]"))) around.close();
});

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("close", () => {
    giveBack(dialog);
    if (history.state?.dialog === dialog.id) history.back();
    /** @type {HTMLElement | null} */ (document.querySelector(`[data-open="${dialog.id}"]`))?.focus();
  });
}

// Before htmx hears of it: an entry of the page on screen needs nothing, any other is loaded anew.
addEventListener("popstate", (event) => {
  event.stopImmediatePropagation();
  for (const dialog of document.querySelectorAll("dialog")) if (dialog.open) dialog.close();
  if (location.href.split("#")[0] !== shown()) location.reload();
}, true);
