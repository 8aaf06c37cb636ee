"""Pure: the summary of a client's letter, with what to do about it («Рекомендация: …»)."""

from ticketyard.ai.summary import summarize
from ticketyard.triage.coldstart import (
    APP_BROKEN,
    CLAIM,
    COMPLAINT,
    CONSULTATION,
    DATA_CHANGE,
    FRAUD,
    SPAM,
)

NO_TEXT = "Текста нет, обращение состоит из вложения."
_UNSURE = "прочитать обращение и определить категорию вручную."

_ADVICE = {
    FRAUD: "немедленно ограничить операции по счёту, связаться с клиентом по известному номеру "
    "и передать обращение в службу безопасности.",
    CLAIM: "зарегистрировать претензию, проверить операции и комиссии по счёту и дать письменный "
    "ответ с решением о возврате.",
    COMPLAINT: "извиниться, выяснить обстоятельства и сообщить клиенту, что и когда будет сделано.",
    APP_BROKEN: "уточнить устройство, версию приложения и текст ошибки, предложить обходной путь "
    "и передать в техническую поддержку.",
    DATA_CHANGE: "подтвердить личность клиента, запросить подтверждающие документы и внести "
    "изменения.",
    CONSULTATION: "ответить на вопрос и приложить ссылку на условия или инструкцию.",
    SPAM: "закрыть без ответа.",
}
_SOONER = "Взять в работу в первую очередь: "


def advise(text: str, category: str | None, urgency: int, *, summary: str = "") -> str:
    """One or two sentences of the letter, or those given, then the recommended next step."""
    summary = summary or summarize(text) or NO_TEXT
    advice = _ADVICE.get(category or "", _UNSURE)
    if urgency >= 8 and category not in (FRAUD, SPAM):
        advice = _SOONER[0].lower() + _SOONER[1:] + advice
    return f"{summary} Рекомендация: {advice}"
