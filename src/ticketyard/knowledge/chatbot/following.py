"""Bring what the desk answers on a chat's ticket into the chat, once the address is proven."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.resources import Resources
from ticketyard.knowledge.chatbot.keeping import (
    ChatKey,
    get_chat,
    keep_message,
    list_chat_messages,
    proven_email,
)
from ticketyard.knowledge.chatbot.models import Chat, ChatMessage
from ticketyard.knowledge.chatbot.sentences import label_of


async def list_shown(resources: Resources, key: ChatKey) -> list[ChatMessage]:
    """All that was said in the chat, the desk's new answers included. Raises ConversationNotFound."""
    async with resources.db.transaction(key.company_id) as session:
        chat = await get_chat(session, key)
        await _bring_answers(session, chat)
        return await list_chat_messages(session, chat)


async def _bring_answers(session: AsyncSession, chat: Chat) -> None:
    """Whoever opens a ticket in somebody's name learns nothing from its answers."""
    email = proven_email(session, chat)
    if chat.ticket_id is None or email is None:
        return
    rows = await session.execute(
        _ANSWERS,
        {
            "ticket": chat.ticket_id,
            "email": email.lower(),
            "conversation": chat.conversation_id,
        },
    )
    last = chat.updated_at
    for row in rows:
        told = {"state": chat.state, "author": row.author_name, "choices": _live(chat)}
        await keep_message(session, chat, "assistant", row.body, told, comment_id=row.id)
    # That somebody looks is no word of theirs.
    chat.updated_at = last


def _live(chat: Chat) -> list[dict[str, str]]:
    return [{"id": each, "label": label_of(each, chat.language)} for each in chat.choices]


_ANSWERS = text(
    """
    select c.id, c.body, c.author_name from comment c
    join ticket t on t.company_id = c.company_id and t.id = c.ticket_id
    left join person p on c.author_kind = 'person' and p.id = c.author_id
    where c.company_id = current_company() and c.ticket_id = :ticket and not c.is_internal
      and lower(t.requester_email) = :email
      and (p.role in ('agent', 'admin') and c.author_id is distinct from t.requester_id
           or c.author_kind = 'system' and c.source = 'automation')
      and not exists (select from chat_message m where m.company_id = c.company_id
                      and m.conversation_id = :conversation and m.comment_id = c.id)
    order by c.id
    """
)
