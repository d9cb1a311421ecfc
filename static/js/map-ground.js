/* What a map shows below everything else: tiles where there is an address for them, else the bundled
   outlines with their names. Reads data-tiles, data-attribution and data-outlines of the box. */
(function () {
  "use strict";

  window.firstcallGround = function (map, box, failed) {
    if (box.dataset.tiles) {
      L.tileLayer(box.dataset.tiles, { maxZoom: 19, attribution: box.dataset.attribution || "" }).addTo(map);
      return;
    }
    if (!box.dataset.outlines) return;

    // Names only from a zoom at which they do not cover one another.
    function labels() {
      map.getPane("tooltipPane").hidden = map.getZoom() < 12;
    }

    fetch(box.dataset.outlines)
      .then(function (answer) { return answer.json(); })
      .then(function (data) {
        var ground = L.geoJSON(data, {
          interactive: false,
          style: function (feature) {
            return { className: feature.properties.kind === "county" ? "m-county" : "m-hood", fill: true };
          },
          onEachFeature: function (feature, layer) {
            if (feature.properties.kind === "county") return;
            layer.bindTooltip(feature.properties.name, { permanent: true, direction: "center", className: "m-lab", interactive: false });
          },
        }).addTo(map);
        // One by one from the last: the first ends lowest, as the file has them.
        ground.getLayers().reverse().forEach(function (layer) { layer.bringToBack(); });
        labels();
      })
      .catch(failed);
    map.on("zoomend", labels);
  };
})();
