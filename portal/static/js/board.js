// The market's board: each payment is put on top as it comes; `sound.js` says it once somebody has switched sound on.
// Without JavaScript the page shows the last payments, and a link to look again.

const SHOWN = 10;
const CUT_AFTER_MS = 5000;

/** Follow one market's or stall's payments. */
function follow(board) {
  const list = board.querySelector("[data-came]");
  const shape = board.querySelector("template");
  const unsure = board.querySelector("[data-cut]");
  let last = "";
  let heard = Date.now();
  let source = null;

  function show(news) {
    const line = shape.content.firstElementChild.cloneNode(true);
    for (const part of line.querySelectorAll("[data-part]")) part.textContent = news[part.dataset.part];
    const empty = board.querySelector("[data-empty]");
    if (empty) empty.hidden = true;
    list.prepend(line);
    for (const sum of document.querySelectorAll("[data-now]")) sum.textContent = news[sum.dataset.now];
    while (list.children.length > SHOWN) list.lastElementChild.remove();
    document.dispatchEvent(new CustomEvent("money", { detail: news.aloud }));
  }

  function connect() {
    const address = new URL(board.dataset.board, location.href);
    if (last) address.searchParams.set("after", last);
    source = new EventSource(address);
    source.addEventListener("open", () => {
      heard = Date.now();
      unsure.hidden = true;
    });
    source.addEventListener("state", (event) => {
      last = event.lastEventId;
      show(JSON.parse(event.data));
    });
  }

  connect();
  setInterval(() => {
    if (document.hidden) heard = Date.now();
    if (Date.now() - heard < CUT_AFTER_MS) return;
    unsure.hidden = false;
    if (source.readyState === EventSource.CLOSED) connect();
  }, 1000);
}

if (window.EventSource) {
  for (const board of document.querySelectorAll("[data-board]")) follow(board);
}
