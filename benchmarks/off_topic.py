"""How often the knowledge answers a question that it knows nothing about, and whether its proof holds.

The shelf: Banking77's taught texts, a document each. Asked: Banking77's test questions (on topic),
CLINC150's questions out of scope, and those of its intents that have nothing to do with a bank. Measured
are answers, as the solution of a ticket and in a chat, not what was found on the way to them. Each
citation given is then looked up: the piece must be there, published, and hold the sentence word for word.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import numpy as np
from sqlalchemy import text

from kit.labelled import DEFAULT_DATA, cases, strangers
from kit.machine import about
from kit.server import folder
from kit.shelving import analyze, shelve
from ticketyard.core.auth import Principal
from ticketyard.core.config import Settings
from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.core.resources import Resources
from ticketyard.core.storage import Blobs
from ticketyard.knowledge.answering.answer import Answer
from ticketyard.knowledge.answering.answering import answer_question
from ticketyard.knowledge.chatting.conversing import Reply, begin_turn, converse
from ticketyard.knowledge.retrieving.asked import PUBLIC, Asked, Narrow
from ticketyard.migrations.running import upgrade
from ticketyard.people.companies import found_company
from ticketyard.wiring import build_resources, open_database

# Of CLINC150's intents those that a bank's help desk may well answer; the last two are intents of
# Banking77 itself (a lost phone, another name).
BANKING = {
    "freeze_account", "routing", "pin_change", "bill_due", "pay_bill", "account_blocked",
    "interest_rate", "min_payment", "bill_balance", "transfer", "order_checks", "balance",
    "spending_history", "transactions", "report_fraud", "replacement_card_duration",
    "expiration_date", "damaged_card", "improve_credit_score", "report_lost_card", "card_declined",
    "credit_limit_change", "apr", "redeem_rewards", "credit_limit", "rewards_balance",
    "application_status", "credit_score", "new_card", "international_fees", "exchange_rate",
    "direct_deposit", "rollover_401k", "travel_notification", "find_phone", "change_user_name",
}  # fmt: skip
PUBLICLY = Narrow((PUBLIC,))


@dataclass(frozen=True)
class Group:
    """Questions of one kind. right: the label an answer should have, where there is one."""

    name: str
    questions: Sequence[str]
    right: Sequence[str] | None = None


@dataclass
class Seen:
    """What became of the questions of a group, one way. proven: citations that hold, of all."""

    asked: int = 0
    answered: int = 0
    right: int = 0
    citations: int = 0
    proven: int = 0
    wrongly: Counter[str] = field(default_factory=Counter)

    def share(self, count: int) -> str:
        """Of what was asked."""
        return f"{100 * count / max(self.asked, 1):.1f} %"


@dataclass(frozen=True)
class Shelf:
    """The program over the taught texts. labels: of each document by its id outside."""

    resources: Resources
    company_id: int
    labels: Mapping[str, str]

    async def solution(self, question: str) -> list[Answer]:
        """What is proposed for a ticket that asks this."""
        return [await answer_question(self.resources, self.company_id, Asked(question, PUBLICLY))]

    async def chat(self, question: str) -> list[Answer]:
        """What is said in a chat that begins with this."""
        by = Principal.system(self.company_id)
        turn = await begin_turn(self.resources, by, question)
        async for each in converse(self.resources, by, turn, PUBLICLY):
            if isinstance(each, Reply):
                return list(each.answers)
        raise AssertionError("A conversation ends with a reply.")

    async def holds(self, chunk_id: str, sentence: str) -> bool:
        """Whether that piece is there for everybody to read, with this sentence in it."""
        file_id, number = chunk_id.rsplit("-", 1)
        told = {"file_id": UUID(file_id), "number": int(number)}
        async with self.resources.db.transaction(self.company_id) as session:
            piece = await session.scalar(_PIECE, told)
        return piece is not None and " ".join(sentence.split()) in " ".join(str(piece).split())


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--limit", type=int, default=1000, help="questions of each kind")
    parser.add_argument(
        "--show", type=int, default=0, help="name so many that were wrongly answered"
    )
    arguments = parser.parse_args()
    if not (arguments.data / "banking77" / "train.csv").is_file():
        print(f"No data in {arguments.data}: skipped.")
        return
    print(about())
    asyncio.run(measure(arguments.data, arguments.limit, arguments.show))


async def measure(data: Path, limit: int, show: int) -> None:
    """Ask every group both ways."""
    taught = next(each for each in cases(data) if each.name == "Banking77, all")
    async with standing(taught.texts, taught.labels) as shelf:
        print(f"{len(taught.texts)} documents\n")
        print("| asked | way | questions | answered | of the right intent | citations that hold |")
        print("| --- | --- | ---: | ---: | ---: | ---: |")
        for group in groups(data, limit):
            for way in (shelf.solution, shelf.chat):
                seen = Seen()
                for place, question in enumerate(group.questions):
                    right = group.right[place] if group.right else None
                    await look(shelf, seen, question, await way(question), right)
                print(_row(group, way.__name__, seen), flush=True)
                for question, _ in seen.wrongly.most_common(show):
                    print(f"    {question}")


def groups(data: Path, limit: int) -> list[Group]:
    """What is asked: the same random questions every time, where there are more."""
    known = {each.name: each for each in cases(data)}
    bank, other = known["Banking77, all"], known["CLINC150 in scope, all"]
    elsewhere = [
        question
        for question, label in zip(other.asked, other.right, strict=True)
        if label not in BANKING
    ]
    order, outside = _some(len(bank.asked), limit), strangers(data)
    return [
        Group(
            "Banking77 test, on topic",
            [bank.asked[place] for place in order],
            [bank.right[place] for place in order],
        ),
        Group("CLINC150 out of scope", [outside[place] for place in _some(len(outside), limit)]),
        Group(
            "CLINC150, intents of no bank",
            [elsewhere[place] for place in _some(len(elsewhere), limit)],
        ),
    ]


def _some(count: int, limit: int) -> list[int]:
    return sorted(np.random.default_rng(0).permutation(count)[:limit].tolist())


async def look(
    shelf: Shelf, seen: Seen, question: str, answers: Sequence[Answer], right: str | None
) -> None:
    """Count what was answered, and look its citations up."""
    steps = [step for answer in answers for step in answer.steps]
    seen.asked += 1
    if not steps:
        return
    seen.answered += 1
    if right is None:
        seen.wrongly[question] += 1
    seen.right += shelf.labels[steps[0].citation.source_id] == right
    for step in steps:
        seen.citations += 1
        seen.proven += await shelf.holds(step.citation.chunk_id, step.text)


def _row(group: Group, way: str, seen: Seen) -> str:
    right = f"{100 * seen.right / max(seen.answered, 1):.1f} %" if group.right else "-"
    return (
        f"| {group.name} | {way} | {seen.asked} | {seen.share(seen.answered)} ({seen.answered})"
        f" | {right} | {seen.proven} of {seen.citations} |"
    )


@asynccontextmanager
async def standing(texts: Sequence[str], labels: Sequence[str]) -> AsyncIterator[Shelf]:
    """The texts on the shelf of a company, in a database of their own."""
    with folder() as place:
        postgres = EmbeddedPostgres(place / "pg", {"fsync": "off"})
        url = postgres.start()
        try:
            upgrade(url)
            database = open_database(url)
            settings = Settings(_env_file=None, data_dir=place)
            resources = build_resources(database, Blobs.on_disk(place), settings)
            try:
                company_id = await found_company(database, name="Measured", slug="measured")
                ids = await shelve(resources, company_id, [("", each) for each in texts])
                analyze(url)
                async with database.transaction(company_id) as session:
                    rows = await session.execute(text("select id, file_id from knowledge_document"))
                    names = {row.id: str(row.file_id) for row in rows}
                of = {names[each]: label for each, label in zip(ids, labels, strict=True)}
                yield Shelf(resources, company_id, of)
            finally:
                await database.close()
        finally:
            postgres.stop()


_PIECE = text(
    """
    select c.text from knowledge_chunk c
    join knowledge_document d on d.company_id = c.company_id and d.id = c.document_id
    where d.file_id = :file_id and c.number = :number and d.publication = 'published'
      and d.visibility = 'public'
    """
)


if __name__ == "__main__":
    main()
