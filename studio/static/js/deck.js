// The approval deck by keyboard: a approve, r reject, e edit, j next, k the one before.
// Everything it does can also be done by touch or mouse; the page works without it.

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const deck = document.querySelector("[data-deck]");
  if (!deck) return;
  if (event.key === "r") {
    event.preventDefault();
    const reject = deck.querySelector("[data-reject]");
    reject.open = true;
    reject.querySelector("textarea").focus();
    return;
  }
  const target = deck.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  target.click();
});

function showKeys() {
  if (!matchMedia("(hover: hover) and (pointer: fine)").matches) return;
  for (const hint of document.querySelectorAll(".deck-keys")) hint.hidden = false;
}
showKeys();

// After a decision the next card is there: read on from its beginning.
document.addEventListener("htmx:afterSettle", () => {
  showKeys();
  const card = document.querySelector("[data-deck] .deck-card");
  if (!card) return;
  card.focus({ preventScroll: true });
  scrollTo({ top: 0 });
});
