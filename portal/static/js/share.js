// Hand the picture of a code on to an app, where the browser can share files. Everywhere else the plain link saves it.

const KIND = "image/png";

/** Fetch the picture; where there is none any more, the page says why. */
async function fetched(button) {
  const answer = await fetch(button.dataset.share);
  if (!answer.ok || answer.headers.get("Content-Type") !== KIND) {
    location.reload();
    return null;
  }
  return new File([await answer.blob()], button.dataset.name, { type: KIND });
}

for (const button of document.querySelectorAll("button[data-share]")) {
  if (!navigator.canShare || !navigator.canShare({ files: [new File([], button.dataset.name, { type: KIND })] })) continue;
  let picture = null;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      picture ??= await fetched(button);
      if (picture) await navigator.share({ files: [picture] });
    } catch (error) {
      // Closed by hand, or fetched for so long that the tap is over: the next tap has the picture at once.
      if (!["AbortError", "NotAllowedError"].includes(error.name)) button.hidden = true; // the link beside it still saves
    }
  });
}
