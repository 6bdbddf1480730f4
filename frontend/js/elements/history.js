// @ts-check
/** Which address the page on screen belongs to: entries of the history that show another are loaded anew. */
const here = () => location.href.split("#")[0];

let address = here();

export const shown = () => address;

for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"])
  document.addEventListener(name, () => { address = here(); });
