/* Live regions. The server's event stream carries ids only; a region that shows one of them fetches
   itself again, under its own permissions.

   <body data-live-url="…">                      the event stream of this page
   <section data-live="*" | data-live="id id"    what the region shows
            hx-get="…" hx-trigger="refresh" hx-swap="morph:outerHTML">
   <span class="live" data-live-state>           says how fresh the page is

   While there is no stream, every region asks again each 10 seconds. */
(function () {
  "use strict";
  var POLL_MS = 10000;
  var GAP_MS = 1000; // one refresh a second at most, however many changes arrive
  var RETRY_MS = [2000, 4000, 8000, 16000, 30000, 60000];
  var WORDS = {
    connecting: "Connecting",
    live: "Live",
    reconnecting: "Reconnecting",
    polling: "Every 10 s",
    offline: "Offline",
  };

  var stream = null;
  var retries = 0;
  var state = "connecting";
  var changed = new Set();
  var timer = null;
  var lastRefresh = 0;

  function show(next) {
    state = next;
    document.querySelectorAll("[data-live-state]").forEach(function (node) {
      node.hidden = false;
      if (node.dataset.state === next) return;
      node.dataset.state = next;
      node.querySelector("[data-word]").textContent = WORDS[next];
    });
  }

  function shows(region, ids) {
    var wanted = region.dataset.live.split(/\s+/);
    return wanted.includes("*") || ids.has("*") || wanted.some(function (id) { return ids.has(id); });
  }

  function refresh() {
    timer = null;
    lastRefresh = Date.now();
    var ids = changed;
    changed = new Set();
    document.querySelectorAll("[data-live]").forEach(function (region) {
      if (shows(region, ids)) htmx.trigger(region, "refresh");
    });
  }

  function note(ids) {
    ids.forEach(function (id) { changed.add(id); });
    if (timer === null) timer = setTimeout(refresh, Math.max(60, lastRefresh + GAP_MS - Date.now()));
  }

  function idsOf(text) {
    try {
      var data = JSON.parse(text);
      var found = [];
      Object.keys(data).forEach(function (key) { found = found.concat(data[key]); });
      return found.map(String);
    } catch (error) {
      return ["*"]; // not understood: look at everything again
    }
  }

  function onMessage(event) {
    note(idsOf(event.data));
  }

  function connect(url) {
    if (stream) stream.close();
    stream = new EventSource(url);
    stream.onopen = function () {
      // What happened while the stream was down was not heard: look once at everything.
      if (retries > 0 || state !== "connecting") note(["*"]);
      retries = 0;
      show("live");
    };
    stream.onmessage = onMessage;
    stream.addEventListener("change", onMessage);
    stream.onerror = function () {
      if (!navigator.onLine) show("offline");
      else if (stream.readyState === EventSource.CLOSED) {
        // No stream is offered here (204), or the server is down: poll, and ask again later.
        show("polling");
        setTimeout(function () { connect(url); }, RETRY_MS[Math.min(retries, RETRY_MS.length - 1)]);
        retries += 1;
      } else {
        retries += 1;
        show("reconnecting");
      }
    };
  }

  document.addEventListener("DOMContentLoaded", function () {
    var url = document.body.dataset.liveUrl;
    if (!url || !document.querySelector("[data-live]")) return;
    show("connecting");
    connect(url);
    setInterval(function () {
      if (state !== "live" && !document.hidden && navigator.onLine) note(["*"]);
    }, POLL_MS);
    window.addEventListener("offline", function () { show("offline"); });
    window.addEventListener("online", function () { show("reconnecting"); connect(url); });
    document.addEventListener("visibilitychange", function () {
      if (!document.hidden && state !== "live") note(["*"]);
    });
    // An expired countdown is news even before the server says so.
    document.addEventListener("fc:expired", function () { note(["*"]); });
    // An open stream keeps a page out of the back/forward cache, and the server busy.
    window.addEventListener("pagehide", function () { if (stream) stream.close(); });
    window.addEventListener("pageshow", function (event) { if (event.persisted) connect(url); });
  });
})();
