// While a replay runs, fetches its page again and swaps the report in. Without it a link does.
(() => {
  "use strict";
  const look = async () => {
    const state = document.getElementById("replay-state");
    if (!state || !("open" in state.dataset)) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const next = page.getElementById("replay-state");
        if (next) state.replaceWith(next);
      }
    } catch (error) {
      // offline for a moment: look again
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 700);
})();
