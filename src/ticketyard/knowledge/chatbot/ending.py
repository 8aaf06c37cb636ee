"""Write down what became of chats and of the questions in them."""

from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.knowledge.chatbot.models import Chat

LEFT_AFTER: Final = timedelta(hours=1)
EMPTY_FOR: Final = timedelta(days=1)

Outcome = Literal["resolved_confirmed", "ticket", "handed_over"]


async def end_questions(
    session: AsyncSession, chat: Chat, outcome: Outcome, *, ticket_id: int | None = None
) -> None:
    """What the chat came to. A ticket is what all open questions came to; that something helped is
    said of the last one."""
    await session.execute(
        _END_LAST if outcome == "resolved_confirmed" else _END_ALL,
        {
            "conversation": chat.conversation_id,
            "outcome": outcome,
            "ticket": ticket_id,
            "now": now_of(session),
        },
    )
    # Where a person was needed once, that is what the chat came to.
    if outcome != "resolved_confirmed" or chat.outcome not in ("ticket", "handed_over"):
        chat.outcome, chat.outcome_at = outcome, now_of(session)


async def note_not_helped(session: AsyncSession, chat: Chat) -> None:
    """The last answer did not help."""
    await session.execute(_NOT_HELPED, {"conversation": chat.conversation_id})


async def reopen(session: AsyncSession, chat: Chat) -> None:
    """Somebody goes on: what had ended without a ticket has not."""
    if chat.outcome in ("resolved_confirmed", "left"):
        chat.outcome = chat.outcome_at = None


async def note_left_chats(session: AsyncSession) -> int:
    """Chats in which nobody wrote for an hour were left; those in which nobody ever wrote are
    forgotten after a day. Gives how many were left."""
    now = now_of(session)
    await session.execute(_FORGET, {"before": now - EMPTY_FOR})
    left = await session.scalars(_LEFT, {"before": now - LEFT_AFTER, "now": now})
    await session.execute(_LEFT_QUESTIONS, {"before": now - LEFT_AFTER, "now": now})
    return len(left.all())


_MINE = "company_id = current_company() and conversation_id = :conversation"
_END_ALL = text(
    f"update chat_question set outcome = :outcome, outcome_at = :now, ticket_id = :ticket"
    f" where {_MINE} and outcome is null"
)
_LAST = f"(select max(id) from chat_question where {_MINE})"
_END_LAST = text(
    f"update chat_question set outcome = :outcome, outcome_at = :now, helped = true,"
    f" ticket_id = cast(:ticket as bigint) where {_MINE} and id = {_LAST}"
)
_NOT_HELPED = text(f"update chat_question set helped = false where {_MINE} and id = {_LAST}")
_LEFT = text(
    """
    update chat set outcome = 'left', outcome_at = :now
    where company_id = current_company() and outcome is null and updated_at < :before
      and exists (select from chat_message m where m.company_id = chat.company_id
                  and m.conversation_id = chat.conversation_id and m.role = 'requester')
    returning conversation_id
    """
)
_LEFT_QUESTIONS = text(
    """
    update chat_question q set outcome = 'left', outcome_at = :now
    from chat c
    where q.company_id = current_company() and q.outcome is null and c.company_id = q.company_id
      and c.conversation_id = q.conversation_id and c.updated_at < :before
    """
)
_FORGET = text(
    """
    delete from conversation v using chat c
    where v.company_id = current_company() and c.company_id = v.company_id
      and c.conversation_id = v.id and c.outcome is null and c.updated_at < :before
      and not exists (select from chat_message m where m.company_id = c.company_id
                      and m.conversation_id = c.conversation_id and m.role = 'requester')
    """
)
