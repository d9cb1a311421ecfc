/* Light or dark, before the first paint: this file stands in <head> without defer.
   The choice is kept on this device; without one the system's setting rules, also when it changes. */
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  function kept() {
    var choice = null;
    try {
      choice = localStorage.getItem("theme");
    } catch (error) {
      /* storage may be blocked: the system's setting then rules */
    }
    return choice === "dark" || choice === "light" ? choice : null;
  }

  function apply() {
    set(kept() || (dark.matches ? "dark" : "light"));
  }

  function set(theme) {
    root.dataset.bsTheme = theme; // Tabler and our tokens
    root.dataset.theme = theme; // Django's admin
  }

  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-theme-switch]")) return;
    var next = root.dataset.bsTheme === "dark" ? "light" : "dark";
    set(next);
    try {
      localStorage.setItem("theme", next);
    } catch (error) {
      /* not kept, but switched */
    }
  });
})();
