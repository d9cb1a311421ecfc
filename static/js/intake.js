/* The new-job form: a kind of work brings its usual minutes, limit and priority as suggestions,
   and other times appear when they are wanted. */
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var form = document.getElementById("new-job");
    if (!form) return;
    var service = form.elements.service_type;
    var priority = form.elements.priority;
    var usual = priority.options[0];
    var usualText = usual.textContent;

    function suggest() {
      var data = service.selectedOptions.length ? service.selectedOptions[0].dataset : {};
      form.elements.duration_minutes.placeholder = data.duration || "";
      form.elements.not_to_exceed.placeholder = data.limit || "";
      var named = Array.from(priority.options).find(function (option) { return option.value && option.value === data.priority; });
      usual.textContent = named ? "As usual: " + named.textContent.toLowerCase() : usualText;
    }

    function ownTimes() {
      var own = form.querySelector(".own-times");
      var chosen = form.querySelector("input[name=slot]:checked");
      own.hidden = !chosen || chosen.value !== "own";
    }

    form.addEventListener("change", function (event) {
      if (event.target === service) suggest();
      if (event.target.name === "slot") ownTimes();
    });
    suggest();
    ownTimes();
    var wrong = form.querySelector(".is-invalid");
    if (wrong) wrong.focus();
  });
})();
