// What a till or a board says aloud once its button was pressed: two tones, a shake, and the sum from clips of number parts.
// Without sound, clips or JavaScript the page still says it in words and colour.

// Where each part lies in the clip file: second at which it begins, and how long it lasts.
const PARTS = {
  "đã": [0.0, 0.201], "nhận": [0.219, 0.447], "trả": [0.684, 0.334], "thiếu": [1.036, 0.194],
  "không": [1.248, 0.294], "một": [1.56, 0.281], "mốt": [1.859, 0.276], "hai": [2.154, 0.352],
  "ba": [2.524, 0.378], "bốn": [2.92, 0.291], "năm": [3.23, 0.251], "lăm": [3.499, 0.262],
  "sáu": [3.779, 0.35], "bảy": [4.147, 0.296], "tám": [4.461, 0.268], "chín": [4.747, 0.318],
  "mười": [5.083, 0.361], "mươi": [5.462, 0.36], "lẻ": [5.84, 0.422], "trăm": [6.28, 0.204],
  "nghìn": [6.503, 0.348], "triệu": [6.868, 0.162], "tỷ": [7.049, 0.356], "đồng": [7.423, 0.236],
};
const SHIFT = "shift";
const PAUSE_S = 0.02;

let audio = null;
let clips = null;

/** Play the two tones, then return the second at which they are over. */
function ring() {
  const now = audio.currentTime;
  for (const [tone, begins] of [[880, 0], [1175, 0.18]]) {
    const voice = audio.createOscillator();
    const volume = audio.createGain();
    voice.frequency.value = tone;
    volume.gain.setValueAtTime(0.3, now + begins);
    volume.gain.exponentialRampToValueAtTime(0.001, now + begins + 0.4);
    voice.connect(volume).connect(audio.destination);
    voice.start(now + begins);
    voice.stop(now + begins + 0.4);
  }
  return now + 0.6;
}

/** Say words one after another; a word without a clip has the browser's own voice say all of them. */
function speak(said, begins) {
  const words = said.split(" ");
  if (!clips || words.some((word) => !(word in PARTS))) {
    if (!window.speechSynthesis) return;
    const voice = new SpeechSynthesisUtterance(said);
    voice.lang = "vi-VN";
    speechSynthesis.speak(voice);
    return;
  }
  let at = begins;
  for (const word of words) {
    const [from, lasts] = PARTS[word];
    const part = audio.createBufferSource();
    part.buffer = clips;
    part.connect(audio.destination);
    part.start(at, from, lasts);
    at += lasts + PAUSE_S;
  }
}

async function unlock(address) {
  const Kind = window.AudioContext || window.webkitAudioContext;
  audio = audio || (Kind ? new Kind() : null);
  if (!audio) return;
  audio.resume();
  if (clips) return;
  try {
    const answer = await fetch(address);
    clips = await audio.decodeAudioData(await answer.arrayBuffer());
  } catch {
    clips = null; // the tones and the words on the page remain
  }
}

/** Keep the screen awake; a browser that cannot leaves it to the phone's own setting. */
async function stayAwake() {
  if (!navigator.wakeLock || document.hidden) return;
  try {
    await navigator.wakeLock.request("screen");
  } catch {
    // Refused when the battery is low: the till works all the same.
  }
}

function begin(button) {
  sessionStorage.setItem(SHIFT, "on");
  unlock(button.dataset.shift);
  stayAwake();
  button.setAttribute("aria-pressed", "true");
  button.textContent = button.dataset.done;
}

function offer(button) {
  button.hidden = false;
  button.addEventListener("click", () => begin(button));
  document.addEventListener("visibilitychange", () => {
    if (sessionStorage.getItem(SHIFT)) stayAwake();
  });
  if (!sessionStorage.getItem(SHIFT)) return;
  begin(button);
  // A browser may hold sound back until this page is touched too.
  for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, () => audio?.resume(), { once: true });
}

document.addEventListener("money", (event) => {
  if (!sessionStorage.getItem(SHIFT)) return;
  if (navigator.vibrate) navigator.vibrate([200, 100, 200]);
  if (audio) speak(event.detail, ring());
});

for (const button of document.querySelectorAll("button[data-shift]")) offer(button);
