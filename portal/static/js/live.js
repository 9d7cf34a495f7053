// News of a payment without a tap: the server's finite event stream changes words and colour of the page.
// Without JavaScript, or without event streams, the plain page has "check again".

const CUT_AFTER_MS = 5000;
const TONES = ["waiting", "part", "paid", "expired", "canceled", "refused"];
const GOES_ON = ["waiting", "part", "refused"]; // after a refused try another one may still bring the money

/** Follow one stream; `place` says where it is, what it is about, and what to say when it is cut. */
function follow(place) {
  const { live, about, cut } = place.dataset;
  const says = place.querySelector("[data-says]");
  const detail = place.querySelector("[data-detail]");
  let last = "";
  let heard = Date.now();
  let source = null;
  let spoken = says.textContent;
  let over = false;

  function show(news) {
    if (news.about !== about) return;
    spoken = news.says;
    says.textContent = news.says;
    if (detail) {
      detail.textContent = news.detail;
      detail.className = news.tone === "paid" && news.detail ? "notice amber" : ""; // more came than was asked
    }
    document.title = news.says;
    document.body.classList.remove("unsure", ...TONES);
    document.body.classList.add(news.tone);
    for (const part of document.querySelectorAll("[data-when]")) {
      part.hidden = !part.dataset.when.split(" ").includes(news.tone);
    }
    for (const link of document.querySelectorAll("a[data-link]")) {
      if (news.link.startsWith("/") && !news.link.startsWith("//")) link.href = news.link;
    }
    paint(news.tone);
    if (news.aloud) document.dispatchEvent(new CustomEvent("money", { detail: news.aloud }));
    over = !GOES_ON.includes(news.tone);
    if (over && source) source.close();
  }

  // A verdict takes its tone; the till itself takes it from the body, but says "too little" in a panel of its own.
  function paint(tone) {
    const part = (place.dataset.part || "amber").split(" ");
    place.classList.remove("grey", "green", ...part);
    if (tone === "part" || tone === "refused") place.classList.add(...part);
    else if (place.classList.contains("verdict")) place.classList.add(tone === "paid" ? "green" : "grey");
  }

  function connect() {
    const address = new URL(live, location.href);
    if (last) address.searchParams.set("after", last);
    source = new EventSource(address);
    source.addEventListener("open", () => {
      heard = Date.now();
      if (!document.body.classList.contains("unsure")) return;
      document.body.classList.remove("unsure");
      says.textContent = spoken;
    });
    source.addEventListener("state", (event) => {
      last = event.lastEventId;
      show(JSON.parse(event.data));
    });
  }

  // A finite stream ends each time, so an end is no fault; only silence is.
  function watch() {
    if (over || document.hidden) {
      heard = Date.now();
      return;
    }
    if (Date.now() - heard < CUT_AFTER_MS) return;
    document.body.classList.add("unsure");
    says.textContent = cut;
    if (source.readyState === EventSource.CLOSED) connect();
  }

  connect();
  setInterval(watch, 1000);
}

if (window.EventSource) {
  for (const place of document.querySelectorAll("[data-live]")) follow(place);
}
