// @ts-check
/** <dismissible-note data-key data-hidden-text>: a note that its button hides for the visit. Without scripts it stays. */
import { announce } from "./announce.js";

/** Storage may be refused: then the note is hidden on this page only.
 * @template T @param {() => T} act @returns {T | undefined} */
function tried(act) {
  try { return act(); } catch { return undefined; }
}

class DismissibleNote extends HTMLElement {
  connectedCallback() {
    const key = `hidden:${this.dataset.key}`;
    if (tried(() => sessionStorage.getItem(key))) this.hidden = true;
    this.querySelector("button")?.addEventListener("click", () => {
      tried(() => sessionStorage.setItem(key, "1"));
      const place = this.parentElement;
      this.hidden = true;
      place?.setAttribute("tabindex", "-1");
      place?.focus({ preventScroll: true });
      announce(this.dataset.hiddenText ?? "");
    });
  }
}

customElements.define("dismissible-note", DismissibleNote);
