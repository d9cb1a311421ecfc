/* A map with one pin that writes to two form fields. Works without tiles (bundled outlines), by mouse,
   touch and keyboard: the pin takes the focus, arrows move it (Shift: ten times as far).

   <div class="map-pin" data-keep data-map-pin
        data-latitude="id of the latitude field" data-longitude="id of the longitude field"
        data-postcode="id of the ZIP field" data-lookup="address answering ?zip= with JSON"
        data-outlines="GeoJSON" data-tiles="tile URL or empty" data-start="lat,lon">
     <div class="map"></div><p class="foot" data-say role="status"></p></div>

   The look-up answers {"latitude": …, "longitude": …, "place": "…"} or, with 404, {"detail": "…"}.
   A pin that was moved by hand stays where it is until the ZIP changes again. */
(function () {
  "use strict";
  var STEP_PX = 4;
  var PIN =
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path class="body" d="M12 23C7 17.2 4.5 13.4 4.5 10a7.5 7.5 0 0 1 15 0c0 3.4-2.5 7.2-7.5 13z"/><circle class="eye" cx="12" cy="10" r="2.8"/></svg>';

  function number(text) {
    var value = parseFloat(text);
    return Number.isFinite(value) ? value : null;
  }

  function start(box) {
    var latitude = document.getElementById(box.dataset.latitude);
    var longitude = document.getElementById(box.dataset.longitude);
    var postcode = document.getElementById(box.dataset.postcode);
    var note = box.querySelector("[data-say]");
    var first = (box.dataset.start || "").split(",").map(number);
    var fallback = first.length === 2 && first[0] !== null ? first : [42.33, -71.09];
    var given = latitude.value && longitude.value ? [number(latitude.value), number(longitude.value)] : null;

    var map = L.map(box.querySelector(".map"), {
      center: given || fallback,
      zoom: given ? 14 : 11,
      zoomAnimation: false,
      fadeAnimation: false,
      attributionControl: Boolean(box.dataset.tiles),
      scrollWheelZoom: false,
      keyboard: true,
    });
    map.getContainer().setAttribute("role", "application");
    map.getContainer().setAttribute("aria-label", "Map. Arrow keys move it, plus and minus zoom. The pin follows in the tab order.");

    firstcallGround(map, box, function () { say("The map's outlines could not be loaded. The pin works all the same."); });

    var pin = L.marker(given || fallback, {
      draggable: true,
      keyboard: true,
      title: "",
      alt: "",
      icon: L.divIcon({ className: "m-pin", html: PIN, iconSize: [34, 34], iconAnchor: [17, 33] }),
    });
    if (given) place(given, false);

    function say(text) {
      note.textContent = text;
    }

    function place(point, move) {
      pin.setLatLng(point);
      if (!map.hasLayer(pin)) {
        pin.addTo(map);
        var node = pin.getElement();
        node.setAttribute("role", "button");
        node.setAttribute("aria-label", "Pin. Arrow keys move it, with Shift further.");
        node.addEventListener("keydown", onKey);
      }
      if (move) map.setView(point, Math.max(map.getZoom(), 14));
    }

    function write(point) {
      latitude.value = point.lat.toFixed(6);
      longitude.value = point.lng.toFixed(6);
      latitude.dispatchEvent(new Event("change", { bubbles: true }));
      say("Pin at " + point.lat.toFixed(5) + ", " + point.lng.toFixed(5) + ". Drag it, or move it with the arrow keys.");
    }

    function onKey(event) {
      var far = STEP_PX * (event.shiftKey ? 10 : 1);
      var by = { ArrowUp: [0, -far], ArrowDown: [0, far], ArrowLeft: [-far, 0], ArrowRight: [far, 0] }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      var next = map.layerPointToLatLng(map.latLngToLayerPoint(pin.getLatLng()).add(by));
      place(next, false);
      map.panInside(next, { padding: [40, 40] });
      write(pin.getLatLng());
    }

    pin.on("dragend", function () { write(pin.getLatLng()); });
    map.on("click", function (event) {
      place(event.latlng, false);
      write(event.latlng);
    });

    var asked = 0;
    function lookUp() {
      var zip = postcode.value.trim();
      if (!/^\d{5}(-\d{4})?$/.test(zip)) return;
      var mine = ++asked;
      fetch(box.dataset.lookup + "?zip=" + encodeURIComponent(zip), { headers: { Accept: "application/json" } })
        .then(function (answer) {
          return answer.json().then(function (data) { return { ok: answer.ok, data: data }; });
        })
        .then(function (answer) {
          if (mine !== asked) return; // an older answer arriving late
          if (!answer.ok) {
            say(answer.data.detail || "This ZIP is not known. Check it, or put the pin by hand.");
            return;
          }
          var point = L.latLng(answer.data.latitude, answer.data.longitude);
          place(point, true);
          write(point);
          say(answer.data.place + ": the pin is in the middle of " + zip + ". Drag it to the house.");
        })
        .catch(function () {
          if (mine === asked) say("The ZIP could not be looked up just now. Put the pin by hand.");
        });
    }

    if (postcode && box.dataset.lookup) {
      postcode.addEventListener("change", lookUp);
      if (!given) lookUp();
    }
    if (!given) say("Type the ZIP, or click the map to put the pin.");
    // The box may have been laid out while hidden.
    new ResizeObserver(function () { map.invalidateSize({ animate: false }); }).observe(box);
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-map-pin]").forEach(start);
  });
})();
