"""What ``check`` knows of time: two steps in one passage, days gone by, two in one office, numbers, countries.

Each fault is told once, with the line of the claim and the name of the other passage; each has a near miss beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from pyoxigraph import Store

from conftest import with_claims
from eudigraph.build import assemble, build, plausible, steps
from eudigraph.model import workspace
from test_withstand import HEAD, SOURCE, Make

PREFIXES = "".join(
    f"@prefix {name}: <https://w3id.org/eudigraph/{name}/> .\n"
    for name in ("act", "initiative", "instrument", "official", "partnership", "post", "term")
)
Passage = tuple[str, str, str]
"""A passage: its name, the day of which it speaks ("" for that of its source, April 2023), and what it claims."""
HELD = "meeting:m a eud:Meeting ; eud:status status:held"
COUNCIL = "partnership:council a eud:Partnership ; eud:status status:in-force ; eud:withCountry country:india ."
POST = "post:minister a eud:Post ; eud:postOf country:india ."
LEE, KIM, PARK = (f"official:{name} a eud:Official ; eud:holdsPost post:minister ." for name in ("lee", "kim", "park"))


def trig(*passages: Passage) -> str:
    """Return claims, each of a passage on lines of its own, with the source that they are from."""
    text = HEAD + PREFIXES + SOURCE
    for number, (name, as_of, claims) in enumerate(passages, 1):
        day = f' eud:asOf "{as_of}"^^edtf:EDTF ;' if as_of else ""
        text += f"""
p:{name} a eud:Passage ; eud:source source:test ; eud:locator "¶{number}" ; eud:start {number} ; eud:end {number + 1} ;
    eud:speaker org:euractiv ;{day} eud:certainty certainty:stated ; eud:confidence 0.9 ; eud:reading reading:test ;
    eud:gist "What passage {number} says."@en .
p:{name} {{
    {claims}
}}
"""
    return text


Check = Callable[..., list[str]]


@pytest.fixture
def told(checkout: workspace.Workspace, tmp_path: Path, without_shapes: None) -> Check:
    """Check passages, and return each problem on a line; those of the shapes are left out."""
    number = count()

    def check(*passages: Passage) -> list[str]:
        space = with_claims(checkout, tmp_path / str(next(number)), trig(*passages))
        return [str(problem) for problem in build.check(space, use_hermit=False).problems]

    return check


def dated(text: str) -> str:
    return f'eud:date "{text}"^^edtf:EDTF'


# ---------------------------------------------------------------- A date without a status


def test_a_date_that_leaves_open_how_an_engagement_stands_is_asked_about(told: Check) -> None:
    (problem,) = told(("01", "2023-04-18", f"meeting:m a eud:Meeting ; {dated('2023-04')} ."))
    assert problem == (
        "graph/test.trig:38: warning: which status of meeting:m? passage:test/01 (¶1) gives the date 2023-04 and no"
        " status; add the status that the date is of (eud:status) to the same passage"
    )


@pytest.mark.parametrize("date", ["2023-05-31", "2023-03-31"])
def test_a_date_ahead_or_of_a_meeting_that_is_over_is_not_asked_about(told: Check, date: str) -> None:
    assert told(("01", "2023-04-18", f"meeting:m a eud:Meeting ; {dated(date)} .")) == []


@pytest.mark.slow
def test_the_shapes_do_not_ask_for_the_same_status_again(checkout: workspace.Workspace, tmp_path: Path) -> None:
    def small(text: str) -> workspace.Workspace:
        return with_claims(checkout, tmp_path / str(len(text)), text)

    claims = f"meeting:m a eud:Meeting ; {dated('2023-04')} ."
    found = build.check(small(trig(("01", "2023-04-18", claims))), use_hermit=False).problems
    assert [problem.what for problem in found if "status" in problem.what] == [
        "which status of meeting:m? passage:test/01 (¶1) gives the date 2023-04 and no status"
    ]
    # Without a date nobody has asked, and the shape does.
    found = build.check(small(trig(("01", "", "meeting:m a eud:Meeting ."))), use_hermit=False).problems
    assert "meeting:m: Nothing says how firm the meeting is (eud:status)" in [problem.what for problem in found]


# ---------------------------------------------------------------- Days gone by


@pytest.mark.parametrize("status", ["scheduled", "expected", "tentative", "to-be-confirmed"])
def test_a_meeting_to_come_whose_day_was_over_is_named(told: Check, status: str) -> None:
    claims = f"meeting:m a eud:Meeting ; eud:status status:{status} ; {dated('2023-04-17')} ."
    (problem,) = told(("01", "2023-04-18", claims))
    assert problem == (
        f"graph/test.trig:38: warning: meeting:m is status:{status} for 2023-04-17, which was over by then, in"
        " passage:test/01 (¶1), which speaks as of 2023-04-18; give the day of which the passage speaks (eud:asOf), or"
        " the status that was reached"
    )


@pytest.mark.parametrize(
    ("as_of", "status", "date"),
    [
        ("2023-04-18", "scheduled", "2023-04-18"),
        ("2023-04-18", "scheduled", "2023-04"),
        ("2023-04-18", "scheduled", "2023-04-17/2023-04-19"),
        ("", "scheduled", "2023-04-01"),  # the source is of some day in April
        ("[..2023-04-10]", "expected", "2023-03-01"),  # it had been expected
        ("2023-04-18", "held", "2023-04-17"),
        ("2023-04-18", "mentioned", "2023-04-17"),
        ("2023-04-18", "cancelled", "2023-04-17"),
    ],
)
def test_a_day_that_was_not_wholly_over_or_was_reached_is_not_named(
    told: Check, as_of: str, status: str, date: str
) -> None:
    assert told(("01", as_of, f"meeting:m a eud:Meeting ; eud:status status:{status} ; {dated(date)} .")) == []


@pytest.mark.parametrize("date", ["2023-04-17", "2023-04-18", "2023-03"])
def test_a_postponement_to_a_day_that_does_not_lie_ahead_is_named(told: Check, date: str) -> None:
    claims = f"meeting:m a eud:Meeting ; eud:status status:postponed ; {dated(date)} ."
    (problem,) = told(("01", "2023-04-18", claims))
    assert f"warning: meeting:m is postponed to {date}, which does not lie ahead, in passage:test/01 (¶1)" in problem
    assert "; give the new date, or no date where none is known: " in problem


@pytest.mark.parametrize("date", [dated("2023-04-19"), dated("2023-05"), dated("2023-04"), "eud:ordinal 1"])
def test_a_postponement_to_a_day_ahead_or_to_none_is_not_named(told: Check, date: str) -> None:
    assert told(("01", "2023-04-18", f"meeting:m a eud:Meeting ; eud:status status:postponed ; {date} .")) == []


# ---------------------------------------------------------------- One step in a passage


def test_two_statuses_of_an_engagement_in_a_passage_are_an_error(told: Check) -> None:
    (problem,) = told(("01", "", f"{HELD} , status:scheduled ."))
    assert problem == (
        "graph/test.trig:38: error: passage:test/01 gives meeting:m two statuses: status:held, status:scheduled; make a"
        " passage of each step, with its own status and date"
    )


def test_two_dates_of_an_engagement_in_a_passage_are_an_error(told: Check) -> None:
    (problem,) = told(("01", "2023-04-18", f"{HELD} ; {dated('2023-04-01')} , {dated('2023-04-02').split()[1]} ."))
    assert "error: passage:test/01 gives meeting:m two dates: 2023-04-01, 2023-04-02; make a passage of" in problem


def test_steps_of_two_engagements_or_in_two_passages_are_no_error(told: Check) -> None:
    other = f"meeting:n a eud:Meeting ; eud:status status:scheduled ; {dated('2023-05-01')} ."
    claims = f"{HELD} ; {dated('2023-04-01')} . {other}"
    assert told(("01", "2023-04-18", claims), ("02", "2023-03-01", other.replace("05-01", "05-02"))) == []


# ---------------------------------------------------------------- Statuses that fit


@pytest.mark.parametrize(
    ("engagement", "status", "what", "nearest"),
    [
        ("meeting:m a eud:Summit", "concludd", "is described nowhere", "status:announced"),
        ("instrument:i a eud:Instrument", "concludd", "is described nowhere", "status:concluded"),
        ("meeting:m a eud:Summit", "concluded", "of meeting:m is no status of a meeting", "status:announced"),
        ("meeting:m a eud:Meeting", "done", "of meeting:m is no status of a meeting", "status:held"),
        ("initiative:i a eud:Initiative", "held", "of initiative:i is no status of an initiative", "status:done"),
    ],
)
def test_a_status_is_corrected_to_one_of_its_kind(
    told: Check, engagement: str, status: str, what: str, nearest: str
) -> None:
    (problem,) = told(("01", "", f"{engagement} ; eud:status status:{status} ."))
    said, _, mend = problem.partition("; ")
    assert said == f"graph/test.trig:38: error: status:{status} {what}"
    assert nearest in mend.partition("nearest: ")[2].split(", ")
    meant_for_others = {"status:concluded", "status:done", "status:in-force"} if "meeting" in engagement else set()
    assert meant_for_others.isdisjoint(mend.split(", "))


def test_what_is_two_kinds_of_engagement_may_have_a_status_of_either(told: Check) -> None:
    claims = "partnership:p a eud:Partnership , eud:Instrument ; eud:status status:done ."
    assert told(("01", "", claims)) == []


@pytest.mark.parametrize("value", ["topic:6g", "country:japan"])
def test_what_is_no_status_is_told_once_with_those_of_its_kind(told: Check, value: str) -> None:
    (problem,) = told(("01", "", f"meeting:m a eud:Meeting ; eud:status {value} ."))
    assert problem.startswith(f"graph/test.trig:38: error: {value} of meeting:m is no status; correct it; the statuses")
    assert "status:held" in problem
    assert "status:concluded" not in problem


@pytest.mark.parametrize("value", ["certainty:statd", "status:scheduled"])
def test_a_slip_is_told_once_and_not_against_the_ontologys_own_files(
    small: Make, without_shapes: None, value: str
) -> None:
    text = trig(("01", "", f"{HELD} .")).replace("certainty:stated", value)
    (problem,) = build.check(small(text), use_hermit=False).problems
    assert (problem.file, problem.line) == ("graph/test.trig", 35)
    assert value in problem.what


# ---------------------------------------------------------------- Two in one office


def term(name: str, holder: str, first: str, last: str = "") -> str:
    until = f' ; eud:until "{last}"^^edtf:EDTF' if last else ""
    return (
        f"term:{name} a eud:Term ; eud:holder official:{holder} ; eud:termOf post:minister ;"
        f' eud:from "{first}"^^edtf:EDTF{until} . official:{holder} a eud:Official .'
    )


def test_two_holders_of_a_post_in_two_passages_of_one_day_are_named(told: Check) -> None:
    (problem,) = told(("01", "2023-04-18", f"{POST} {LEE}"), ("02", "2023-04-18", KIM))
    assert problem == (
        "graph/test.trig:45: warning: official:kim holds post:minister on 2023-04-18 in passage:test/02 (¶2), but"
        " official:lee does so on the same day in passage:test/01 (¶1); correct the post, the holder or the days; where"
        " both hold it at once, give each a post of their own"
    )


def test_two_holders_are_named_once_however_often_they_are_told_of(told: Check) -> None:
    days = [(f"{n:02}", f"2023-04-{n // 2 + 1:02}", (LEE, KIM)[n % 2]) for n in range(10)]
    assert len(told(("post", "2023-04-30", POST), *days)) == 1


def test_terms_that_surely_overlap_are_named(told: Check) -> None:
    (problem,) = told(
        ("01", "2023-04-18", f"{POST} {term('a', 'lee', '2020-01-01', '2022-12-31')}"),
        ("02", "2023-04-18", term("b", "kim", "2022-12-01", "2023-03-01")),
    )
    assert problem.startswith(
        "graph/test.trig:45: warning: official:kim holds post:minister from 2022-12-01 on in passage:test/02 (¶2), but"
        " official:lee does from 2020-01-01 until 2022-12-31, by passage:test/01 (¶1); "
    )


def test_a_term_without_end_lasts_until_the_passage_speaks(told: Check) -> None:
    first = ("01", "2023-04-18", f"{POST} {term('a', 'lee', '2020-01-01')}")
    assert len(told(first, ("02", "2023-04-18", term("b", "kim", "2022-12-01", "2023-03-01")))) == 1


def test_a_term_and_a_passage_of_a_day_within_it_are_named(told: Check) -> None:
    (problem,) = told(
        ("01", "2023-04-18", f"{POST} {term('a', 'lee', '2020-01-01', '2022-12-31')}"), ("02", "2021-05-01", KIM)
    )
    assert "official:kim holds post:minister on 2021-05-01 in passage:test/02 (¶2), but official:lee does" in problem


def test_three_holders_are_each_named_beside_one_that_lasts(told: Check) -> None:
    found = told(
        ("01", "2023-04-18", f"{POST} {term('a', 'lee', '2019-01-01', '2023-01-01')}"),
        ("02", "2023-04-18", term("b", "kim", "2020-01-01", "2020-06-01")),
        ("03", "2023-04-18", term("c", "park", "2021-01-01", "2021-06-01")),
    )
    assert [line.partition(": warning: ")[2].partition(" ")[0] for line in found] == ["official:kim", "official:park"]


@pytest.mark.parametrize(
    "passages",
    [
        [("02", "2023-04-19", KIM)],  # on another day
        [("02", "2023-04", KIM)],  # perhaps on another day
        [("02", "2023-04-18", LEE)],
        [("02", "2023-04-17", f"{LEE} {KIM}"), ("03", "2023-04-18", KIM)],  # a passage that knows of both
        [("02", "2023-04-18", KIM.replace("post:minister", "post:other") + " post:other a eud:Post .")],
        [("02", "2023-04-18", term("b", "kim", "2023-04-18"))],
        [("02", "2024-01-01", term("b", "kim", "2023-05"))],
        [("02", "2023-05-01", f"{term('a', 'lee', '2020', '2023-05-01')} {term('b', 'kim', '2023-05-01')}")],
        [("02", "2023-05-01", f"{term('a', 'lee', '2020', '2023-05')} {term('b', 'kim', '2023-05-15')}")],
        [("02", "2023-05-01", f"{term('a', 'lee', '2020')} {term('b', 'kim', '2023-06-01')}")],  # it may end before
    ],
)
def test_who_may_follow_one_another_or_hold_a_post_together_is_not_named(told: Check, passages: list[Passage]) -> None:
    assert told(("01", "2023-04-18", f"{POST} {LEE}"), *passages) == []


@pytest.mark.parametrize("name", ["co-chair-of-the-council", "executive-vice-president"])
def test_a_post_that_several_hold_by_its_name_is_not_named(told: Check, name: str) -> None:
    passages = [(p, day, text.replace("post:minister", f"post:{name}")) for p, day, text in (
        ("01", "2023-04-18", f"{POST} {LEE}"), ("02", "2023-04-18", KIM))]  # fmt: skip
    assert told(*passages) == []


def test_members_of_a_body_and_chairs_of_a_meeting_may_be_several(told: Check) -> None:
    body = "org:body a eud:Organisation ."
    terms = f"{term('a', 'lee', '2020')} {term('b', 'kim', '2020')}".replace("post:minister", "org:body")
    chairs = f"{HELD} ; eud:coChair official:lee , official:kim ."
    assert told(("01", "2023-04-18", f"{body} {terms} {chairs}")) == []


# ---------------------------------------------------------------- Numbers of meetings


def meeting(name: str, number: int, date: str, more: str = "", status: str = "held", kind: str = "Meeting") -> str:
    return (
        f"meeting:{name} a eud:{kind} ; eud:under partnership:council ; eud:ordinal {number} ;"
        f" eud:status status:{status} ; {dated(date)} {more}."
    )


def test_numbers_that_run_against_the_dates_are_named(told: Check) -> None:
    (problem,) = told(
        ("01", "2023-04-18", f"{COUNCIL} {meeting('a', 1, '2023-03-02')}"),
        ("02", "2023-04-18", meeting("b", 2, "2023-02-01")),
    )
    assert problem == (
        "graph/test.trig:45: warning: meeting:b is number 2 of partnership:council in passage:test/02 (¶2), but its"
        " date, 2023-02-01, is before 2023-03-02, that of number 1, meeting:a, in passage:test/01 (¶1); correct"
        " the number or the date that is wrong"
    )


def test_numbers_of_one_body_are_compared_whatever_they_are_under(told: Check) -> None:
    body = "org:body a eud:Organisation . meeting:a a eud:Meeting . meeting:b a eud:Meeting ."
    of = " ".join(
        f"meeting:{name} eud:meetingOf org:body ; eud:ordinal {number} ; eud:status status:held ; {dated(date)} ."
        for name, number, date in (("a", 1, "2023-03-02"), ("b", 3, "2023-02"))
    )
    assert len(told(("01", "2023-04-18", f"{body} {of}"))) == 1


@pytest.mark.parametrize("wrong", [0, 2, 4])
def test_one_wrong_date_is_one_warning(told: Check, wrong: int) -> None:
    years = [2015, 2016, 2017, 2018, 2019]
    years[wrong] = 2022 if wrong < 4 else 2010
    claims = " ".join(meeting(f"m{n}", n, f"{year}-01-01") for n, year in enumerate(years, 1))
    assert len(told(("01", "2023-04-18", f"{COUNCIL} {claims}"))) == 1


@pytest.mark.parametrize(
    "second",
    [
        meeting("b", 2, "2023-03-03"),
        meeting("b", 2, "2023"),
        meeting("b", 1, "2023-02-01"),
        meeting("b", 2, "2023-02-01", kind="WorkingPartyMeeting"),
        meeting("b", 2, "2023-02-01", status="cancelled"),
        meeting("b", 2, "2023-02-01", "; eud:meetingOf org:body ") + " org:body a eud:Organisation .",
        meeting("b", 2, "2023-02-01").replace("partnership:council", "partnership:other")
        + COUNCIL.replace("partnership:council", "partnership:other"),
    ],
)
def test_numbers_that_fit_or_are_of_another_series_are_not_named(told: Check, second: str) -> None:
    first = meeting("a", 1, "2023-03-02", kind="HighLevelMeeting")
    assert told(("01", "2023-04-18", f"{COUNCIL} {first}"), ("02", "2023-04-18", second)) == []


def test_a_plan_that_came_to_nothing_is_not_compared(told: Check) -> None:
    assert told(
        ("01", "2023-04-18", f"{COUNCIL} {meeting('a', 1, '2023-03-02')}"),
        ("02", "2023-01-18", meeting("b", 2, "2023-02", status="scheduled")),
    ) == []  # fmt: skip


# ---------------------------------------------------------------- Countries


def partnership(name: str, country: str, kind: str = "Partnership") -> str:
    where = f"{kind.lower()}:{name}"
    return f"{where} a eud:{kind} ; eud:status status:in-force ; eud:withCountry country:{country} ."


@pytest.mark.parametrize(
    ("one", "relation", "other"),
    [
        ("partnership:a", "upgradeOf", "partnership:b"),
        ("partnership:a", "realises", "partnership:b"),
        ("partnership:a", "result", "partnership:b"),
    ],
)
def test_what_ties_engagements_of_different_countries_is_named(
    told: Check, one: str, relation: str, other: str
) -> None:
    (problem,) = told(
        ("01", "", f"{partnership('a', 'japan')} {partnership('b', 'canada')}"),
        ("02", "", f"{one} eud:{relation} {other} ."),
    )
    assert problem == (
        f"graph/test.trig:45: warning: partnership:a eud:{relation} partnership:b in passage:test/02 (¶2) ties"
        " different countries: partnership:a is with country:japan by passage:test/01 (¶1), partnership:b with"
        " country:canada by passage:test/01 (¶1); correct the claim, or the country that is wrong"
    )


def test_a_country_is_also_that_of_what_an_engagement_is_under(told: Check) -> None:
    claims = "meeting:m a eud:Meeting ; eud:status status:held ; eud:under partnership:a ; eud:result partnership:b ."
    assert len(told(("01", "", f"{partnership('a', 'japan')} {partnership('b', 'canada')} {claims}"))) == 1
    assert told(("01", "", f"{partnership('a', 'japan')} {partnership('b', 'japan')} {claims}")) == []


def test_one_country_in_common_or_none_that_is_known_is_not_named(told: Check) -> None:
    both = partnership("a", "japan") + " partnership:a eud:withCountry country:canada ."
    ties = "partnership:a eud:upgradeOf partnership:b . meeting:m a eud:Meeting ; eud:status status:held ;"
    ties += " eud:result partnership:b , topic:6g ."
    assert told(("01", "", f"{both} {partnership('b', 'canada')} {ties}")) == []


# ---------------------------------------------------------------- The article, and many claims


def test_the_article_has_nothing_that_is_not_plausible(checkout: workspace.Workspace) -> None:
    graph = Store()
    assembly = assemble.read(graph, checkout)
    assert [*steps.steps(graph, assembly.ontology, assembly.survey.described)] == []
    assemble.complete(graph, assembly)
    assemble.stand(graph, assembly)
    assert assembly.state
    assert [*plausible.check(graph, assembly.ontology, assembly.state)] == []


@pytest.mark.slow
def test_checks_take_as_long_as_there_are_claims(checkout: workspace.Workspace, tmp_path: Path) -> None:
    """Eight times the claims, all of one post and one partnership, take less than twenty times as long."""
    seconds = []
    for many in (500, 4000):
        claims = " ".join(meeting(f"m{n}", n, f"{1000 + n // 12}-{n % 12 + 1:02}") for n in range(1, many))
        held = " ".join(term(f"t{n}", f"o{n}", f"{1000 + n}-01-01", f"{1002 + n}-01-01") for n in range(many // 5))
        text = trig(("01", "2023-04-18", f"{COUNCIL} {POST} {claims} {held}"))
        graph = Store()
        assembly = assemble.read(graph, with_claims(checkout, tmp_path / str(many), text))
        assemble.complete(graph, assembly)
        assemble.stand(graph, assembly)
        assert assembly.state
        began = time.process_time()
        found = [*steps.steps(graph, assembly.ontology, assembly.survey.described)]
        found += plausible.check(graph, assembly.ontology, assembly.state)
        seconds.append(time.process_time() - began)
        assert len(found) == many // 5 - 1
    assert seconds[1] < 20 * seconds[0]
