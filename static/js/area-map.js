/* The map of an area: a circle with a middle and a handle, an outline with corners, or where ZIP codes
   reach. It writes to the form's fields and asks the server what the area covers ("fc:area", an htmx
   trigger). By mouse and touch, and by keyboard: every handle takes the focus, arrows move it (Shift:
   ten times as far), Delete removes a corner, Enter makes one of a dot. The fields do all of it too. */
(function () {
  "use strict";
  var STEP_PX = 4;
  var MOST = 500;

  function start(root) {
    var box = root.querySelector("[data-area-map]");
    var says = root.querySelector("#where-says");
    var spoken = root.querySelector("[data-where-said]");
    var note = box.querySelector("[data-say]");
    var slider = root.querySelector("[data-slider]");
    var toKm = parseFloat(box.dataset.km);
    var unit = box.dataset.unit;
    var fields = {};
    ["base", "latitude", "longitude", "point_zip", "radius", "outline", "zips", "left_out"].forEach(function (name) {
      fields[name] = root.querySelector('[name="where-' + name + '"]');
    });
    box.hidden = false;
    slider.hidden = false;
    root.querySelectorAll("[data-scripted]").forEach(function (node) { node.hidden = false; });
    root.querySelectorAll("[data-unscripted]").forEach(function (node) { node.hidden = true; });

    var first = box.dataset.start.split(",").map(parseFloat);
    var map = L.map(box.querySelector(".map"), {
      center: first, zoom: 11, zoomSnap: 0.5, zoomAnimation: false, fadeAnimation: false, scrollWheelZoom: false,
      attributionControl: Boolean(box.dataset.tiles), keyboard: true,
    });
    map.getContainer().setAttribute("role", "application");
    map.getContainer().setAttribute("aria-label", "Map of your area. Arrow keys move it, plus and minus zoom. Its handles follow in the tab order.");
    firstcallGround(map, box, function () { say("The map’s outlines could not be loaded. Everything else works all the same."); });

    var middle = null; // of the circle
    var reach = 0; // metres
    var corners = [];
    var moved = false; // the middle was put by hand
    var circle = L.circle(first, { radius: 1, className: "m-terr", interactive: false });
    var outline = L.polygon([], { className: "m-terr", interactive: false });
    var reaches = L.layerGroup();
    var without = L.layerGroup();
    var handles = L.layerGroup().addTo(map);
    without.addTo(map);

    function say(text) { note.textContent = text; }
    function kind() {
      var chosen = root.querySelector('[name="where-kind"]:checked');
      return chosen ? chosen.value : "radius";
    }
    function number(text) {
      var value = parseFloat(String(text).replace(",", "."));
      return Number.isFinite(value) ? value : null;
    }
    function far(metres) {
      var value = metres / 1000 / toKm;
      return (value < 20 ? Math.round(value * 10) / 10 : Math.round(value)) + " " + unit;
    }

    // -- handles --------------------------------------------------------------------------------

    /* options: at, css, label, onMove(latlng) while moving, onDone(), keys {Key: function} */
    function handle(options) {
      var marker = L.marker(options.at, {
        draggable: options.draggable !== false, keyboard: true, title: "", alt: "", autoPan: true,
        icon: L.divIcon({ className: "m-handle " + options.css, iconSize: [28, 28] }),
      }).addTo(handles);
      var node = marker.getElement();
      node.setAttribute("role", "button");
      node.setAttribute("aria-label", options.label);
      marker.on("drag", function () { options.onMove(marker.getLatLng(), marker); });
      marker.on("dragend", function () { options.onDone(); });
      if (options.onTap) marker.on("click", options.onTap);
      node.addEventListener("keydown", function (event) {
        var step = STEP_PX * (event.shiftKey ? 10 : 1);
        var by = { ArrowUp: [0, -step], ArrowDown: [0, step], ArrowLeft: [-step, 0], ArrowRight: [step, 0] }[event.key];
        var key = options.keys && options.keys[event.key];
        if (!by && !key) return;
        event.preventDefault();
        event.stopPropagation();
        if (key) return key();
        marker.setLatLng(map.layerPointToLatLng(map.latLngToLayerPoint(marker.getLatLng()).add(by)));
        options.onMove(marker.getLatLng(), marker);
        map.panInside(marker.getLatLng(), { padding: [30, 30] });
        options.onDone();
      });
      return marker;
    }

    function focusHandle(css, index) {
      var found = box.querySelectorAll("." + css);
      if (found.length) found[Math.min(index, found.length - 1)].focus();
      else map.getContainer().focus();
    }

    // -- the circle -------------------------------------------------------------------------------

    function east() {
      var bounds = L.latLng(middle).toBounds(reach * 2);
      return L.latLng(middle.lat, bounds.getEast());
    }

    function drawCircle() {
      handles.clearLayers();
      if (!middle || !reach) return;
      circle.setLatLng(middle).setRadius(reach).addTo(map);
      var edge = null;
      handle({
        at: middle, css: "m-middle", label: "Middle of your area. Arrow keys move it, with Shift further.",
        onMove: function (point) {
          middle = point;
          circle.setLatLng(middle);
          edge.setLatLng(east());
        },
        onDone: middleMoved,
      });
      edge = handle({
        at: east(), css: "m-edge", label: "Edge of your area. The right arrow widens it, the left arrow narrows it.",
        onMove: function (point, marker) {
          reach = Math.max(1000, Math.min(200000, map.distance(middle, point)));
          circle.setRadius(reach);
          writeReach();
          if (document.activeElement === marker.getElement()) marker.setLatLng(east());
        },
        onDone: function () { edge.setLatLng(east()); ask(); },
      });
      edge.bindTooltip(far(reach), { permanent: true, direction: "left", className: "m-far", offset: [-16, 0], pane: "markerPane" });
      circle.edge = edge;
    }

    function middleMoved() {
      moved = true;
      fields.latitude.value = middle.lat.toFixed(6);
      fields.longitude.value = middle.lng.toFixed(6);
      fields.point_zip.value = fields.base.value.trim();
      ask();
    }

    function writeReach() {
      var value = reach / 1000 / toKm;
      fields.radius.value = String(Math.round(value * 10) / 10);
      slider.value = value;
      if (circle.edge && circle.edge.getTooltip()) circle.edge.setTooltipContent(far(reach));
    }

    function readCircle() {
      var latitude = number(fields.latitude.value);
      var longitude = number(fields.longitude.value);
      if (latitude !== null && longitude !== null) middle = L.latLng(latitude, longitude);
      var value = number(fields.radius.value);
      if (value !== null && value * toKm >= 1 && value * toKm <= 200) {
        reach = value * toKm * 1000;
        slider.value = value;
      }
    }

    // -- the outline ------------------------------------------------------------------------------

    function readCorners() {
      corners = fields.outline.value.split("\n").map(function (line) {
        var parts = line.trim().split(/[\s,;]+/).map(parseFloat);
        return parts.length === 2 && parts.every(Number.isFinite) && Math.abs(parts[0]) <= 90 ? L.latLng(parts) : null;
      }).filter(Boolean);
    }

    function writeCorners() {
      fields.outline.value = corners.map(function (point) {
        return point.lat.toFixed(5) + ", " + point.lng.toFixed(5);
      }).join("\n");
    }

    function drawOutline() {
      handles.clearLayers();
      outline.setLatLngs(corners).addTo(map);
      corners.forEach(function (point, index) {
        handle({
          at: point, css: "m-corner",
          label: "Corner " + (index + 1) + " of " + corners.length + ". Arrow keys move it, Delete removes it.",
          onMove: function (to) { corners[index] = to; outline.setLatLngs(corners); },
          onDone: function () { changed("m-corner", index); },
          keys: {
            Delete: function () { remove(index); },
            Backspace: function () { remove(index); },
          },
        });
      });
      if (corners.length < 3 || corners.length > 60) return;
      corners.forEach(function (point, index) {
        var next = corners[(index + 1) % corners.length];
        var between = L.latLng((point.lat + next.lat) / 2, (point.lng + next.lng) / 2);
        var made = false;
        function make(at) {
          if (!made) corners.splice(index + 1, 0, at);
          made = true;
          corners[index + 1] = at;
          outline.setLatLngs(corners);
        }
        handle({
          at: between, css: "m-dot", label: "Between corner " + (index + 1) + " and the next. Enter makes a corner here.",
          onMove: make, onDone: function () { changed("m-corner", index + 1); },
          onTap: function () { make(between); changed("m-corner", index + 1); },
          keys: { Enter: function () { make(between); changed("m-corner", index + 1); } },
        });
      });
    }

    function remove(index) {
      corners.splice(index, 1);
      changed("m-corner", index);
    }

    function changed(css, index) {
      var hadFocus = box.contains(document.activeElement);
      writeCorners();
      drawOutline();
      if (hadFocus) focusHandle(css, index);
      ask();
    }

    /* Eight corners on the circle: something to pull at. */
    function around() {
      readCircle();
      if (!middle) return;
      var bounds = middle.toBounds(2 * (reach || 8000));
      var high = (bounds.getNorth() - bounds.getSouth()) / 2;
      var wide = (bounds.getEast() - bounds.getWest()) / 2;
      corners = [];
      for (var turn = 0; turn < 8; turn += 1) {
        var angle = (Math.PI * turn) / 4;
        corners.push(L.latLng(middle.lat + high * Math.sin(angle), middle.lng + wide * Math.cos(angle)));
      }
      changed("m-corner", 0);
      show();
    }

    // -- the map as a whole -----------------------------------------------------------------------

    function draw() {
      circle.remove();
      outline.remove();
      reaches.remove();
      handles.clearLayers();
      if (kind() === "radius") {
        drawCircle();
        say("Drag the handle to change the radius, or use the slider. The edge is exact to about " + (unit === "mi" ? "0.3 mi." : "0.5 km."));
      } else if (kind() === "polygon") {
        drawOutline();
        say(corners.length ? "Drag a corner to move it; a dot between two makes a new one." : "Tap the map, corner by corner, around where you work.");
      } else {
        reaches.addTo(map);
        say("What your ZIP codes reach, as near as their middles tell.");
      }
    }

    function show() {
      var bounds = null;
      if (kind() === "radius" && middle && reach) bounds = middle.toBounds(reach * 2);
      else if (kind() === "polygon" && corners.length > 1) bounds = L.latLngBounds(corners);
      else if (kind() === "zips") {
        reaches.eachLayer(function (layer) { bounds = layer.getBounds(); });
      }
      if (bounds && bounds.isValid()) map.fitBounds(bounds, { padding: [34, 34], maxZoom: 14 });
      else if (middle) map.setView(middle, 11);
    }

    map.on("click", function (event) {
      if (kind() === "radius") {
        middle = event.latlng;
        if (!reach) reach = 8000;
        drawCircle();
        middleMoved();
      } else if (kind() === "polygon") {
        if (corners.length >= MOST) return say("An area has " + MOST + " corners at most.");
        corners.push(event.latlng);
        changed("m-corner", corners.length - 1);
        say(corners.length < 3 ? "Now the next corner." : "Drag a corner to move it; tap on to go round.");
      }
    });

    // -- asking what it covers --------------------------------------------------------------------

    var timer = 0;
    function ask(wait) {
      window.clearTimeout(timer);
      if (kind() === "polygon" && corners.length < 3) return unsay();
      timer = window.setTimeout(function () {
        htmx.trigger(says, "fc:area");
      }, wait === undefined ? 120 : wait);
    }

    /* What was said of the area before is not true of an outline that is still open. */
    function unsay() {
      htmx.trigger(says, "htmx:abort");
      says.replaceChildren();
      without.clearLayers();
    }

    function told() {
      var covers = says.querySelector("[data-covers]");
      var sentence = says.querySelector("[data-sentence]");
      if (sentence) spoken.textContent = sentence.textContent.trim();
      if (covers) {
        root.querySelectorAll(".where-fields .errorlist").forEach(function (node) { node.remove(); });
        root.querySelectorAll(".where-fields .is-invalid").forEach(function (node) { node.classList.remove("is-invalid"); });
        if (kind() === "radius") placed(covers.dataset);
      }
      shapes();
    }

    function placed(found) {
      if (moved) {
        if (found.zip) fields.base.value = found.zip;
        moved = false;
      } else if (fields.point_zip.value !== fields.base.value.trim()) {
        fields.latitude.value = found.latitude;
        fields.longitude.value = found.longitude;
        readCircle();
        drawCircle();
        show();
      }
      fields.point_zip.value = fields.base.value.trim();
    }

    function shapes() {
      var data = says.querySelector("#where-shapes");
      var found = data ? JSON.parse(data.textContent) : {};
      without.clearLayers();
      if (found.left_out) L.geoJSON(found.left_out, { interactive: false, style: { className: "m-out" } }).addTo(without);
      if (kind() !== "zips") return;
      reaches.clearLayers();
      if (found.zips) {
        L.geoJSON(found.zips, { interactive: false, style: { className: "m-terr" } }).addTo(reaches);
        show();
      }
    }

    says.addEventListener("htmx:afterSwap", told);
    says.addEventListener("htmx:sendError", function () { say("The server does not answer just now. Your area is kept here; try again."); });

    // -- fields and buttons -----------------------------------------------------------------------

    root.querySelectorAll('[name="where-kind"]').forEach(function (radio) {
      radio.addEventListener("change", function () { draw(); show(); ask(0); });
    });
    slider.addEventListener("input", function () {
      reach = Math.max(1, parseFloat(slider.value) * toKm) * 1000;
      fields.radius.value = slider.value;
      drawCircle();
      ask();
    });
    slider.addEventListener("change", show);
    fields.radius.addEventListener("input", function () { readCircle(); drawCircle(); show(); ask(400); });
    fields.base.addEventListener("input", function () { if (fields.base.value.trim().length >= 5) ask(250); });
    fields.base.addEventListener("change", function () { ask(0); });
    fields.zips.addEventListener("input", function () { ask(600); });
    fields.left_out.addEventListener("input", function () { ask(600); });
    fields.outline.addEventListener("input", function () { readCorners(); drawOutline(); show(); ask(500); });
    root.querySelector("[data-around]").addEventListener("click", around);
    root.querySelector("[data-clear]").addEventListener("click", function () {
      corners = [];
      writeCorners();
      draw();
      ask();
    });

    function drop(field, code) {
      field.value = field.value.split(/[\s,;]+/).filter(function (word) { return word && word.slice(0, 5) !== code; }).join(" ");
    }

    says.addEventListener("click", function (event) {
      var button = event.target.closest("button[data-leave], button[data-back], button[data-radius]");
      if (!button) return;
      event.preventDefault();
      if (button.dataset.radius) {
        fields.radius.value = button.dataset.radius;
        readCircle();
        drawCircle();
        show();
      } else if (button.dataset.back) {
        drop(fields.left_out, button.dataset.back);
      } else if (kind() === "zips") {
        drop(fields.zips, button.dataset.leave);
      } else {
        fields.left_out.value = (fields.left_out.value.trim() + " " + button.dataset.leave).trim();
      }
      ask(0);
      root.querySelector("#where-says").setAttribute("tabindex", "-1");
      root.querySelector("#where-says").focus({ preventScroll: true });
    });

    readCircle();
    readCorners();
    draw();
    shapes();
    show();
    // The box may have been laid out while hidden.
    var wide = 0;
    new ResizeObserver(function () {
      map.invalidateSize({ animate: false });
      if (Math.abs(box.clientWidth - wide) > 40) show();
      wide = box.clientWidth;
    }).observe(box);
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-where]").forEach(start);
  });
})();
