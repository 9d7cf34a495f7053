// The market's board: each payment is put on top as it comes, with a sound once somebody has switched it on.
// Without JavaScript the page shows the last payments, and a link to look again.

const SHOWN = 10;
const CUT_AFTER_MS = 5000;

/** Play two short tones: nothing is fetched. */
function ring(audio) {
  for (const [tone, begins] of [[880, 0], [1175, 0.18]]) {
    const voice = audio.createOscillator();
    const volume = audio.createGain();
    voice.frequency.value = tone;
    volume.gain.setValueAtTime(0.3, audio.currentTime + begins);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + begins + 0.4);
    voice.connect(volume).connect(audio.destination);
    voice.start(audio.currentTime + begins);
    voice.stop(audio.currentTime + begins + 0.4);
  }
}

/** Follow one market's or stall's payments. */
function follow(board) {
  const list = board.querySelector("[data-came]");
  const shape = board.querySelector("template");
  const unsure = board.querySelector("[data-cut]");
  const button = document.querySelector("[data-sound]");
  let audio = null;
  let last = "";
  let heard = Date.now();
  let source = null;

  if (button && (window.AudioContext || window.webkitAudioContext)) {
    button.hidden = false;
    button.addEventListener("click", () => {
      audio = audio || new (window.AudioContext || window.webkitAudioContext)();
      audio.resume();
      ring(audio);
      button.setAttribute("aria-pressed", "true");
      button.textContent = button.dataset.done;
    });
  }

  function show(news) {
    const line = shape.content.firstElementChild.cloneNode(true);
    for (const part of line.querySelectorAll("[data-part]")) part.textContent = news[part.dataset.part];
    const empty = board.querySelector("[data-empty]");
    if (empty) empty.hidden = true;
    list.prepend(line);
    while (list.children.length > SHOWN) list.lastElementChild.remove();
    if (audio) ring(audio);
    if (navigator.vibrate) navigator.vibrate(200);
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
