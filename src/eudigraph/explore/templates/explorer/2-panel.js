// Reading: what an entity is, what is said of it, by whom, and what follows. Texts only ever become text.

function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(given)) {
    if (key === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (key === "text") made.textContent = value;
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((c) => c != null));
  return made;
}

function glyph(kind) {
  const { shape, color } = KINDS[kind];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "glyph");
  svg.setAttribute("viewBox", "-10 -10 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", outline(shape, 9));
  path.setAttribute("fill", color);
  svg.append(path);
  return svg;
}

/** The outline of a shape as a path, as the network draws it. */
function outline(shape, r) {
  const corners = {
    square: [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([x, y]) => [x * 0.85, y * 0.85]),
    diamond: [[0, -1], [1, 0], [0, 1], [-1, 0]],
    triangle: [[0, -1], [1, 0.8], [-1, 0.8]],
    triangleDown: [[0, 1], [1, -0.8], [-1, -0.8]],
    hexagon: [0, 1, 2, 3, 4, 5].map((n) => [Math.cos((n * Math.PI) / 3), Math.sin((n * Math.PI) / 3)]),
    star: [...Array(10).keys()].map((n) => {
      const [size, turn] = [n % 2 ? 0.45 : 1, (n * Math.PI) / 5 - Math.PI / 2];
      return [size * Math.cos(turn), size * Math.sin(turn)];
    }),
  }[shape];
  if (!corners) return `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`;
  return `M${corners.map(([x, y]) => `${(x * r).toFixed(2)},${(y * r).toFixed(2)}`).join("L")}Z`;
}

const plural = (n, what, many = `${what}s`) => `${n.toLocaleString("en")} ${n === 1 ? what : many}`;

function entity(e) {
  if (!drawable(e)) return el("span", { text: label(e), title: ENTITIES[e].about, dir: "auto" });
  return el("button", { type: "button", class: "entity", text: label(e), dir: "auto", on: { click: () => open(e, true) } });
}

/** The stage or status of something: dashed before it is agreed. */
const chip = (text, stage) => el("span", { class: early(stage) ? "chip pending" : "chip", text });

/** When an engagement is, or since when it lasts. */
const when = ({ date, lasts }) => (date ? (lasts ? "since " : "") + readable(date) : "");

/** What belongs to an engagement wherever it is named: its date, and how it stands. */
function situation(e) {
  const now = SITUATIONS.get(e);
  if (!now) return [];
  return [now.date ? el("span", { class: "note", text: ` ${when(now)}` }) : "",
    now.disputed ? el("span", { class: "chip differ", text: "disputed" }) : "", " ", chip(label(now.status), now.stage)];
}

/** Where a passage stands; with several sources, in which. */
const place = (p) => `${SOURCES.length > 1 ? `${SOURCES[PASSAGES[p].source].publisher ?? SOURCES[PASSAGES[p].source].title} ` : ""}${PASSAGES[p].locator}`;

const onWeb = (address) => /^https?:/.test(address);
const outward = (address, text) => el("a", { href: address, target: "_blank", rel: "noopener noreferrer", text });

function quote(p) {
  const { source, start, end, speaker, certainty, confidence: sure, gist, retells, text } = PASSAGES[p];
  const { title, publisher, published, url } = SOURCES[source];
  const who = `${speaker}, ${certainty}${retells ? ` (as the paper retells ${retells})` : ""}`;
  const where = `${publisher ? `, ${publisher}` : ""}${published ? `, ${readable(published)}` : ""}`;
  return el("blockquote", { dir: "auto" },
    el("div", { text: gist }),
    text == null ? null : el("div", { class: "passage", text: `“${text}”` }),
    el("div", { class: "who", text: `${who}. Confidence of the reader ${Math.round(sure * 100)} %.` }),
    el("div", { class: "who" }, onWeb(url) ? outward(url, title) : title,
      `${where}, ${PASSAGES[p].locator}${start == null ? "" : `, characters ${start}–${end}`}`));
}

function evidence(passages, expanded = false) {
  if (!passages.length) return el("span", { class: "note", text: "reference data" });
  const who = [...new Set(passages.map((p) => `${PASSAGES[p].speaker}, ${place(p)}${PASSAGES[p].hedged ? ", hedged" : ""}`))];
  const more = who.length > 2 ? ` and ${who.length - 2} more` : "";
  return el("details", { class: "evidence", open: expanded },
    el("summary", { text: `Says who? ${who.slice(0, 2).join("; ")}${more}` }), ...passages.map(quote));
}

/** A statement in words; on demand with how its subject stands. */
const sentence = (i, stands = false) => el("span", {}, entity(subject(i)), ...(stands ? situation(subject(i)) : []),
  ` ${RELATIONS[property(i)].label} `, entity(object(i)));

/** How a statement comes to be in the graph: the passages that say it, or the claims it follows from, with theirs. */
function because(i, expanded = false) {
  if (!follows(i) || passagesOf(i).length) return evidence(passagesOf(i), expanded);
  const made = el("details", { class: "evidence" }, el("summary", { text: "Follows from …" }));
  const fill = () => {
    if (made.childElementCount > 1) return;
    const ways = reasons(i).map(([name, from]) => [name, from.map((j) => claimsBehind(j))])
      .filter(([, claims]) => claims.every((c) => c.length)).map(([name, claims]) => [name, [...new Set(claims.flat())]]);
    const different = [...new Map(ways.map((way) => [[...way[1]].sort().join(), way])).values()].sort((a, b) => a[1].length - b[1].length);
    different.slice(0, 6).forEach(([name, claims], n) => made.append(el("div", { class: "why" },
      el("div", { class: "note", text: `${different.length > 1 ? `Way ${n + 1} of ${different.length}, ` : ""}since ${name}` }),
      ...claims.map((j) => el("div", {}, sentence(j, true), " ", evidence(passagesOf(j), true))))));
    if (different.length > 6) made.append(el("p", { class: "note", text: `and ${different.length - 6} more ways` }));
  };
  made.addEventListener("toggle", fill);
  if (expanded) { fill(); made.open = true; }
  return made;
}

/** Facts under the names of their relations: rows of [relation's label, statement, other entity]. */
function facts(rows) {
  const groups = new Map();
  for (const row of rows) if (groups.has(row[0])) groups.get(row[0]).push(row); else groups.set(row[0], [row]);
  return [...groups].flatMap(([name, group]) => {
    const item = ([, i, other]) => el("li", {}, entity(other), ...situation(other), " ", because(i));
    const rest = group.slice(60);
    const list = el("ul", { class: "facts" }, ...group.slice(0, 60).map(item));
    if (rest.length) {
      const more = el("button", { type: "button", text: `${plural(rest.length, "more", "more")}`,
        on: { click: () => {
        const items = rest.map(item);
        more.parentElement.replaceWith(...items);
        items[0].querySelector("button")?.focus();
      } } });
      list.append(el("li", {}, more));
    }
    return [el("h3", { text: name }), list];
  });
}

/** Whatever passages disagree on, with all sides and those who take them. */
function disagreements(e) {
  return DATA.disagreements.filter((one) => one.e === e).map(({ on, sides }) => el("div", { class: "warn" },
    el("div", { text: `Passages disagree on the ${on}. All sides stay:` }),
    el("ul", {}, ...sides.map(([value, ...said]) => el("li", { dir: "auto" }, `${value} `, evidence(said))))));
}

/** How an engagement stands, what was changed, and what became of what was announced. */
function stands(e) {
  const now = SITUATIONS.get(e);
  if (!now) return [];
  const at = [...new Set([when(now), now.place === undefined ? "" : `in ${label(now.place)}`])].filter(Boolean).join(", ");
  const ahead = now.outlook === undefined ? null : `ahead: ${label(now.outlook)}${now.when ? `, ${readable(now.when)}` : ""}`;
  const row = (words, said) => el("li", { dir: "auto" }, ...words, " ", evidence(said));
  const changes = DATA.changes.filter((change) => change.e === e);
  const fate = FATES.get(e);
  return [
    el("h3", { text: `How it stands${knownBy()}` }),
    el("ul", { class: "facts" }, row([chip(label(now.status), now.stage),
      ` ${[label(now.status) === STAGES[now.stage].label ? "" : `stage: ${STAGES[now.stage].label}`, at, ahead].filter(Boolean).join("; ")}`,
      ...(now.realised === undefined ? [] : [" realised as ", entity(now.realised)])], now.said),
    ...changes.map(({ words, said }) => row([words], said))),
    ...(fate ? [el("h3", { text: "What became of what was announced" }), el("ul", { class: "facts" }, row([fate.words], fate.said))] : []),
  ];
}

/** By when it is known, as it stands wherever something is shown that more sources may change. */
const knownBy = () => (KNOWN ? `, known by ${KNOWN}` : "");

/** The topics of a country, or the countries of a topic, by stage, the furthest first. */
function byStage(e) {
  const groups = new Map();
  for (const tie of furthest(tiesOf[e])) groups.set(tie[3], [...(groups.get(tie[3]) ?? []), tie]);
  const country = KINDS[kindOf(e)]?.name === "Country";
  return groups.size ? [el("h3", { class: "part", text: `${country ? "Topics" : "With whom"}, by stage${knownBy()}` }), ...[...groups].flatMap(([stage, ties]) => [
    el("h3", {}, chip(STAGES[stage].label, stage)),
    el("ul", { class: "facts" }, ...ties.map((tie) => el("li", {}, entity(country ? tie[1] : tie[0]),
      tie[4] ? el("span", { class: "chip", text: "priority" }) : "", el("span", { class: "note", text: " through " }), entity(tie[2]), " ", evidence(behind(tie))))),
  ])] : [];
}

function describe(e) {
  const { label: name, also = [], class: kind, about, links = [] } = ENTITIES[e];
  const out = outgoing[e];
  const said = out.filter((i) => !follows(i)).map((i) => [RELATIONS[property(i)].label, i, object(i)]);
  const turned = incoming[e].filter((i) => !follows(i)).map((i) => {
    const { inverse, label: way } = RELATIONS[property(i)];
    return [inverse === undefined ? `… ${way} ${name}` : RELATIONS[inverse].label, i, subject(i)];
  });
  const implied = [
    ...out.filter((i) => follows(i) && !passagesOf(i).length && property(i) !== REL.transitive).map((i) => [RELATIONS[property(i)].label, i, object(i)]),
    ...incoming[e].filter((i) => follows(i) && !passagesOf(i).length && RELATIONS[property(i)].inverse === undefined && property(i) !== REL.transitive)
      .map((i) => [`… ${RELATIONS[property(i)].label} ${name}`, i, subject(i)]),
  ].slice(0, 2000).filter(([, i]) => !repeats(i));
  const steps = el("div", { class: "steps", role: "group", "aria-label": "Neighbours" }, el("span", { class: "note", text: "Neighbours:" }),
    ...[0, 1, 2, 3].map((n) => el("button", { type: "button", "aria-pressed": String(state.steps === n),
      text: n ? plural(n, "step") : "all", on: { click: () => go({ steps: n, view: "network" }) } })));
  return [
    el("h2", { text: name, tabindex: "-1", id: "heading", dir: "auto" }),
    el("p", { class: "note" }, glyph(kindOf(e)), ` ${kind || KINDS[kindOf(e)].label}`, ...situation(e)),
    also.length ? el("p", { class: "note", dir: "auto", text: `Also: ${also.join(", ")}` }) : null,
    about ? el("p", { text: about, dir: "auto" }) : null,
    ...stands(e),
    ...disagreements(e),
    steps,
    ...byStage(e),
    ...valueFacts(e),
    ...facts(said),
    ...facts(turned),
    ...(implied.length ? [el("h3", { class: "part", text: "What follows from the claims" }), ...facts(implied)] : []),
    ...(links.length ? [el("h3", { text: "Elsewhere" }), el("ul", { class: "facts" }, ...links.filter(onWeb).map((l) => el("li", {}, outward(l, l))))] : []),
  ];
}

function valueFacts(e) {
  const groups = new Map();
  for (const i of valuesOf[e].slice(0, 500)) if (groups.has(VALUES[i][1])) groups.get(VALUES[i][1]).push(i); else groups.set(VALUES[i][1], [i]);
  return [...groups].flatMap(([p, given]) => [el("h3", { text: RELATIONS[p].label }), el("ul", { class: "facts" },
    ...given.map((i) => el("li", {}, el("span", { dir: "auto", text: readable(VALUES[i][2]) }),
      " ", evidence(VALUES[i].slice(3)))))]);
}

/** All that is said between two entities: what a line, or a cell of the matrix, stands for. */
function describePair(a, b) {
  const tie = tieOf(a, b);
  const between = [...outgoing[a].filter((i) => object(i) === b), ...outgoing[b].filter((i) => object(i) === a)]
    .filter((i) => !follows(i) || !passagesOf(i).length); // the tie says as much, and more
  return [
    el("h2", { tabindex: "-1", id: "heading", dir: "auto", text: `${label(a)} and ${label(b)}` }),
    el("p", {}, entity(a), " · ", entity(b)),
    ...(tie ? [el("h3", { text: `How far it has come${knownBy()}` }), el("p", {}, chip(STAGES[tie[3]].label, tie[3]),
      tie[4] ? el("span", { class: "chip", text: "priority" }) : "", " through ", entity(tie[2]), ...situation(tie[2]), " ", evidence(behind(tie), true))] : []),
    between.length ? el("p", { class: "note", text: plural(between.length, "statement") })
      : tie ? null : el("p", { text: "Nothing in the graph says anything of both." }),
    el("ul", { class: "facts" }, ...between.slice(0, 300).map((i) => el("li", {}, sentence(i), " ", because(i, between.length < 6)))),
  ];
}

/** What a newcomer sees first: the partners, through what the EU works with them, and how it stands. */
function welcome() {
  const c = DATA.counts;
  const partners = new Map();
  for (const i of byRelation[REL.withCountry] ?? []) {
    if (KINDS[kindOf(subject(i))]?.name !== "Partnership") continue;
    partners.set(object(i), [...(partners.get(object(i)) ?? []), subject(i)]);
  }
  const wanted = [...partners].filter(([country]) => state.partner < 0 || country === state.partner);
  const list = wanted.sort((a, b) => (label(a[0]) < label(b[0]) ? -1 : 1)).slice(0, 60);
  return [
    el("h2", { tabindex: "-1", id: "heading", text: "Whom the EU works with on digital matters" }),
    ENTITIES.some((_, e) => drawable(e)) ? null : el("p", { class: "warn", text: "This graph is empty: there is nothing to show." }),
    ...list.flatMap(([country, frameworks]) => [
      el("h3", {}, entity(country)),
      el("ul", { class: "facts" }, ...[...new Set(frameworks)].map((f) => el("li", {}, entity(f), ...situation(f), " ",
        SITUATIONS.has(f) ? evidence(SITUATIONS.get(f).said) : ""))),
    ]),
    el("h3", { class: "part", text: "How to read this" }),
    el("p", { text: "Choose anything, in the picture or the list. Each fact has a line “Says who?” that opens the passage behind it: who speaks, how firmly, and where it stands. What only follows from claims says what it follows from. How far something has come is a rung of one ladder: "
      + `${STAGES.map((stage) => stage.label).join(", ")}.` }),
    el("p", { class: "note", text: `${KNOWN ? `How things stand is known by ${KNOWN}, the day of the newest source. ` : ""}${plural(c.sources ?? 0, "source")}, ${plural(c.passages ?? 0, "passage")}, ${plural(c.claims ?? 0, "claim")}, ${plural(c.inferred ?? 0, "inferred statement")}. Claims are in our own words, CC BY 4.0.` }),
  ];
}

function showPanel(problem) {
  const panel = document.getElementById("panel");
  const content = state.e < 0 ? welcome() : state.o >= 0 ? describePair(state.e, state.o) : describe(state.e);
  const warning = problem.length ? el("p", { class: "warn", text: `This link speaks of what is not in this graph: ${problem.join(", ").slice(0, 200)}` }) : null;
  panel.replaceChildren(...[warning, ...content].filter((c) => c != null));
  panel.scrollTop = 0;
}
