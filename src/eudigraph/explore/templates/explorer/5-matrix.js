// How far each topic has come with each country. A cell opens the passage that bears it.

const MAX_TOPICS = 200;
const MAX_COUNTRIES = 40;

/** The ties that the filters let through, by "country topic". */
function cells() {
  const topics = state.topic < 0 ? null : within(state.topic);
  const core = state.status < 0 ? null : engagements();
  return new Map(TIES.filter((tie) => (state.partner < 0 || tie[0] === state.partner) && (!topics || topics.has(tie[1]))
    && (!core || core.has(tie[2])) && fromSource(behind(tie))).map((tie) => [`${tie[0]} ${tie[1]}`, tie]));
}

function grid() {
  const on = cells();
  const count = (list, n) => list.reduce((m, key) => m.set(+key.split(" ")[n], (m.get(+key.split(" ")[n]) ?? 0) + 1), new Map());
  const [perCountry, perTopic] = [count([...on.keys()], 0), count([...on.keys()], 1)];
  const byName = (a, b) => label(a).localeCompare(label(b), "en");
  const countries = [...perCountry.keys()].sort((a, b) => perCountry.get(b) - perCountry.get(a) || byName(a, b)).slice(0, MAX_COUNTRIES);
  const sorter = byId.get(state.sort);
  const rank = (t) => (sorter === undefined ? 0 : -(on.get(`${sorter} ${t}`)?.[3] ?? -1));
  const topics = [...perTopic.keys()].sort((a, b) => state.sort === "name" ? byName(a, b)
    : rank(a) - rank(b) || perTopic.get(b) - perTopic.get(a) || byName(a, b));
  return { on, countries, topics: topics.slice(0, MAX_TOPICS), perTopic, all: topics.length };
}

/** Full from agreed on, half where it is at least planned, else empty. */
const fullness = (tie) => STAGES[tie[3]].full;
const mark = (tie) => "○◐●"[fullness(tie)] + (tie[4] ? "!" : "");
const word = (tie) => `${STAGES[tie[3]].label}${tie[4] ? ", priority" : ""}`;
const LEGEND = () => `● agreed and further, ◐ planned, discussed or negotiated, ○ mentioned or wanted, ! somebody's priority${knownBy()}.`;

function drawMatrix() {
  const { on, countries, topics, perTopic, all } = grid();
  const sortBy = (key, text, title) => el("button", { type: "button", text, title, "aria-pressed": String(state.sort === key), on: { click: () => go({ sort: state.sort === key ? "" : key }) } });
  const head = el("tr", {}, el("th", { scope: "col" }, sortBy("name", "Topic", "Sort by name")),
    ...countries.map((c) => el("th", { scope: "col", "aria-sort": state.sort === ENTITIES[c].id ? "descending" : "none" }, sortBy(ENTITIES[c].id, label(c), `Topics of ${label(c)} first`))),
    el("th", { scope: "col" }, sortBy("", "Countries", "Most countries first")));
  const body = topics.map((t) => el("tr", { "aria-current": t === state.e ? "true" : null }, el("th", { scope: "row" }, entity(t)),
    ...countries.map((c) => {
      const cell = on.get(`${c} ${t}`);
      if (!cell) return el("td");
      const here = state.e === c && state.o === t;
      return el("td", {}, el("button", { type: "button", text: mark(cell), "aria-current": here ? "true" : null,
        "aria-label": `${label(c)}, ${label(t)}: ${word(cell)}`, title: word(cell), on: { click: () => go({ e: c, o: t }, true) } }));
    }),
    el("td", { text: String(perTopic.get(t)) })));
  const caption = `${LEGEND()} ${plural(topics.length, "topic")}${all > topics.length ? ` of ${all.toLocaleString("en")}; filter to see the others` : ""}. A cell opens what bears it.`;
  document.getElementById("matrix-view").replaceChildren(topics.length
    ? el("table", {}, el("caption", {}, el("span", { text: caption })), el("thead", {}, head), el("tbody", {}, ...body))
    : el("p", { text: "No topic is known of any country that is shown." }));
}
