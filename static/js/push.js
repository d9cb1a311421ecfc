/* Notifications in this browser: on and off, by a button that shows what is. */
(function () {
  "use strict";
  var box = document.querySelector("[data-push-key]");
  if (!box) return;
  var button = box.querySelector("button[data-push]");
  var state = box.querySelector("[data-push-state]");
  var able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  var subscription = null;

  function say(text, on) {
    state.textContent = text;
    button.hidden = !able;
    button.textContent = on ? "Stop in this browser" : "Notify me in this browser";
    button.setAttribute("aria-pressed", on ? "true" : "false");
  }

  function bytes(text) {
    var padded = (text + "===".slice((text.length + 3) % 4)).replace(/-/g, "+").replace(/_/g, "/");
    return Uint8Array.from(atob(padded), function (sign) {
      return sign.charCodeAt(0);
    });
  }

  function base64(buffer) {
    return btoa(String.fromCharCode.apply(null, new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  }

  function tell(fields) {
    var body = new FormData();
    Object.keys(fields).forEach(function (name) {
      body.append(name, fields[name]);
    });
    body.append("csrfmiddlewaretoken", box.querySelector("[name=csrfmiddlewaretoken]").value);
    return fetch(box.dataset.pushUrl, { method: "POST", body: body }).then(function (answer) {
      return answer.json().then(function (data) {
        if (!answer.ok) throw new Error(data.error);
        return data;
      });
    });
  }

  function show() {
    if (subscription) say("This browser is notified of offers and visits.", true);
    else if (Notification.permission === "denied")
      say("Notifications are forbidden in this browser’s settings. Allow them there first.", false);
    else say("This browser is not notified.", false);
  }

  function turnOn() {
    return Notification.requestPermission()
      .then(function (permission) {
        if (permission !== "granted") return null;
        return navigator.serviceWorker
          .register(box.dataset.pushWorker, { scope: "/portal/" })
          .then(function () {
            return navigator.serviceWorker.ready;
          })
          .then(function (worker) {
            return worker.pushManager.subscribe({
              userVisibleOnly: true,
              applicationServerKey: bytes(box.dataset.pushKey),
            });
          });
      })
      .then(function (made) {
        if (!made) return;
        return tell({
          do: "add",
          endpoint: made.endpoint,
          p256dh: base64(made.getKey("p256dh")),
          auth: base64(made.getKey("auth")),
          device: box.dataset.pushDevice || navigator.platform || "",
        }).then(function () {
          subscription = made;
        });
      });
  }

  function turnOff() {
    var endpoint = subscription.endpoint;
    return subscription
      .unsubscribe()
      .then(function () {
        return tell({ do: "remove", endpoint: endpoint });
      })
      .then(function () {
        subscription = null;
      });
  }

  button.addEventListener("click", function () {
    button.disabled = true;
    (subscription ? turnOff() : turnOn())
      .then(show)
      .catch(function () {
        say("That did not work. Look again in a while, or use e-mail and texts.", !!subscription);
      })
      .then(function () {
        button.disabled = false;
      });
  });

  if (!able) {
    say("This browser cannot show notifications. On an iPhone, add this page to the home screen first.", false);
    return;
  }
  navigator.serviceWorker.getRegistration("/portal/").then(function (worker) {
    if (!worker) return show();
    return worker.pushManager.getSubscription().then(function (found) {
      subscription = found;
      show();
    });
  }, show);
})();
