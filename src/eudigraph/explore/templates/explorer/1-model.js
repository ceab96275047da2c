"use strict";
// What the page knows, and how to ask it. Entities, relations and passages are numbers: their places in the lists.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const DATA = read("data");
const { kinds: KINDS, relations: RELATIONS, entities: ENTITIES, statements: STATEMENTS, values: VALUES } = DATA;
const { passages: PASSAGES, sources: SOURCES, spans: SPANS, rules: RULES, finding: FINDING } = DATA;
// How all stands by the newest day known, as the build has derived it; nothing of it is judged here.
const { known: KNOWN, stages: STAGES, ties: TIES } = DATA;
const SITUATIONS = new Map(DATA.situations.map((now) => [now.e, now]));
const FATES = new Map(DATA.fates.map((fate) => [fate.e, fate]));
const DASHED = "before agreed, or dropped"; // in words, what is drawn dashed

const byId = new Map(ENTITIES.map((entity, i) => [entity.id ?? String(i), i]));
const relationById = new Map(RELATIONS.map((relation, i) => [relation.id, i]));
const relation = (id) => relationById.get(id) ?? -1;
const REL = {
  withCountry: relation("eud:withCountry"), under: relation("eud:under"), holdsPost: relation("eud:holdsPost"),
  broader: relation("skos:broader"), transitive: relation("skos:broaderTransitive"),
};
const kindByName = new Map(KINDS.map((kind, i) => [kind.name, i]));
// Kinds that have partners, topics and statuses of their own; filters ask them, and others come in beside them.
const ENGAGEMENTS = new Set(["Partnership", "Meeting", "Initiative", "Instrument", "Document"].map((n) => kindByName.get(n)));

const outgoing = ENTITIES.map(() => []);
const incoming = ENTITIES.map(() => []);
const valuesOf = ENTITIES.map(() => []);
const byRelation = RELATIONS.map(() => []);
STATEMENTS.forEach(([s, p, o], i) => { outgoing[s].push(i); incoming[o].push(i); byRelation[p].push(i); });
VALUES.forEach(([s], i) => valuesOf[s].push(i));

/** The statements of an entity with a property, from it or to it; sorted out for an entity when it is first asked for. */
function sorter(lists) {
  const known = new Map();
  return (e, p) => {
    if (!known.has(e)) {
      const groups = new Map();
      for (const i of lists[e]) {
        const q = STATEMENTS[i][1];
        if (groups.has(q)) groups.get(q).push(i); else groups.set(q, [i]);
      }
      known.set(e, groups);
    }
    return known.get(e).get(p) ?? [];
  };
}
const outgoingBy = sorter(outgoing);
const incomingBy = sorter(incoming);

const subject = (i) => STATEMENTS[i][0];
const property = (i) => STATEMENTS[i][1];
const object = (i) => STATEMENTS[i][2];
const follows = (i) => STATEMENTS[i][3] === 1;
const passagesOf = (i) => STATEMENTS[i].slice(4);

const kindOf = (e) => ENTITIES[e].kind;
const drawable = (e) => kindOf(e) >= 0;
const label = (e) => ENTITIES[e].label;

/** A topic with all that are narrower. */
function within(topic) {
  const found = new Set([topic]);
  for (const t of found) {
    for (const i of incoming[t]) if (property(i) === REL.broader) found.add(subject(i));
  }
  return found;
}

/** Whether a stage, by its place in their list, is before agreed, or is that of what was dropped. */
const early = (stage) => STAGES[stage].full < 2;
/** Whether an engagement is drawn dashed, and so a line: what it is of, or itself, is not agreed yet, or was dropped. */
const pending = (e) => SITUATIONS.has(e) && early(SITUATIONS.get(e).stage);
const dashed = (i) => RELATIONS[property(i)].early === true || pending(subject(i)) || pending(object(i));

/** What a country and a topic have come to, from either of them. A tie: country, topic, engagement, stage, priority, passage. */
const tiesOf = ENTITIES.map(() => []);
TIES.forEach((tie) => { tiesOf[tie[0]].push(tie); tiesOf[tie[1]].push(tie); });
const tieOf = (a, b) => tiesOf[a].find(([country, topic]) => (country === a && topic === b) || (country === b && topic === a));
const furthest = (ties) => [...ties].sort((a, b) => b[3] - a[3] || b[4] - a[4]);
const behind = (tie) => tie.slice(5);

/** The ways in which a statement follows: [name of the rule, statements it follows from]. */
function reasons(i) {
  const [s, p, o] = STATEMENTS[i];
  const found = [];
  for (const [name, head, ...body] of RULES) {
    if (head[1] !== p || (head[0] === head[2] && s !== o)) continue;
    const match = (rest, known, used) => {
      if (!rest.length) { found.push([name, used]); return; }
      const [[a, q, b], ...others] = rest;
      const near = a in known ? outgoingBy(known[a], q) : b in known ? incomingBy(known[b], q) : byRelation[q];
      for (const j of near) {
        if (j === i) continue;
        if (a in known && known[a] !== subject(j)) continue;
        if (b in known && known[b] !== object(j)) continue;
        match(others, { ...known, [a]: subject(j), [b]: object(j) }, [...used, j]);
        if (found.length >= 50) return;
      }
    };
    match(body, { [head[0]]: s, [head[2]]: o }, []);
  }
  const cost = (way) => way[1].filter(follows).length;
  return found.sort((a, b) => cost(a) - cost(b));
}

const proofs = new Map();

/** The claims that a statement rests on by a simplest way: those that need the fewest steps first, then few claims. */
function claimsBehind(i) {
  if (!follows(i)) return [i];
  if (proofs.has(i)) return proofs.get(i);
  const pending = new Map();
  const todo = [i];
  while (todo.length && pending.size < 3000) {
    const j = todo.pop();
    if (!follows(j) || proofs.has(j) || pending.has(j)) continue;
    const ways = reasons(j);
    pending.set(j, ways);
    for (const [, from] of ways) todo.push(...from);
  }
  // Round by round, what follows from what is proven already; so nothing rests on itself.
  const proven = (j) => (follows(j) ? proofs.get(j) : [j]);
  for (let found = [null]; found.length;) {
    found = [];
    for (const [j, ways] of pending) {
      let best = null;
      for (const [, from] of ways) {
        if (!from.every(proven)) continue;
        const claims = [...new Set(from.flatMap(proven))];
        if (!best || claims.length < best.length) best = claims;
      }
      if (best) found.push([j, best]);
    }
    for (const [j, claims] of found) { proofs.set(j, claims); pending.delete(j); }
  }
  if (!proofs.has(i)) proofs.set(i, []);
  return proofs.get(i);
}

/** Whether a statement only repeats one claim between the same two entities, turned round or in other words. */
function repeats(i) {
  const claims = claimsBehind(i);
  const [s, o] = [subject(i), object(i)];
  return claims.length === 1 && [subject(claims[0]), object(claims[0])].every((e) => e === s || e === o);
}

/** A date of the graph for people. */
const readable = (edtf) => SPANS[edtf]?.[2] ?? edtf;

// ---- State: what is seen now. It stands in the address, so that every state has a link.

const FRESH = {
  view: "network", e: -1, o: -1, steps: 0, partner: -1, topic: -1, status: -1, source: -1, kinds: null,
  inferred: false, q: "", sort: "",
};
let state = { ...FRESH };
const framed = location.protocol === "about:"; // in a notebook the frame has no address of its own

function encode(s) {
  const given = new URLSearchParams();
  if (s.view !== "network") given.set("view", s.view);
  for (const key of ["e", "o", "partner", "topic", "status"]) if (s[key] >= 0) given.set(key, ENTITIES[s[key]].id);
  if (s.source >= 0) given.set("source", SOURCES[s.source].id);
  if (s.steps) given.set("steps", s.steps);
  if (s.kinds) given.set("kinds", s.kinds.map((k) => KINDS[k].name).join("."));
  if (s.inferred) given.set("inferred", "1");
  if (s.q) given.set("q", s.q);
  if (s.sort) given.set("sort", s.sort);
  return given.toString().replaceAll("%3A", ":"); // names read better so, and mean the same
}

/** What each part of a state can be. */
const objectsOf = (p) => new Set((byRelation[p] ?? []).map(object));
const drawables = () => new Set(ENTITIES.flatMap((_, e) => (drawable(e) ? [e] : [])));
const CHOICES = {
  e: drawables, o: drawables, partner: () => objectsOf(REL.withCountry), status: () => new Set(DATA.situations.map((now) => now.status)),
  topic: () => new Set(ENTITIES.flatMap((_, e) => (KINDS[kindOf(e)]?.name === "Topic" ? [e] : []))),
};

/** The state a link means, and what of it is not known here. */
function decode(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const made = { ...FRESH };
  const unknown = [];
  for (const [key, value] of given) {
    if (["e", "o", "partner", "topic", "status"].includes(key)) {
      const e = byId.get(value);
      if (e !== undefined && CHOICES[key]().has(e)) made[key] = e; else unknown.push(value);
    } else if (key === "view" && ["network", "timeline", "matrix"].includes(value)) made.view = value;
    else if (key === "source" && SOURCES.some((s) => s.id === value)) made.source = SOURCES.findIndex((s) => s.id === value);
    else if (key === "steps" && /^[123]$/.test(value)) made.steps = +value;
    else if (key === "kinds") {
      const named = value ? value.split(".") : [];
      made.kinds = named.map((n) => kindByName.get(n)).filter((k) => k !== undefined);
      if (made.kinds.length < named.length) { unknown.push(`${key}=${value}`); made.kinds = made.kinds.length ? made.kinds : null; }
    }
    else if (key === "inferred") made.inferred = value === "1";
    else if (key === "q") made.q = value.slice(0, 200);
    else if (key === "sort" && (value === "name" || byId.has(value))) made.sort = value;
    else unknown.push(`${key}=${value}`);
  }
  if (made.e < 0) Object.assign(made, { o: -1, steps: 0 });
  return [made, unknown];
}

// ---- What is visible

const kindsOn = () => new Set(state.kinds ?? KINDS.flatMap((kind, k) => (kind.shown ? [k] : [])));
const used = (i) => state.inferred || !follows(i);

/** Entities of the kinds that are shown, at most so many steps away, with their distance. */
function around(start, steps) {
  const on = kindsOn();
  const distance = new Map([[start, 0]]);
  let edge = [start];
  for (let step = 1; step <= steps; step++) {
    const next = [];
    for (const e of edge) {
      for (const i of [...outgoing[e], ...incoming[e]]) {
        const other = subject(i) === e ? object(i) : subject(i);
        if (used(i) && on.has(kindOf(other)) && !distance.has(other)) { distance.set(other, step); next.push(other); }
      }
    }
    edge = next;
  }
  return distance;
}

const fromSource = (passages) => state.source < 0 || passages.some((p) => PASSAGES[p].source === state.source);

/** Whether the chosen source says anything of an entity. */
const saidBy = (e) => [...outgoing[e], ...incoming[e]].some((i) => passagesOf(i).length && fromSource(passagesOf(i)))
  || valuesOf[e].some((i) => fromSource(VALUES[i].slice(3)));

/** Engagements that all filters let through, or null where no filter is set. */
function engagements() {
  if (state.partner < 0 && state.topic < 0 && state.status < 0 && state.source < 0) return null;
  const topics = state.topic >= 0 ? within(state.topic) : null;
  const found = new Set();
  ENTITIES.forEach((_, e) => {
    if (!ENGAGEMENTS.has(kindOf(e))) return;
    const out = outgoing[e];
    if (state.partner >= 0 && !out.some((i) => property(i) === REL.withCountry && object(i) === state.partner)) return;
    if (topics && !out.some((i) => topics.has(object(i)))) return;
    if (state.status >= 0 && SITUATIONS.get(e)?.status !== state.status) return;
    if (state.source >= 0 && !saidBy(e)) return;
    found.add(e);
  });
  return found;
}

/** Everything to be seen now, the most important first. */
function visible() {
  const on = kindsOn();
  const chosen = (e) => e === state.e || e === state.o || e === state.partner || e === state.topic;
  let among = null;
  const core = engagements();
  if (core) {
    among = new Set(core);
    const onlySource = state.partner < 0 && state.topic < 0 && state.status < 0;
    if (onlySource) ENTITIES.forEach((_, e) => { if (drawable(e) && saidBy(e)) among.add(e); });
    const topics = state.topic >= 0 ? within(state.topic) : null;
    const fits = (e) => {
      if (ENGAGEMENTS.has(kindOf(e))) return false; // of these only those that pass themselves
      const kind = KINDS[kindOf(e)]?.name;
      if (kind === "Country" && state.partner >= 0) return e === state.partner;
      return kind !== "Topic" || !topics || topics.has(e);
    };
    for (const e of core) {
      for (const i of [...outgoing[e], ...incoming[e]]) {
        const other = subject(i) === e ? object(i) : subject(i);
        const near = used(i) && (!passagesOf(i).length || fromSource(passagesOf(i)));
        if (near && fits(other)) among.add(other);
        // The partner, and the framework it is done under, belong to it even where they only follow.
        if (property(i) === REL.withCountry && fits(other)) among.add(other);
        if (property(i) === REL.under && subject(i) === e) among.add(other);
      }
    }
  }
  if (state.steps && state.e >= 0) {
    const near = around(state.e, state.steps);
    among = new Set([...near.keys()].filter((e) => !among || among.has(e)));
  }
  const found = [];
  for (let e = 0; e < ENTITIES.length; e++) {
    if (drawable(e) && (chosen(e) || (on.has(kindOf(e)) && (!among || among.has(e))))) found.push(e);
  }
  return found;
}
