/* Keyboard: data-key="n" on a link, button or search field; j, k and o move in a list of
   [data-row] items inside [data-rows] and open the row's first link. Never while typing. */
(function () {
  "use strict";
  var chosen = null; // the id of the chosen row: it outlives a swap

  function rows() {
    return Array.from(document.querySelectorAll("[data-rows] [data-row]"));
  }

  function mark(row) {
    document.querySelectorAll("[data-rows] [data-row].cur").forEach(function (other) {
      other.classList.remove("cur");
      other.removeAttribute("aria-current");
    });
    if (!row) return;
    chosen = row.id;
    row.classList.add("cur");
    row.setAttribute("aria-current", "true");
  }

  function move(step) {
    var all = rows();
    if (!all.length) return;
    var at = all.findIndex(function (row) { return row.id === chosen; });
    var next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
    mark(next);
    var link = next.querySelector("a[href]");
    if (link) link.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  function open() {
    var row = chosen && document.getElementById(chosen);
    var link = row && row.querySelector("a[href]");
    if (link) link.click();
  }

  document.addEventListener("keydown", function (event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    var typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "o") open();
    else {
      var target = Array.from(document.querySelectorAll("[data-key]")).find(function (node) {
        return node.dataset.key === event.key && !node.disabled && node.offsetParent !== null;
      });
      if (!target) return;
      if (target.matches("input, textarea, select")) {
        target.focus();
        if (target.select) target.select();
      } else target.click();
    }
    if ("jko".includes(event.key) || event.key.length === 1) event.preventDefault();
  });

  document.addEventListener("htmx:afterSettle", function () {
    if (chosen) mark(document.getElementById(chosen));
  });
})();
