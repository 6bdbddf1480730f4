// @ts-check
/** Which address the page on screen belongs to: entries of the history that show another are loaded anew. */
const bare = (/** @type {string} */ url) => url.split("#")[0];

let address = bare(performance.getEntriesByType("navigation")[0]?.name ?? location.href);

export const shown = () => address;

// Back was pressed before this script ran.
if (bare(location.href) !== address) location.reload();

for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"])
  document.addEventListener(name, () => { address = bare(location.href); });
