"use strict";
// Without this script all is there and can be opened by hand; it searches, sorts, and hears keys.
const tools = document.querySelector(".tools");
for (const each of document.querySelectorAll(".tools, .copy, .keys")) each.hidden = false;

for (const button of document.querySelectorAll(".copy")) {
  const code = button.parentElement.querySelector("code");
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(code);
    try { await navigator.clipboard.writeText(code.textContent); button.textContent = "copied"; } catch { document.execCommand("copy"); }
  });
}

if (tools) {
  const changes = document.getElementById("changes");
  const search = document.getElementById("search");
  const beside = document.getElementById("beside");
  const sorted = document.getElementById("by-environment");
  const open = document.getElementById("open");
  const groups = [...changes.querySelectorAll(".group")];
  const cards = groups.flatMap((group) => [...group.querySelectorAll(".card")]);
  const words = new Map(cards.map((card) => [card, card.textContent.toLowerCase()]));
  const envs = [...document.querySelectorAll("[name=env]")].map((radio) => radio.value).filter(Boolean);

  function group(name, members) {
    const made = document.createElement("div");
    made.className = "group";
    const title = document.createElement("h3");
    title.textContent = name;
    made.append(title, ...members);
    return made;
  }

  function show() {
    const env = document.querySelector("[name=env]:checked").value;
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (card) => (!env || card.dataset.envs.split(" ").includes(env)) && wanted.every((word) => words.get(card).includes(word));
    for (const old of changes.querySelectorAll(".group")) old.remove();
    let count = 0;
    if (sorted.checked) {
      for (const name of env ? [env] : envs) {
        const members = cards.filter((card) => fits(card) && card.dataset.envs.split(" ").includes(name));
        count += members.length;
        if (members.length) changes.append(group(name, members.map((card) => card.cloneNode(true))));
      }
    } else {
      for (const each of groups) {
        const own = cards.filter((card) => card.dataset.service === each.dataset.name);
        for (const card of own) card.hidden = !fits(card);
        const left = own.filter((card) => !card.hidden).length;
        count += left;
        if (left) changes.append(each);
      }
    }
    for (const card of changes.querySelectorAll(".card")) if (sorted.checked) card.hidden = false;
    document.getElementById("count").textContent = `${count} change${count === 1 ? "" : "s"}`;
  }

  function shown() { return [...changes.querySelectorAll(".card")].filter((card) => !card.hidden); }

  function openAll() {
    const all = shown();
    const closed = all.some((card) => !card.open);
    for (const card of all) card.open = closed;
    open.textContent = closed ? "close all" : "open all";
  }

  function step(by) {
    const summaries = shown().map((card) => card.querySelector("summary"));
    const at = summaries.indexOf(document.activeElement);
    const next = summaries[at < 0 ? (by > 0 ? 0 : summaries.length - 1) : Math.min(Math.max(at + by, 0), summaries.length - 1)];
    if (next) { next.focus(); next.scrollIntoView({ block: "center" }); }
  }

  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.addEventListener("input", show);
  beside.addEventListener("change", () => document.body.classList.toggle("beside", beside.checked));
  open.addEventListener("click", openAll);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === search) { if (event.key === "Escape") { search.value = ""; search.blur(); show(); } return; }
    const acts = { "/": () => search.focus(), j: () => step(1), k: () => step(-1), o: openAll, s: () => beside.click(), e: () => { sorted.checked = !sorted.checked; show(); } };
    if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
  });
  show();
}
