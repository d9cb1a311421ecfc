// Keeps slider, number and share of each criterion in step. Without it the numbers alone work.
(() => {
  "use strict";
  const rows = [...document.querySelectorAll("[data-row]")].map((row) => ({
    row,
    slider: row.querySelector("[data-slider]"),
    number: row.querySelector("[data-weight]"),
    share: row.querySelector("[data-share]"),
    was: row.querySelector("[data-was]"),
  })).filter((entry) => entry.slider && entry.number);
  if (!rows.length) return;

  const weight = (entry) => {
    const value = Number(entry.number.value);
    return Number.isFinite(value) && value >= 0 && value <= 100 ? value : 0;
  };
  const show = () => {
    const total = rows.reduce((sum, entry) => sum + weight(entry), 0);
    for (const entry of rows) {
      const part = total ? (100 * weight(entry)) / total : 0;
      entry.share.textContent = `${part.toFixed(1)} %`;
      if (entry.row.dataset.live === undefined) continue;
      const changed = weight(entry) !== Number(entry.row.dataset.live);
      entry.row.classList.toggle("is-changed", changed);
      if (entry.was) entry.was.textContent = changed ? `was ${Number(entry.row.dataset.live)}` : "as live";
    }
  };
  for (const entry of rows) {
    entry.slider.hidden = false;
    entry.slider.value = String(weight(entry));
    entry.slider.addEventListener("input", () => {
      entry.number.value = entry.slider.value;
      show();
    });
    entry.number.addEventListener("input", () => {
      entry.slider.value = String(weight(entry));
      show();
    });
  }
  show();
})();
