/* A file that is too large is said at once, before anything is sent; the server says it too. */
(function () {
  "use strict";

  function check(input) {
    var file = input.files && input.files[0];
    var wrong = file && file.size > Number(input.dataset.maxBytes);
    var holder = input.closest(".fl");
    var said = holder.querySelector("[data-says-size]");
    if (said) said.remove();
    input.setCustomValidity(wrong ? input.dataset.tooLarge : "");
    input.closest(".field").classList.toggle("is-invalid", Boolean(wrong));
    if (!wrong) return;
    said = document.createElement("p");
    said.className = "errorlist";
    said.dataset.saysSize = "1";
    said.setAttribute("role", "alert");
    said.textContent = input.dataset.tooLarge;
    input.closest(".field").after(said);
  }

  document.addEventListener("change", function (event) {
    if (event.target.matches("input[type=file][data-max-bytes]")) check(event.target);
  });
})();
