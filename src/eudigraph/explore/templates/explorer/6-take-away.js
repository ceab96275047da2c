// What can be taken away: the view as SVG or PNG, the visible facts as CSV, the link.

const NS = "http://www.w3.org/2000/svg";

function draw(tag, given, text) {
  const made = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(given)) made.setAttribute(key, value);
  // What XML does not allow would make the whole drawing unreadable.
  if (text !== undefined) made.textContent = text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");
  return made;
}

function sheet(x, y, width, height) {
  const svg = draw("svg", { xmlns: NS, viewBox: `${x} ${y} ${width} ${height}`, width, height, "font-family": "system-ui, sans-serif", "font-size": 13 });
  svg.append(draw("rect", { x, y, width, height, fill: colors.back }));
  return svg;
}

/** What a picture needs to stand alone: what it is, where it is from, and what its signs mean. */
function signed(svg, legend) {
  const [x, y, width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const from = [...new Set(SOURCES.map((s) => s.publisher ?? s.title))];
  const lines = [`EU digital diplomacy. eudigraph, CC BY 4.0. Sources: ${from.slice(0, 6).join(", ")}${from.length > 6 ? ` and ${from.length - 6} more` : ""}.`, legend];
  svg.setAttribute("viewBox", `${x} ${y} ${width} ${height + 60}`);
  svg.setAttribute("height", height + 60);
  svg.firstChild.setAttribute("height", height + 60);
  lines.forEach((line, n) => svg.append(draw("text", { x: x + 12, y: y + height + 22 + n * 20, fill: colors.faint }, line)));
  return svg;
}

function networkSheet() {
  const places = network.getPositions(drawn);
  const at = Object.values(places);
  const [left, top] = [Math.min(0, ...at.map((p) => p.x)) - 140, Math.min(0, ...at.map((p) => p.y)) - 60];
  const [right, bottom] = [Math.max(0, ...at.map((p) => p.x)) + 140, Math.max(0, ...at.map((p) => p.y)) + 60];
  const svg = sheet(left, top, right - left, bottom - top);
  const tip = draw("marker", { id: "tip", viewBox: "0 0 10 10", refX: 10, refY: 5, markerWidth: 7, markerHeight: 7, orient: "auto" });
  tip.append(draw("path", { d: "M0,0L10,5L0,10Z", fill: colors.edge }));
  svg.append(tip);
  for (const [id, statements] of lines) {
    const { dashes } = edge(id, statements);
    const [a, b] = id.split(">").map((n) => places[n]);
    if (!a || !b) continue;
    const far = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    const back = (OPTIONS.groups[KINDS[kindOf(+id.split(">")[1])].name].size + 2) / far; // the tip stands at the shape's rim
    svg.append(draw("line", { x1: a.x, y1: a.y, x2: b.x - (b.x - a.x) * back, y2: b.y - (b.y - a.y) * back, stroke: colors.edge, "marker-end": "url(#tip)", ...(dashes ? { "stroke-dasharray": dashes.join(" ") } : {}) }));
  }
  for (const e of drawn) {
    const { x, y } = places[e];
    const { shape, color, name } = KINDS[kindOf(e)];
    const size = OPTIONS.groups[name].size;
    svg.append(draw("path", { d: outline(shape, size), transform: `translate(${x} ${y})`, stroke: color, "stroke-width": 2,
      fill: pending(e) ? colors.back : color, ...(pending(e) ? { "stroke-dasharray": "4 3" } : {}) }));
    svg.append(draw("text", { x, y: y + size + 14, "text-anchor": "middle", fill: colors.ink }, short(briefly(e), 32)));
  }
  let x = left + 12;
  const [present, y] = [new Set(drawn.map(kindOf)), bottom + 48];
  const made = signed(svg, "");
  for (const k of [...present].sort((a, b) => a - b)) {
    made.append(draw("path", { d: outline(KINDS[k].shape, 7), fill: KINDS[k].color, transform: `translate(${x + 7} ${y - 4})` }));
    made.append(draw("text", { x: x + 20, y, fill: colors.ink }, KINDS[k].label));
    x += 40 + KINDS[k].label.length * 7.5;
  }
  made.append(draw("text", { x, y, fill: colors.faint }, `dashed: ${DASHED} · dotted: follows from claims${knownBy()}`));
  return made;
}

function timelineSheet() {
  const rows = dated(visible()).slice(0, MAX_ROWS);
  const { at, ticks } = axis(rows);
  const svg = sheet(0, 0, 1200, rows.length * 24 + 50);
  const x = (d) => 620 + at(d) * 5.6;
  for (const [d, name] of ticks) {
    svg.append(draw("line", { x1: x(d), x2: x(d), y1: 26, y2: rows.length * 24 + 36, stroke: colors.edge, "stroke-opacity": 0.4 }));
    svg.append(draw("text", { x: x(d) + 3, y: 20, fill: colors.faint, "font-size": 11 }, name));
  }
  rows.forEach((row, n) => {
    const y = 44 + n * 24;
    const color = KINDS[kindOf(row.e)].color;
    const [from, to] = [row.first === null ? 620 : x(row.first), row.beginning || row.last === null ? 1180 : x(row.last)];
    svg.append(draw("text", { x: 10, y, fill: colors.ink }, short(when(row.now), 30)));
    svg.append(draw("text", { x: 220, y, fill: colors.ink }, short(`${label(row.e)} (${label(row.now.status)}${row.now.disputed ? ", disputed" : ""})`, 56)));
    svg.append(draw("rect", { x: from, y: y - 10, width: Math.max(6, to - from), height: 11, stroke: color, "stroke-width": 2,
      fill: row.pending ? "none" : color, ...(row.pending ? { "stroke-dasharray": "4 3" } : {}) }));
  });
  return signed(svg, `A long bar is an inexact date or a time that goes on; a dashed one is ${DASHED}${knownBy()}.`);
}

function matrixSheet() {
  const { on, countries, topics } = grid();
  const svg = sheet(0, 0, 320 + countries.length * 110, topics.length * 22 + 50);
  countries.forEach((c, n) => svg.append(draw("text", { x: 355 + n * 110, y: 24, "text-anchor": "middle", fill: colors.ink }, short(label(c), 15))));
  topics.forEach((t, row) => {
    svg.append(draw("text", { x: 10, y: 50 + row * 22, fill: colors.ink }, short(label(t), 42)));
    countries.forEach((c, n) => {
      const cell = on.get(`${c} ${t}`);
      if (!cell) return;
      const [cx, cy, full] = [355 + n * 110, 46 + row * 22, fullness(cell)];
      svg.append(draw("circle", { cx, cy, r: 6, stroke: colors.ink, "stroke-width": 2, fill: full === 2 ? colors.ink : "none" }));
      if (full === 1) svg.append(draw("path", { d: `M${cx},${cy - 6}a6,6 0 0,0 0,12Z`, fill: colors.ink }));
      if (cell[4]) svg.append(draw("text", { x: cx + 10, y: cy + 4, fill: colors.ink }, "!"));
    });
  });
  return signed(svg, LEGEND());
}

const sheets = { network: networkSheet, timeline: timelineSheet, matrix: matrixSheet };
const drawing = () => new XMLSerializer().serializeToString(sheets[state.view]());

function save(blob, name) {
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  tell(`Saved ${name}`);
}

function savePng() {
  const image = new Image();
  image.onload = () => {
    // No larger than browsers allow a canvas to be.
    const scale = Math.min(2, 8000 / image.width, 8000 / image.height);
    const page = el("canvas", { width: Math.ceil(image.width * scale), height: Math.ceil(image.height * scale) });
    page.getContext("2d").drawImage(image, 0, 0, page.width, page.height);
    page.toBlob((blob) => save(blob, `eudigraph-${state.view}.png`));
  };
  image.onerror = () => tell("The picture could not be made");
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawing())}`;
}

/** A cell of CSV; what a spreadsheet would take for a formula gets an apostrophe. */
const quoted = (text) => `"${String(text ?? "").replace(/^(\s*[=+\-@＝＋－＠]|[\t\r\n])/, "'$1").replaceAll('"', '""')}"`;

const EVIDENCE = ["source", "locator", "start", "end", "speaker", "certainty", "confidence", "gist"];
/** A row of a table for each passage, of a chosen source its own alone; where no passage says so, one without. */
function withEvidence(first, passages, last) {
  if (!passages.length) return state.source < 0 ? [[...first, ...EVIDENCE.map(() => ""), ...last]] : [];
  return passages.filter((n) => fromSource([n])).map((n) => [...first, ...EVIDENCE.map((key) => (key === "source" ? SOURCES[PASSAGES[n].source].title : PASSAGES[n][key])), ...last]);
}

const csvOf = (rows) => `${rows.map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`;

/** The cells of the matrix. */
const matrixTable = () => csvOf([["country", "topic", "stage", "priority", "through", ...EVIDENCE, "country_id", "topic_id", "through_id"],
  ...[...cells().values()].flatMap((tie) => withEvidence([label(tie[0]), label(tie[1]), STAGES[tie[3]].label, tie[4] ? "yes" : "no", label(tie[2])],
    behind(tie), [tie[0], tie[1], tie[2]].map((e) => ENTITIES[e].id)))]);

/** The facts of what is listed. */
function factsTable() {
  const here = new Set(state.q ? search(state.q) : visible());
  const rows = [["subject", "relation", "object", "follows", ...EVIDENCE, "subject_id", "relation_id", "object_id"]];
  const add = (s, p, object_, id, inferred, passages) => rows.push(...withEvidence([label(s), RELATIONS[p].label, object_, inferred ? "yes" : "no"], passages, [ENTITIES[s].id, RELATIONS[p].id, id]));
  const statement = (i) => add(subject(i), property(i), label(object(i)), ENTITIES[object(i)].id, follows(i),
    follows(i) && !passagesOf(i).length ? [...new Set(claimsBehind(i).flatMap(passagesOf))] : passagesOf(i));
  for (const e of here) {
    for (const i of outgoing[e]) if (used(i) && (here.has(object(i)) || state.q || !drawable(object(i)))) statement(i);
    for (const i of valuesOf[e]) add(e, VALUES[i][1], VALUES[i][2], "", false, VALUES[i].slice(3));
  }
  return csvOf(rows);
}

async function copyLink() {
  const link = location.href;
  try {
    await navigator.clipboard.writeText(link);
    tell("Link copied");
  } catch {
    const field = el("input", { value: link, readonly: true, "aria-label": "Link to what you see" });
    document.getElementById("panel").prepend(el("p", {}, "The link: ", field));
    field.select();
    tell("The link stands in the panel, to be copied");
  }
}

document.getElementById("png").addEventListener("click", savePng);
document.getElementById("svg").addEventListener("click", () => save(new Blob([drawing()], { type: "image/svg+xml" }), `eudigraph-${state.view}.svg`));
document.getElementById("csv").addEventListener("click", () => save(new Blob(["\ufeff", state.view === "matrix" ? matrixTable() : factsTable()], { type: "text/csv" }), `eudigraph-${state.view === "matrix" ? "matrix" : "facts"}.csv`));
document.getElementById("link").addEventListener("click", copyLink);
