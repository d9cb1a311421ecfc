/* How fragments are swapped: focus, typed text, open details and the chosen row stay as they are. */
(function () {
  "use strict";

  function touched(node) {
    if (node.matches("input[type=checkbox], input[type=radio]")) return node.checked !== node.defaultChecked;
    if (node.matches("input, textarea")) return node.value !== node.defaultValue;
    if (node.matches("select")) {
      return Array.from(node.options).some(function (option) { return option.selected !== option.defaultSelected; });
    }
    return false;
  }

  // Idiomorph's own ignoreActiveValue also leaves the words of a link or button in focus behind while
  // its address changes: one that says "Approve" would lead to rejecting. Only fields are left alone.
  var FIELD = "input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select";

  function busy(node) {
    return node === document.activeElement && node.matches(FIELD);
  }

  if (window.Idiomorph) {
    Object.assign(Idiomorph.defaults, { ignoreActiveValue: false, restoreFocus: true });
    Object.assign(Idiomorph.defaults.callbacks, {
      beforeNodeMorphed: function (oldNode, newNode) {
        if (oldNode.nodeType !== Node.ELEMENT_NODE) return true;
        // data-keep: drawn by a script (the map), or being worked in (an open dialog).
        if (oldNode.dataset.keep !== undefined || (oldNode.tagName === "DIALOG" && oldNode.open)) return false;
        return !touched(oldNode) && !busy(oldNode);
      },
      beforeAttributeUpdated: function (name, node) {
        return !(name === "open" && node.tagName === "DETAILS");
      },
    });
  }

  // A login page must not land inside a fragment: the session ended, so load the page anew.
  document.addEventListener("htmx:beforeSwap", function (event) {
    var url = event.detail.xhr.responseURL;
    if (url && new URL(url).pathname.startsWith("/accounts/login")) {
      event.detail.shouldSwap = false;
      window.location.reload();
    }
  });

  document.addEventListener("htmx:responseError", function (event) {
    // A region that refreshes itself stays as it was and tries again; only a person's act is answered.
    if (event.detail.elt.dataset.live !== undefined) return;
    say("That did not work. Nothing was changed; please try again.", "bad");
  });
  document.addEventListener("htmx:sendError", function (event) {
    if (event.detail.elt.dataset.live !== undefined) return;
    say("No connection. Nothing was changed; please try again.", "bad");
  });

  /* Toasts: Django's messages on load, and say() or the HX-Trigger event fc:say afterwards. */
  function say(text, tone) {
    var box = document.getElementById("toasts");
    var model = document.getElementById("toast-model");
    if (!box || !model) return;
    var toast = model.content.firstElementChild.cloneNode(true);
    toast.classList.add("is-" + (tone || "good"));
    toast.querySelector("[data-text]").textContent = text;
    box.append(toast);
    fade(toast);
  }

  function fade(toast) {
    // Bad news stays until it is closed.
    if (toast.classList.contains("is-bad")) return;
    setTimeout(function () {
      if (toast.matches(":hover, :focus-within")) fade(toast);
      else toast.remove();
    }, 10000);
  }

  document.addEventListener("fc:say", function (event) { say(event.detail.text, event.detail.tone); });
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("#toasts > *").forEach(fade);
  });
  document.addEventListener("click", function (event) {
    var close = event.target.closest("[data-close-toast]");
    if (close) close.closest(".toast-fc").remove();
  });

  window.firstcallSay = say;
})();
