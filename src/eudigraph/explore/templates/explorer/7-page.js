// The page as a whole: filters, list, and the one way in which anything changes: a new state.

const by = (id) => document.getElementById(id);
let listed = 200;

function say(text) {
  by("live").textContent = text;
}

/** Say something that eyes are to see as well. */
function tell(text) {
  say(text);
  by("live").classList.add("seen");
  setTimeout(() => by("live").classList.remove("seen"), 4000);
}

/** Do something that draws parts anew, and give the focus back to what replaced what had it. */
function keepingFocus(act) {
  const had = document.activeElement;
  const home = had?.closest("#list, #panel, #timeline-view, #matrix-view");
  const name = (x) => x.getAttribute("aria-label") ?? x.textContent;
  const key = had && name(had);
  act();
  if (!home || had.isConnected) return;
  const same = [...home.querySelectorAll("button, summary, a")].find((x) => name(x) === key);
  (same ?? (home.id === "list" ? by("search") : home.id === "panel" ? by("heading") ?? home : home)).focus({ preventScroll: true });
}

/** Go to a state that differs from this one as given. A typed search leaves no trail of its own in the history. */
function go(change, focus = false) {
  if ("view" in change && change.view !== "network") change.steps = 0;
  state = { ...state, ...change };
  const link = encode(state);
  if (!framed && link !== location.hash.replace(/^#/, "")) {
    if (Object.keys(change).join() === "q" && state.q.length > 1) history.replaceState(null, "", `#${link}`); else history.pushState(null, "", `#${link}`);
  }
  keepingFocus(() => apply([]));
  if (focus) by("heading")?.focus();
}

/** Open an entity in the panel. */
function open(e, focus = false) {
  go({ e, o: -1 }, focus);
  say(`${label(e)}, ${ENTITIES[e].class ?? ""}, ${plural(around(e, 1).size - 1, "neighbour")}`);
}

const from = () => {
  const [made, unknown] = decode(location.hash);
  state = made;
  keepingFocus(() => apply(unknown));
};
window.addEventListener("popstate", from);
window.addEventListener("hashchange", from);

function showList(shown) {
  const found = state.q ? search(state.q) : shown;
  const total = ENTITIES.filter((e) => e.kind >= 0).length;
  const drawnNow = Math.min(found.length, DATA.drawn);
  by("count").textContent = state.q ? `${plural(found.length, "match", "matches")} for “${state.q}”${found.length ? "" : ". Try fewer or other words."}`
    : `${plural(found.length, "entity", "entities")} of ${total.toLocaleString("en")} shown`
      + (state.view === "network" && found.length > DATA.drawn ? `; the ${drawnNow} most important are drawn. Search, filter or open one to reach the others.` : "");
  const items = found.slice(0, listed).map((e, n) => el("li", {}, el("button", { type: "button", tabindex: n ? "-1" : "0",
    "aria-current": e === state.e ? "true" : null, on: { click: () => open(e, true) } }, glyph(kindOf(e)), el("span", { text: label(e), dir: "auto" }))));
  if (found.length > listed) items.push(el("li", {}, el("button", { type: "button", tabindex: "-1", text: `${(found.length - listed).toLocaleString("en")} more …`, on: { click: () => { listed += 500; showList(shown); } } })));
  by("list").replaceChildren(...items);
}

function showFilters() {
  document.body.classList.toggle("searching", state.q !== ""); // on a phone the list then comes first
  for (const key of ["partner", "topic", "status"]) by(key).value = state[key] >= 0 ? String(state[key]) : "";
  by("source").value = state.source >= 0 ? String(state.source) : "";
  if (by("search").value.trim() !== state.q.trim()) by("search").value = state.q;
  by("inferred").checked = state.inferred;
  const on = kindsOn();
  for (const box of by("kinds").querySelectorAll("input")) box.checked = on.has(+box.value);
  for (const button of document.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === state.view));
  for (const view of ["network", "timeline", "matrix"]) by(`${view}-view`).hidden = view !== state.view;
}

let pictureOf = null; // what the view shows
let panelOf = null; // what the panel shows, so that typing a search does not lay it out again

function apply(problem) {
  showFilters();
  const shown = visible();
  const picture = encode({ ...state, q: "" }); // typing a search changes the list alone
  if (picture !== pictureOf) {
    if (state.view === "network") drawNetwork(shown);
    else if (state.view === "timeline") drawTimeline(shown);
    else drawMatrix();
  }
  pictureOf = picture;
  showList(shown);
  const key = `${state.e} ${state.o} ${state.steps} ${state.e < 0 ? state.partner : ""} ${problem}`;
  if (key !== panelOf) showPanel(problem);
  else if (panelOf !== null) say(by("count").textContent); // a filter, a kind or a search
  panelOf = key;
}

function fill(id, everything, options) {
  by(id).append(el("option", { value: "", text: everything }), ...options.map(([value, text]) => el("option", { value, text })));
  by(id).addEventListener("change", () => go({ [id]: by(id).value === "" ? -1 : +by(id).value }));
}

const sorted = (list) => list.map((e) => [e, label(e)]).sort((a, b) => a[1].localeCompare(b[1], "en"));
fill("partner", "all partners", sorted([...CHOICES.partner()]));
fill("topic", "all topics", sorted([...CHOICES.topic()]));
fill("status", "any status", sorted([...CHOICES.status()]));
fill("source", "all sources", SOURCES.map((s, i) => [i, s.title]));
const present = new Set(ENTITIES.map((e) => e.kind));
KINDS.forEach((kind, k) => {
  if (!present.has(k)) return;
  const box = el("input", { type: "checkbox", value: k });
  box.addEventListener("change", () => {
    const on = kindsOn();
    if (box.checked) on.add(k); else on.delete(k);
    const usual = KINDS.flatMap((other, i) => (other.shown ? [i] : []));
    const chosen = [...on].sort((a, b) => a - b);
    go({ kinds: chosen.join() === usual.join() ? null : chosen });
  });
  by("kinds").append(el("label", {}, box, glyph(k), kind.label));
});
by("inferred").addEventListener("change", () => go({ inferred: by("inferred").checked }));
by("clear").addEventListener("click", () => go({ ...FRESH, view: state.view, e: state.e, o: state.o }));
by("skip").addEventListener("click", () => by("heading")?.focus());
by("home").addEventListener("click", () => { by("search").value = ""; go({ ...FRESH }); });
for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => go({ view: button.dataset.view }));

by("search").addEventListener("input", () => { listed = 200; go({ q: by("search").value }); });
by("search").addEventListener("keydown", (event) => {
  if (event.key === "Enter") { const [first] = search(state.q); if (state.q && first !== undefined) open(first, true); else say("No match"); }
  if (event.key === "ArrowDown") { by("list").querySelector("button")?.focus(); event.preventDefault(); }
});
by("list").addEventListener("keydown", (event) => {
  const buttons = [...by("list").querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  (next < 0 ? by("search") : buttons[Math.min(next, buttons.length - 1)]).focus();
});
document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
  if (event.key === "Escape" && state.e >= 0 && !typing) { go({ e: -1, o: -1, steps: 0 }); say("Nothing chosen"); }
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColors(); pictureOf = null; apply([]); });
// On paper everything is open, and dark on light.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("#panel details")) details.open = true;
  readColors();
  network.redraw();
});
addEventListener("afterprint", () => { readColors(); network.redraw(); });
if (innerWidth <= 1100) by("filters").open = false;
by("link").hidden = framed;
readColors();
from();
