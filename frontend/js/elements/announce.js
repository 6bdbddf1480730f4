// @ts-check
/** Has a screen reader say `text`, politely. The same text twice is said twice.
 * @param {string} text */
export function announce(text) {
  const place = document.getElementById("announcements");
  if (!place || !text) return;
  let line = place.querySelector(".visually-hidden");
  if (!line) {
    line = document.createElement("p");
    line.className = "visually-hidden";
    place.append(line);
  }
  line.textContent = line.textContent === text ? `${text}\u00a0` : text;
}
