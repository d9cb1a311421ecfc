// Sends the confirmed list and says how far it is. Without this the form is sent as any other.
(() => {
  "use strict";
  const form = document.querySelector("form[data-progress]");
  if (!form) return;
  const bar = form.querySelector("progress");
  const shown = form.querySelector("[data-shown]");
  let going = false;

  const look = async () => {
    if (!going) return;
    try {
      const answer = await fetch(form.dataset.progress, { headers: { Accept: "application/json" } });
      const { words, done, of } = answer.ok ? await answer.json() : {};
      if (words && going) {
        shown.textContent = `${done.toLocaleString("en-US")} of ${of.toLocaleString("en-US")} ${words}.`;
        bar.max = of || 1;
        bar.value = done;
      }
    } catch (error) {
      // offline for a moment: look again
    }
    setTimeout(look, 700);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (going) return;
    going = true;
    form.querySelector("button").disabled = true;
    form.querySelector("[data-waiting]").hidden = false;
    look();
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
      if (answer.type !== "opaqueredirect") throw new Error(String(answer.status));
      location.assign(form.dataset.after);
    } catch (error) {
      going = false;
      shown.textContent = "The answer did not arrive. Look among the imports whether the list went in.";
    }
  });
})();
