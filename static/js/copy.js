/* Buttons that copy a field's text; they are hidden where the browser cannot. */
(function () {
  "use strict";

  if (!navigator.clipboard) return;
  document.querySelectorAll("[data-copies]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var field = document.getElementById(button.dataset.copies);
      navigator.clipboard.writeText(field.value).then(function () {
        button.lastChild.textContent = "Copied";
        setTimeout(function () {
          button.lastChild.textContent = "Copy";
        }, 2000);
      });
    });
  });
})();
