"""From the ledger to a report: the facts of a span of days, counted or told; both ends of a span are included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from unicodedata import normalize

from bot.ledger.port import EntryVersion, Ledger
from bot.model import Case, Enterprise, Facts, Library
from bot.reports.bulletin import Bulletin, Kind, Material, make
from bot.reports.scorecard import Scorecard, scorecard
from bot.routing.config import Routing

WEEK = timedelta(days=6)
"""From the first to the last day of what a weekly bulletin tells."""


def scorecard_of(
    ledger: Ledger, first: date, last: date, now: datetime, routing: Routing, library: Library, community: str = ""
) -> Scorecard:
    """Return the figures of a span, of one community or (``""``) of all; raises ``LedgerError``."""
    with ledger.transaction() as transaction:
        facts = transaction.reports.facts(*_span(first, last, routing))
    themes = {entry.id: entry.theme for entry in library.entries.values()}
    own = _of_community(facts, community, routing)
    return scorecard(replace(own, themes=themes), first, last, now, routing.timezone, routing.community_of)


def bulletin_of(
    kind: Kind, ledger: Ledger, last: date, now: datetime, routing: Routing, library: Library, community: str = ""
) -> Bulletin:
    """Return the bulletin of a day, or of the week that ends with it, for one community or all; raises ``LedgerError``."""
    first = last - WEEK if kind is Kind.WEEKLY else last
    since, until = _span(first, last, routing)
    with ledger.transaction() as transaction:
        records = transaction.reports
        answers = _of_community(records.facts(since, until), community, routing).answers
        cases = [case for case in records.told_about(since, until) if community in ("", case.community)]
        versions = [it for it in records.versions(since, until) if _concerns(it, community)]
        material = Material(answers, cases, versions, records.known_before(since))
        known = routing.knowing(named_around(cases, transaction.enterprises()))
    card = scorecard_of(ledger, first, last, now, routing, library, community) if kind is Kind.WEEKLY else None
    return make(kind, first, last, material, library.entries, known, card)


def _of_community(facts: Facts, community: str, routing: Routing) -> Facts:
    if not community:
        return facts
    return Facts(
        tuple(it for it in facts.answers if routing.community_of(it.room) == community),
        tuple(it for it in facts.cases if it.community == community),
        tuple(it for it in facts.stays if it.community == community),
    )


def _concerns(version: EntryVersion, community: str) -> bool:
    kept = version.content
    return not community or kept is None or not kept.communities or community in kept.communities


def named_around(cases: Iterable[Case], enterprises: Iterable[Enterprise]) -> tuple[Enterprise, ...]:
    """Return the enterprises that the nicknames around these cases can be of: each nickname is compared with all of them."""
    spoken = (name for case in cases for name in (*(asker.person.name for asker in case.askers), *(it.by for it in case.peers)))
    nicknames = "\n".join(normalize("NFKC", name) for name in spoken)

    def may_be_meant(listed: Enterprise) -> bool:
        called = (*listed.names, *(person.nickname for person in listed.people))
        return any(normalize("NFKC", name).strip() in nicknames for name in called)

    return tuple(filter(may_be_meant, enterprises))


def _span(first: date, last: date, routing: Routing) -> tuple[datetime, datetime]:
    start = datetime.combine(first, time(0), routing.timezone)
    return start, datetime.combine(last + timedelta(days=1), time(0), routing.timezone)
