/* Domain time in the browser: countdown rings and ages.
   Every server-rendered moment carries data-now (domain time, ms since 1970) and <html> carries
   data-scale (domain seconds per wall second), so that a scaled demo counts down right. The newest
   data-now on the page is the reference; a swapped fragment therefore sets the clock again. */
(function () {
  "use strict";
  var scale = parseFloat(document.documentElement.dataset.scale) || 1;
  var reference = { domain: 0, wall: 0 };

  function wallNow() {
    // Date.now goes on while a laptop sleeps, performance.now does not in every browser.
    return Date.now();
  }

  function adopt(scope, wall) {
    var newest = 0;
    if (scope.dataset && scope.dataset.now) newest = Number(scope.dataset.now);
    scope.querySelectorAll("[data-now]").forEach(function (node) {
      newest = Math.max(newest, Number(node.dataset.now));
    });
    if (newest > reference.domain) reference = { domain: newest, wall: wall };
  }

  function now() {
    return reference.domain + (wallNow() - reference.wall) * scale;
  }

  function two(number) {
    return String(number).padStart(2, "0");
  }

  /* The same wording as the duration filter in network/templatetags/firstcall.py. */
  function countdown(seconds) {
    if (seconds >= 3600) return Math.floor(seconds / 3600) + ":" + two(Math.floor((seconds % 3600) / 60)) + ":" + two(seconds % 60);
    return Math.floor(seconds / 60) + ":" + two(seconds % 60);
  }

  function age(seconds) {
    var minutes = Math.floor(seconds / 60);
    if (minutes < 1) return "under 1 min";
    if (minutes < 60) return minutes + " min";
    var hours = Math.floor(minutes / 60);
    if (hours < 48) return hours + " h" + (minutes % 60 ? " " + (minutes % 60) + " min" : "");
    return Math.floor(hours / 24) + " days";
  }

  function drawRing(ring) {
    var left = Math.max(0, Math.ceil((Number(ring.dataset.expiresAt) - now()) / 1000));
    var total = Number(ring.dataset.total) || 1;
    var share = Math.min(1, left / total);
    ring.querySelector(".f").setAttribute("stroke-dasharray", (100 * share).toFixed(1) + " 100");
    var figure = ring.querySelector("b");
    var text = left > 0 ? countdown(left) : "0:00";
    if (figure.textContent !== text) figure.textContent = text;
    ring.classList.toggle("is-wait", left > 0 && share > 0.25);
    ring.classList.toggle("is-warn", left > 0 && share <= 0.25);
    ring.classList.toggle("is-quiet", left === 0);
    if (left === 0 && !ring.dataset.over) {
      ring.dataset.over = "1";
      ring.dispatchEvent(new CustomEvent("fc:expired", { bubbles: true }));
    }
  }

  function drawAge(node) {
    var at = Date.parse(node.getAttribute("datetime"));
    var seconds = (node.dataset.age === "until" ? at - now() : now() - at) / 1000;
    var text = seconds < 0 ? node.dataset.ageOver || "now" : age(seconds);
    if (node.dataset.agePrefix && seconds >= 0) text = node.dataset.agePrefix + " " + text;
    if (node.textContent !== text) node.textContent = text;
  }

  /* The day and time of the top bar go on like everything else; the server wrote the first. */
  var DAY = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
  var TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

  function drawClock(node, zone, form) {
    var options = Object.assign({ timeZone: zone }, form);
    var text = new Intl.DateTimeFormat("en-GB", options).format(now()).replace(/,/g, "");
    if (node.textContent !== text) node.textContent = text;
  }

  function draw() {
    if (document.hidden) return;
    document.querySelectorAll("[data-clock-day]").forEach(function (node) {
      drawClock(node, node.dataset.clockDay, DAY);
    });
    document.querySelectorAll("[data-clock-time]").forEach(function (node) {
      drawClock(node, node.dataset.clockTime, TIME);
    });
    document.querySelectorAll(".fc-ring[data-expires-at]").forEach(drawRing);
    document.querySelectorAll("time[data-age]").forEach(drawAge);
  }

  function firstByte() {
    var entry = performance.getEntriesByType("navigation")[0];
    return entry && entry.responseStart ? performance.timeOrigin + entry.responseStart : wallNow();
  }

  document.addEventListener("DOMContentLoaded", function () {
    adopt(document, firstByte());
    draw();
    setInterval(draw, scale > 1 ? 250 : 1000);
  });
  document.addEventListener("visibilitychange", draw);
  document.addEventListener("htmx:afterSettle", function (event) {
    adopt(event.detail.elt && event.detail.elt.isConnected ? event.detail.elt : document, wallNow());
    draw();
  });

  window.firstcallClock = { now: now };
})();
