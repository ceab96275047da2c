// Which topic is pursued, or only wanted, with which country. A cell opens what it rests on.

const MAX_TOPICS = 200;
const MAX_COUNTRIES = 40;

/** Countries, topics, and what stands between them: {pursued, wanted} statements by "country topic". */
function cells() {
  const on = new Map();
  const topics = state.topic < 0 ? null : within(state.topic);
  const core = state.status < 0 ? null : engagements();
  // With a status chosen, only what goes through an engagement of that status counts; with a source, what rests on it.
  const fits = (i) => reasons(i).some(([, from]) => (!core || from.some((j) => core.has(subject(j)) || core.has(object(j))))
    && (state.source < 0 || from.flatMap(claimsBehind).some((j) => passagesOf(j).length && fromSource(passagesOf(j)))));
  for (const [p, name] of [[REL.cooperates, "pursued"], [REL.wanted, "wanted"]]) {
    for (const i of byRelation[p] ?? []) {
      const [country, , topic] = STATEMENTS[i];
      if (state.partner >= 0 && country !== state.partner) continue;
      if (topics && !topics.has(topic)) continue;
      if ((core || state.source >= 0) && !fits(i)) continue;
      const key = `${country} ${topic}`;
      on.set(key, { ...on.get(key), [name]: i, ...(name === "pursued" ? { planned: onlyPlanned(i) } : {}) });
    }
  }
  return on;
}

function grid() {
  const on = cells();
  const count = (list, n) => list.reduce((m, key) => m.set(+key.split(" ")[n], (m.get(+key.split(" ")[n]) ?? 0) + 1), new Map());
  const [perCountry, perTopic] = [count([...on.keys()], 0), count([...on.keys()], 1)];
  const byName = (a, b) => label(a).localeCompare(label(b), "en");
  const countries = [...perCountry.keys()].sort((a, b) => perCountry.get(b) - perCountry.get(a) || byName(a, b)).slice(0, MAX_COUNTRIES);
  const sorter = byId.get(state.sort);
  const rank = (t) => (sorter === undefined ? 0 : on.has(`${sorter} ${t}`) ? (on.get(`${sorter} ${t}`).pursued !== undefined ? 0 : 1) : 2);
  const topics = [...perTopic.keys()].sort((a, b) => state.sort === "name" ? byName(a, b)
    : rank(a) - rank(b) || perTopic.get(b) - perTopic.get(a) || byName(a, b));
  return { on, countries, topics: topics.slice(0, MAX_TOPICS), perTopic, all: topics.length };
}

/** Pursued by something that stands, pursued only by what is mentioned, planned, wanted or hedged, or only wanted. */
const mark = ({ pursued, planned }) => (pursued === undefined ? "○" : planned ? "◐" : "●");
const word = ({ pursued, planned, wanted }) => [pursued !== undefined && (planned ? `pursued, so far ${OPEN}` : "pursued"),
  wanted !== undefined && "wanted"].filter(Boolean).join(" and ");

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
  const caption = `● pursued, ◐ pursued by what so far is ${OPEN}, ○ a topic of something wanted. ${plural(topics.length, "topic")}${all > topics.length ? ` of ${all.toLocaleString("en")}; filter to see the others` : ""}. A cell opens what it rests on.`;
  document.getElementById("matrix-view").replaceChildren(topics.length
    ? el("table", {}, el("caption", {}, el("span", { text: caption })), el("thead", {}, head), el("tbody", {}, ...body))
    : el("p", { text: "No topic is pursued or wanted with any country that is shown." }));
}
