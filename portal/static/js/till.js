// The till by keyboard, and the time that is left. Without it every key has its link or button on the page.

/** Press what carries the key; only function keys are used, so nobody loses a letter while typing. */
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || !/^F\d+$/.test(event.key)) return;
  for (const target of document.querySelectorAll(`[aria-keyshortcuts="${event.key}"]`)) {
    if (!target.checkVisibility || target.checkVisibility()) {
      event.preventDefault();
      target.matches("input") ? target.focus() : target.click();
      return;
    }
  }
});

function two(value) {
  return String(value).padStart(2, "0");
}

/** Count down to the end of the time to pay; the day and hour of it stand beside. */
function count(place) {
  const left = Math.max(0, Math.floor((Date.parse(place.dataset.until) - Date.now() - ahead(place)) / 1000));
  const hours = Math.floor(left / 3600);
  const clock = `${Math.floor(left / 60) % 60}`;
  place.textContent = hours ? `${hours}:${two(Number(clock))}:${two(left % 60)}` : `${clock}:${two(left % 60)}`;
  place.parentElement.hidden = hours >= 24;
}

// A phone's clock may be wrong: what counts is how far the server's stood when the page was made.
function ahead(place) {
  if (!place.dataset.ahead) place.dataset.ahead = Date.parse(place.dataset.now) - Date.now();
  return Number(place.dataset.ahead);
}

for (const place of document.querySelectorAll("[data-until]")) {
  count(place);
  setInterval(() => count(place), 1000);
}
if (matchMedia("(pointer: fine)").matches) {
  for (const keys of document.querySelectorAll("[data-keys]")) keys.hidden = false;
}
