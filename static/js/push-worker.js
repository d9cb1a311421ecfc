/* Shows notifications, also when no page is open. They carry a title and an address, nothing else. */
"use strict";

self.addEventListener("push", function (event) {
  var data = {};
  try {
    data = event.data ? event.data.json() : {};
  } catch (error) {
    /* a payload that cannot be read still says that there is something */
  }
  event.waitUntil(
    self.registration.showNotification(data.title || "Firstcall", {
      body: "Open to see it.",
      tag: data.tag || "firstcall",
      data: { url: data.url || "/portal/" },
    })
  );
});

self.addEventListener("notificationclick", function (event) {
  event.notification.close();
  var url = new URL((event.notification.data || {}).url || "/portal/", self.location.origin);
  if (url.origin !== self.location.origin) return;
  event.waitUntil(
    self.clients.matchAll({ type: "window", includeUncontrolled: true }).then(function (open) {
      var page = open.find(function (client) {
        return client.url === url.href && "focus" in client;
      });
      return page ? page.focus() : self.clients.openWindow(url.href);
    })
  );
});
