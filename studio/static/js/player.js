// A reel's page: remembers the switches, and lets the keyboard play. The page works without it.

document.addEventListener("change", (event) => {
  const name = event.target.dataset.remember;
  if (!name) return;
  try {
    localStorage.setItem(name, event.target.checked ? "yes" : "");
  } catch {
    // Not remembered, but it holds for this page.
  }
});

// The player may come in later, when the reel gets ready while one looks.
function recall(root) {
  for (const box of root.querySelectorAll("[data-remember]")) {
    try {
      box.checked = localStorage.getItem(box.dataset.remember) === "yes";
    } catch {
      return;
    }
  }
}
recall(document);
document.addEventListener("htmx:load", (event) => recall(event.detail.elt));

// Space or k: play or pause. Arrows: five seconds back or on. Not while one types or stands on a control.
document.addEventListener("keydown", (event) => {
  const video = document.querySelector("video[data-player]");
  const busy = event.target.closest("input, textarea, select, button, a, summary, video");
  if (!video || busy || event.ctrlKey || event.metaKey || event.altKey) return;
  const steps = { ArrowLeft: -5, ArrowRight: 5 };
  if (event.key === " " || event.key === "k") {
    if (video.paused) video.play();
    else video.pause();
  } else if (event.key in steps) {
    video.currentTime += steps[event.key];
  } else {
    return;
  }
  event.preventDefault();
});
