/* Buttons that copy a field's text; they are hidden where the browser cannot. */
(function () {
  "use strict";

  if (!navigator.clipboard) return;

  function show() {
    document.querySelectorAll("[data-copies]").forEach(function (button) {
      button.hidden = false;
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copies]");
    if (!button) return;
    navigator.clipboard.writeText(document.getElementById(button.dataset.copies).value).then(function () {
      button.lastChild.textContent = "Copied";
      setTimeout(function () {
        button.lastChild.textContent = "Copy";
      }, 2000);
    });
  });
  // What a live region fetched comes hidden again.
  document.addEventListener("htmx:afterSettle", show);
  show();
})();
