// The few things a browser has no element for. Every page works without this file.

// Light or dark, remembered on this device.
for (const button of document.querySelectorAll("[data-theme-switch]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = getComputedStyle(root).colorScheme === "dark"
      || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // Not remembered, but it holds for this page.
    }
  });
}

// A form is sent once, and says that it is on its way.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const busy of document.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest("form");
  if (!form) return;
  delete form.dataset.sent;
  for (const busy of form.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
});

// <button data-opens="id"> opens the <dialog id="id">.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
});

// A file that is too large is told before it is sent.
const inMegabytes = (bytes) => `${Math.ceil(bytes / 2 ** 20)} MB`;
document.addEventListener("change", (event) => {
  const field = event.target, most = Number(field.dataset.maxBytes);
  if (!most || !field.files) return;
  const large = [...field.files].find((file) => file.size > most);
  field.setCustomValidity(large ? `This file is ${inMegabytes(large.size)}; ${inMegabytes(most)} are accepted.` : "");
  field.reportValidity();
});

// A large file says how much of it has arrived.
document.addEventListener("htmx:xhr:progress", (event) => {
  const { loaded, total, lengthComputable, elt } = event.detail;
  const shown = elt.querySelector("[data-upload-progress]");
  if (!shown || !lengthComputable || !total) return;
  const percent = Math.round((100 * loaded) / total), bar = shown.querySelector("progress");
  if (percent < bar.value) return; // this is about the answer
  shown.hidden = false;
  bar.value = percent;
  shown.querySelector(".num").textContent = `${percent} %`;
});
document.addEventListener("htmx:afterRequest", (event) => {
  const shown = event.detail.elt.querySelector("[data-upload-progress]");
  if (!shown) return;
  shown.hidden = true;
  shown.querySelector("progress").value = 0;
});

// A menu closes when one turns away from it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// When an answer does not come, say so where every message is said.
function tell(text) {
  const notice = document.createElement("p");
  notice.className = "notice notice-bad";
  notice.setAttribute("role", "alert");
  notice.textContent = text;
  document.getElementById("messages")?.replaceChildren(notice);
}
document.addEventListener("htmx:sendError", () => {
  tell("The studio did not answer. Nothing was changed; try again in a moment.");
});
document.addEventListener("htmx:responseError", (event) => {
  const gone = event.detail.xhr.status === 404 || event.detail.xhr.status === 403;
  tell(gone ? "This has changed meanwhile. Load the page again." : "That did not work. Nothing was lost; try again.");
});
