/* Passkeys: what needs them is shown where the browser has them, and what went wrong is said in words. */
(function () {
  "use strict";

  document.addEventListener("DOMContentLoaded", function () {
    if (!window.PublicKeyCredential) return;
    document.querySelectorAll("[data-passkey]").forEach(function (part) {
      part.hidden = false;
    });
  });

  document.addEventListener("allauth.error", function (event) {
    var note = document.querySelector("[data-passkey-said]");
    if (!note) return;
    event.preventDefault();
    var name = event.detail.exception && event.detail.exception.name;
    note.querySelector("div").textContent =
      name === "NotAllowedError" || name === "AbortError"
        ? "The passkey was not used: it was put off, or it took too long. Try again."
        : name === "InvalidStateError"
          ? "This device has a passkey for this account already."
          : "The passkey could not be used on this device. Use another way.";
    note.hidden = false;
  });
})();
