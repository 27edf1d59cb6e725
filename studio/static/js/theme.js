// Before the first paint: the light this person chose on this device.
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is switched off; the system's choice holds.
  }
})();
