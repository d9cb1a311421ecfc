/* Forms: no second submit while the first is under way, filters that apply when changed, dialogs. */
(function () {
  "use strict";

  function release(form) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
    form.querySelectorAll("[data-held]").forEach(function (button) {
      button.disabled = false;
      delete button.dataset.held;
    });
  }

  function hold(form) {
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    // After this event, or the pressed button's own name and value would not be sent.
    setTimeout(function () {
      form.querySelectorAll("button:not([type=button]):not(:disabled), input[type=submit]:not(:disabled)").forEach(function (button) {
        button.disabled = true;
        button.dataset.held = "1";
      });
    });
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || form.matches("[hx-post]") || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    else hold(form);
  });
  document.addEventListener("htmx:beforeRequest", function (event) {
    var form = event.detail.elt;
    if (!form.matches("form[hx-post]")) return;
    if (form.dataset.sent) event.preventDefault();
    else hold(form);
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.elt.matches("form")) release(event.detail.elt);
  });
  // Coming back through the browser's history shows the page as it was left: held.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(release);
  });

  document.addEventListener("change", function (event) {
    var form = event.target.form;
    if (form && form.dataset.autosubmit !== undefined) form.requestSubmit();
  });

  document.addEventListener("click", function (event) {
    var opener = event.target.closest("[data-opens]");
    if (opener) {
      var dialog = document.getElementById(opener.dataset.opens);
      if (dialog) {
        event.preventDefault();
        dialog.showModal();
      }
      return;
    }
    var closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog").close();
    else if (event.target.tagName === "DIALOG") event.target.close(); // a click beside the sheet
  });
})();
