// Whom a name means, by the rules of the command line, Python and the API: eudigraph.ask.lookup, rule by rule.

const SILENT = new Set(FINDING.silent);
const COUNTRIES = new Set(FINDING.countries);
const ALPHABETIC = /^\p{L}+$/u;
const NO_IRI = /[\0- <>"{}|\\^`]/;

/** Names as they are compared: without case, accents, punctuation, dots of initials. */
const LETTERS = { ß: "ss", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", æ: "ae", œ: "oe", ı: "i", ς: "σ" };
const fold = (text) => text.normalize("NFKD").toLowerCase().normalize("NFKD").replace(/[\p{M}\p{Cf}]/gu, "")
  .replace(/[ßøłđðþæœıς]/g, (c) => LETTERS[c])
  .replace(/(^|[^\p{L}\p{N}])((?:\p{L}\. ?)+\p{L})(?![\p{L}\p{N}])/gu, (_, before, initials) => before + initials.replace(/[. ]/g, ""))
  .replace(/[^\p{L}\p{N}&+]+/gu, " ").trim();
const bare = (name) => name.replace(/^the /, "");
const spoken = (name) => name.split(" ").filter((word) => !SILENT.has(word));

// In all languages, also those that are never shown; made when something is first looked for.
let names = null; // of each: the entity, the name as written and as compared, whether it is a preferred one
let byWord = null; // the entities in whose names a word stands

function readNames() {
  names = [];
  byWord = new Map();
  ENTITIES.forEach(({ label: shown, called = [], also = [], names: others = [] }, e) => {
    if (!drawable(e)) return;
    const add = (preferred) => (text) => names.push({ e, text, folded: fold(text), preferred });
    [shown, ...called].forEach(add(true));
    [...also, ...others].forEach(add(false));
  });
  for (const { e, folded } of names) {
    for (const word of folded.split(" ")) if (byWord.has(word)) byWord.get(word).add(e); else byWord.set(word, new Set([e]));
  }
}

const entities = (has) => new Set(names.filter(has).map((name) => name.e));
const inAll = ([first = new Set(), ...others]) => new Set([...first].filter((e) => others.every((other) => other.has(e))));

/** The entities whose names have, for each word, one of those that may be meant by it. */
const withWords = (words, meant) => inAll(words.map((word) => new Set(meant(word).flatMap((other) => [...(byWord.get(other) ?? [])]))));
const beginning = (word) => [...byWord.keys()].filter((longer) => longer.startsWith(word));
const whole = (word) => [word];
const ascii = (word) => /^[\0-\x7f]*$/.test(word);

/** Whether a word may be the beginning of a longer one: it is no number, and long enough for its script. */
const telling = (word) => !/\p{Nd}/u.test(word) && (word.length >= FINDING.beginning || !ascii(word));

/** Whether so few slips of the hand turn one word into another: a letter too many, missing, wrong, or out of place. */
function slips(a, b, most) {
  let [older, before, row] = [[], [], [...Array(b.length + 1).keys()]];
  for (let i = 1; i <= a.length; i++) {
    [older, before, row] = [before, row, [i]];
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? older[j - 2] + 1 : Infinity;
      row.push(Math.min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1), swapped));
    }
  }
  return row[b.length] <= most;
}

/** Whether a word may be meant by another: it begins alike, has no digit, and differs little for its length. */
function slip(word, other) {
  if (word === other || word[0] !== other[0]) return word === other;
  const letters = Math.min(word.length, other.length);
  const most = Math.max(0, ...FINDING.slips.filter(([from]) => letters >= from).map(([, number]) => number));
  return most > 0 && Math.abs(word.length - other.length) <= most && ALPHABETIC.test(word + other) && slips(word, other, most);
}

/** The IRI that a text is, in full or by a prefix. */
function asIri(text) {
  const [, prefix, local] = text.match(/^([^:]*):(.*)$/s) ?? [];
  const known = Object.hasOwn(FINDING.prefixes, prefix) ? FINDING.prefixes[prefix] + local : null;
  const iri = text.match(/^<(.*)>$/s)?.[1] ?? (/^https?:\/\//.test(text) ? text : known);
  return iri === null || NO_IRI.test(iri) || !iri.includes(":") ? null : iri;
}

/** What each rule finds, one after the other, and whether it is a guess. */
function* byRules(text) {
  const iri = asIri(text);
  yield [new Set(iri ? ENTITIES.flatMap(({ id, links = [] }, e) => (drawable(e) && (asIri(id ?? "") === iri || links.includes(iri)) ? [e] : [])) : []), false];
  yield [entities((name) => name.preferred && name.text.trim() === text), false];
  const wanted = fold(text);
  if (!wanted) return;
  for (const preferred of [true, false]) {
    yield [entities((name) => name.preferred === preferred && name.folded === wanted), false];
    yield [entities((name) => name.preferred === preferred && bare(name.folded) === bare(wanted)), false];
  }
  const words = spoken(wanted);
  if (iri || words.length > FINDING.words || !words.some((word) => word.length > 1 || !ascii(word))) return;
  for (const found of guesses(wanted, words)) yield [notOtherCountries(wanted, found), true];
}

/** Niger is not the beginning of Nigeria: where a country of the world is named, no other one is meant. */
function notOtherCountries(wanted, found) {
  if (!COUNTRIES.has(bare(wanted))) return found;
  const others = entities((name) => COUNTRIES.has(bare(name.folded)));
  return new Set([...found].filter((e) => !others.has(e)));
}

function* guesses(wanted, given) {
  const words = [...new Set(given)];
  const joined = given.join("");
  if (words.length > 1) {
    const sameWords = (spelt) => spelt.size === words.length && words.every((word) => spelt.has(word));
    yield entities((name) => sameWords(new Set(spoken(name.folded))));
  }
  yield withWords(words, whole);
  const part = (word) => telling(word) || (words.length > 1 && word.length === 1 && ALPHABETIC.test(word));
  yield withWords(words, (word) => (part(word) ? beginning(word) : [word]));
  yield withPosts(words);
  if (joined.length >= FINDING.slips[0][0] && ALPHABETIC.test(joined)) yield entities((name) => name.folded.replaceAll(" ", "") === joined);
  const meant = new Map(words.map((word) => [word, [...byWord.keys()].filter((other) => slip(word, other))]));
  const found = withWords(words, (word) => meant.get(word));
  const known = new Set([...meant.values()].flat());
  yield entities((name) => {
    const parts = spoken(name.folded);
    return found.has(name.e) && parts.length === given.length && parts.every((word) => known.has(word));
  });
  yield found;
  if (given.length === 1 && wanted.length >= FINDING.initials[0] && wanted.length <= FINDING.initials[1] && ALPHABETIC.test(wanted)) {
    yield entities((name) => name.preferred && initials(name.text) === wanted);
  }
}

/** Who has such words in the name, and in that of a post that goes with it. */
function withPosts(words) {
  const posts = new Map();
  for (const i of byRelation[REL.holdsPost] ?? []) {
    for (const name of names) {
      if (name.e !== object(i)) continue;
      for (const word of name.folded.split(" ")) posts.set(word, (posts.get(word) ?? new Set()).add(subject(i)));
    }
  }
  const own = words.map((word) => byWord.get(word) ?? new Set());
  const all = inAll(words.map((word, n) => new Set([...own[n], ...(posts.get(word) ?? [])])));
  return new Set([...all].filter((e) => own.some((named) => named.has(e))));
}

const initials = (text) => fold((text.match(/[\p{L}\p{N}_]+/gu) ?? []).filter((word) => /^\p{Lu}/u.test(word)).map((word) => [...word][0]).join(""));

/** Of parts of names, not those called after another that was found: Breton is rather the commissioner than his meeting. */
function likely(found, guessed) {
  if (!guessed || found.size < 2 || found.size > FINDING.compared) return found;
  const among = names.filter((name) => found.has(name.e)).map(({ e, folded }) => [e, ` ${folded} `]);
  const after = new Set(among.filter(([e, name]) => among.some(([other, part]) => other !== e && part !== name && name.includes(part))).map(([e]) => e));
  return after.size < found.size ? new Set([...found].filter((e) => !after.has(e))) : found;
}

/** The entities that a text stands for by the first rule that finds any, the most important first. */
function meant(text) {
  if (!names) readNames();
  for (const [found, guessed] of byRules(text.trim())) {
    if (found.size) return [...likely(found, guessed)].sort((a, b) => a - b);
  }
  return [];
}

/**
 * The list of a search: what the text stands for, then all else whose names have such words. Where nothing is called
 * so, a short word may be one of which the rest is still to be typed.
 */
function search(text) {
  const first = meant(text);
  const wanted = fold(text);
  const words = spoken(wanted);
  const unfinished = words.length > 0 && words.at(-1).length < FINDING.beginning;
  if (!first.length && !unfinished) return [];
  const rest = withWords(words, (word) => (!first.length || telling(word) ? beginning(word) : [word]));
  return [...new Set([...first, ...[...notOtherCountries(wanted, rest)].sort((a, b) => a - b)])];
}
