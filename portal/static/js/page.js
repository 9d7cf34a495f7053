// Two comforts for every page. Without them, or without JavaScript, the page works as it stands.

/** Switch a form's buttons off after the first tap; the server guards the act all the same. */
function sendOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // Later, since a disabled button's own name and value would not be sent.
    setTimeout(() => setButtons(form, true));
  });
  // "Back" may show the page as it was left.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      setButtons(form, false);
    }
  });
}

function setButtons(form, off) {
  for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = off;
}

/** Show the copy buttons, which are hidden until a script can serve them. */
function offerCopies() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.done;
    });
  }
}

sendOnce();
offerCopies();
