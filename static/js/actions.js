/* Actions in the dialog: it closes when the act was done, and its first field takes the focus. */
(function () {
  "use strict";
  document.addEventListener("fc:acted", function (event) {
    var dialog = event.target.closest("dialog[open]");
    if (dialog) dialog.close();
  });

  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target.id !== "act-body") return;
    var place = event.detail.target;
    var wanted =
      place.querySelector(".is-invalid, [aria-invalid=true]") ||
      place.querySelector("[autofocus]") ||
      place.querySelector("select, textarea, input:not([type=hidden]):not([type=search]):not([type=radio])") ||
      place.querySelector("h2");
    if (wanted) wanted.focus();
  });

  // What was typed for one action must not be there when the next one opens.
  document.addEventListener("close", function (event) {
    if (event.target.id !== "act") return;
    var title = event.target.querySelector("#act-h");
    event.target.querySelector("#act-body").replaceChildren();
    if (title) {
      var waiting = document.createElement("h2");
      waiting.id = "act-h";
      waiting.className = "dim";
      waiting.textContent = "One moment …";
      event.target.querySelector("#act-body").append(waiting);
    }
  }, true);
})();
