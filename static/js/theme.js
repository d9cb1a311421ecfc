/* Light or dark, before the first paint: this file stands in <head> without defer.
   The choice is kept on this device; without one the system's setting rules, also when it changes. */
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  function kept() {
    try {
      return localStorage.getItem("theme");
    } catch (error) {
      return null; // storage may be blocked: the system's setting then rules
    }
  }

  function apply() {
    root.dataset.bsTheme = kept() || (dark.matches ? "dark" : "light");
  }

  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-theme-switch]")) return;
    var next = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = next;
    try {
      localStorage.setItem("theme", next);
    } catch (error) {
      /* not kept, but switched */
    }
  });
})();
