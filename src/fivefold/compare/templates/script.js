(() => {
  "use strict";
  const root = document.documentElement;
  const all = (query, from = document) => [...from.querySelectorAll(query)];

  const theme = document.getElementById("theme");
  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const name = () => { theme.textContent = dark() ? "Light" : "Dark"; };
  if (theme) {
    try {
      const kept = localStorage.getItem("fivefold-theme");
      if (kept) root.dataset.theme = kept;
    } catch { /* a page opened from a file may have no storage */ }
    theme.hidden = false;
    theme.onclick = () => {
      root.dataset.theme = dark() ? "light" : "dark";
      try { localStorage.setItem("fivefold-theme", root.dataset.theme); } catch { /* kept for this visit only */ }
      name();
    };
    name();
  }

  for (const title of all("svg.chart > title")) {
    title.parentNode.setAttribute("aria-label", title.textContent);
    title.remove();
  }

  const tip = document.getElementById("tip");
  const say = (text, x, y) => {
    tip.textContent = text;
    tip.style.display = text ? "block" : "none";
    if (!text) return;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(6, Math.min(innerWidth - box.width - 6, x + 14)) + "px";
    tip.style.top = (y + 18 + box.height > innerHeight ? y - box.height - 10 : y + 18) + "px";
  };
  const entry = (target, x, y) => {
    const names = JSON.parse(target.closest("[data-names]").dataset.names);
    const box = target.getBoundingClientRect();
    const n = names.length;
    const at = (v, start, size) => Math.max(0, Math.min(n - 1, Math.floor((v - start) / size * n)));
    const column = at(x, box.left, box.width), row = at(y, box.top, box.height);
    const value = target.dataset.v.split(" ")[row * n + column];
    return `${names[row]} and ${names[column]}: ${value === "x" ? "not defined" : (value / 100).toFixed(2)}`;
  };
  const point = event => {
    const target = event.target.closest && event.target.closest("[data-t],[data-v]");
    if (!target || target.dataset.v && !target.closest("[data-names]")) return say("");
    say(target.dataset.t || entry(target, event.clientX, event.clientY), event.clientX, event.clientY);
  };
  document.addEventListener("pointermove", point);
  document.addEventListener("pointerdown", point);
  document.addEventListener("scroll", () => say(""), { passive: true });
  document.addEventListener("keydown", event => { if (event.key === "Escape") say(""); });

  const key = (row, index) => {
    const cell = row.cells[index];
    return cell.dataset.s !== undefined ? (cell.dataset.s === "" ? NaN : +cell.dataset.s) : cell.textContent.trim();
  };
  const order = (a, b) => {
    if (typeof a === "string") return a.localeCompare(b, undefined, { numeric: true });
    return (isNaN(a) - isNaN(b)) || a - b;
  };
  for (const button of all("button.sort")) {
    button.onclick = () => {
      const head = button.closest("th");
      const body = head.closest("table").tBodies[0];
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map(row => [key(row, head.cellIndex), row]);
      rows.sort((a, b) => {
        const missing = typeof a[0] === "number" && isNaN(a[0]) !== isNaN(b[0]);
        return order(a[0], b[0]) * (down && !missing ? -1 : 1);
      });
      body.append(...rows.map(row => row[1]));
    };
  }

  for (const button of all("button.copy")) {
    button.hidden = false;
    button.onclick = async () => {
      const code = button.parentNode.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      } catch {
        getSelection().selectAllChildren(code);
      }
    };
  }

  const filter = document.getElementById("filter");
  if (filter) {
    filter.hidden = false;
    filter.oninput = () => {
      const wanted = filter.value.trim().toLowerCase();
      const rest = document.getElementById("rest");
      if (wanted && rest) rest.open = true;
      for (const item of all("[data-column]")) item.hidden = !item.dataset.column.toLowerCase().includes(wanted);
    };
  }
})();
