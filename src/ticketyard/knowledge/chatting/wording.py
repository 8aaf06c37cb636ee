"""Pure: what people say in a chat besides their question, and what is said back."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ticketyard.ai.lexicon import read_lexicon
from ticketyard.ai.phrases import PhraseTable, plain_words

_LIST = Path(__file__).parents[1] / "words" / "chat.txt"
_SMALL_TALK = ("greeting", "thanks", "farewell", "acknowledgement", "identity", "wellbeing")
_SMALL_TALK_WORDS = 10

REPLIES: Final[Mapping[str, Mapping[str, str]]] = {
    "greeting": {
        "en": "Hello! What can I help you with?",
        "ru": "Здравствуйте! Чем могу помочь?",
        "kk": "Сәлеметсіз бе! Қандай көмек керек?",
        "ar": "مرحبا! كيف يمكنني مساعدتك؟",
    },
    "thanks": {
        "en": "You are welcome.",
        "ru": "Пожалуйста.",
        "kk": "Оқасы жоқ.",
        "ar": "على الرحب والسعة.",
    },
    "farewell": {
        "en": "Goodbye! Write again whenever something comes up.",
        "ru": "До свидания! Пишите, если что-то понадобится.",
        "kk": "Сау болыңыз! Керек болса, жазыңыз.",
        "ar": "إلى اللقاء! اكتب لنا متى احتجت.",
    },
    "acknowledgement": {
        "en": "Good. Is there anything else?",
        "ru": "Хорошо. Что-нибудь ещё?",
        "kk": "Жақсы. Тағы не көмек керек?",
        "ar": "حسنا. هل هناك شيء آخر؟",
    },
    "identity": {
        "en": "I am the help desk's assistant, a program. I answer from the desk's own documents, and "
        "open a ticket for a person when they do not say.",
        "ru": "Я помощник службы поддержки, программа. Отвечаю по её документам, а если в них нет "
        "ответа, открываю заявку для сотрудника.",
        "kk": "Мен қолдау қызметінің көмекшісімін, бағдарламамын. Құжаттар бойынша жауап беремін, "
        "жауап болмаса, қызметкерге өтінім ашамын.",
        "ar": "أنا مساعد مكتب الدعم، برنامج. أجيب من وثائق المكتب، وأفتح تذكرة لموظف إن لم أجد جوابا.",
    },
    "wellbeing": {
        "en": "All systems go, thank you. What can I help you with?",
        "ru": "Спасибо, всё работает. Чем могу помочь?",
        "kk": "Рахмет, бәрі жақсы. Қандай көмек керек?",
        "ar": "كل شيء يعمل، شكرا. كيف يمكنني مساعدتك؟",
    },
}

NOTHING_KNOWN: Final[Mapping[str, str]] = {
    "en": "I found nothing about this in the desk's documents, so a person should answer it.",
    "ru": "В документах службы об этом ничего нет, поэтому на вопрос должен ответить сотрудник.",
    "kk": "Құжаттарда бұл туралы ештеңе жоқ, сондықтан қызметкер жауап беруі керек.",
    "ar": "لم أجد شيئا عن هذا في وثائق المكتب، لذلك يجب أن يجيب موظف.",
}


@functools.cache
def phrases(section: str) -> PhraseTable:
    """The phrases of one section of the chat's word list."""
    return PhraseTable(read_lexicon(_LIST)[section])


def has(section: str, message: str) -> bool:
    """Whether a phrase of the section occurs in the message."""
    return bool(phrases(section).find(plain_words(message)))


def is_only(sections: Sequence[str], message: str) -> bool:
    """Whether the message says nothing besides phrases of these sections and small words."""
    words = plain_words(message)
    if not words or len(words) > _SMALL_TALK_WORDS:
        return False
    covered: set[int] = set()
    said = False
    for section in (*sections, "filler"):
        for hit in phrases(section).find(words):
            covered.update(range(hit.start, hit.start + len(hit.words.split())))
            said = said or section != "filler"
    return said and len(covered) == len(words)


def find_small_talk(message: str) -> str | None:
    """Which small talk the message is and nothing else; None for a question, however polite.

    Of several the weightiest for the reply: who asks what we are wants that answered.
    """
    if not is_only(_SMALL_TALK, message):
        return None
    for section in ("identity", "wellbeing", "thanks", "farewell", "greeting", "acknowledgement"):
        if has(section, message):
            return section
    return None


def reply_to(small_talk: str, language: str) -> str:
    """What is said back, in this language (ISO 639-1) or in English."""
    replies = REPLIES[small_talk]
    return replies.get(language, replies["en"])


def nothing_known(language: str) -> str:
    """That there is no answer, in this language or in English."""
    return NOTHING_KNOWN.get(language, NOTHING_KNOWN["en"])
