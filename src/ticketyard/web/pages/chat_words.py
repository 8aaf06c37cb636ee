"""What the chat page says, in the languages that its machine speaks."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Words = Mapping[str, Any]

_EN: Final[Words] = {
    "dir": "ltr",
    "title": "Chat with {company}",
    "kind": "Automatic assistant",
    "about": "A machine answers here, from the desk's own documents, and shows where each answer comes "
    "from. It can be wrong; a person is one press away.",
    "person": "Talk to a person",
    "log": "Conversation",
    "placeholder": "Ask a question",
    "send": "Send",
    "close": "Close the chat",
    "offered": "What you can do now",
    "fresh": "Start a new conversation",
    "without": "The chat needs JavaScript. The form works without it.",
    "who": {"requester": "You:", "assistant": "Automatic assistant:", "system": "The desk:"},
    "stages": {
        "reading": "Reading your message …",
        "looking": "Looking it up …",
        "writing": "Writing an answer …",
        "checking": "Checking the answer …",
    },
    "sources": "Where this comes from",
    "source": "Source {label}",
    "untitled": "Document",
    "open": "Open the document",
    "ticket": "Your ticket",
    "again": "Try again",
    "form": "Write with the form instead",
    "unsent": "These words have not been sent yet.",
    "left": "{n} characters left",
    "asks": {
        "words": {"label": "Your message", "hint": "Enter sends, Shift+Enter begins a new line."},
        "email": {
            "label": "Your e-mail address",
            "hint": "As in name@example.com.",
            "bad": "This is not an e-mail address yet.",
        },
        "code": {
            "label": "The six digits of our mail",
            "hint": "It may take a minute. The digits are good for ten.",
            "bad": "A code has six digits.",
        },
    },
    "troubles": {
        "offline": "The desk could not be reached, or the answer broke off. Your words are kept here.",
        "refused": "The chat may not be used from this site.",
        "gone": "This conversation is over. Your words are kept here.",
        "changed": "That is not offered any more. Look at the last message, or start anew.",
        "long": "This cannot be sent as it is. It may be too long.",
        "slow": "That was a little quick. Please wait {n} seconds; your words are kept here.",
        "failed": "Something went wrong at the desk. Your words are kept here.",
    },
}

_RU: Final[Words] = {
    "dir": "ltr",
    "title": "Чат: {company}",
    "kind": "Автоматический помощник",
    "about": "Здесь отвечает программа по документам службы и показывает, откуда взят каждый ответ. Она "
    "может ошибаться; сотрудника можно позвать в любой момент.",
    "person": "Позвать сотрудника",
    "log": "Переписка",
    "placeholder": "Задайте вопрос",
    "send": "Отправить",
    "close": "Закрыть чат",
    "offered": "Что можно сделать",
    "fresh": "Начать новый разговор",
    "without": "Для чата нужен JavaScript. Форма работает и без него.",
    "who": {"requester": "Вы:", "assistant": "Автоматический помощник:", "system": "Служба:"},
    "stages": {
        "reading": "Читаю сообщение …",
        "looking": "Ищу в документах …",
        "writing": "Пишу ответ …",
        "checking": "Проверяю ответ …",
    },
    "sources": "Откуда это взято",
    "source": "Источник {label}",
    "untitled": "Документ",
    "open": "Открыть документ",
    "ticket": "Ваша заявка",
    "again": "Повторить",
    "form": "Написать через форму",
    "unsent": "Эти слова ещё не отправлены.",
    "left": "Осталось знаков: {n}",
    "asks": {
        "words": {
            "label": "Ваше сообщение",
            "hint": "Enter — отправить, Shift+Enter — новая строка.",
        },
        "email": {
            "label": "Ваш адрес электронной почты",
            "hint": "Например, name@example.com.",
            "bad": "Это ещё не адрес электронной почты.",
        },
        "code": {
            "label": "Шесть цифр из нашего письма",
            "hint": "Письмо может идти минуту. Код действует десять минут.",
            "bad": "В коде шесть цифр.",
        },
    },
    "troubles": {
        "offline": "Служба недоступна, или ответ прервался. Ваши слова сохранены здесь.",
        "refused": "С этого сайта чатом пользоваться нельзя.",
        "gone": "Этот разговор завершён. Ваши слова сохранены здесь.",
        "changed": "Этого больше нельзя выбрать. Посмотрите последнее сообщение или начните заново.",
        "long": "Так отправить нельзя. Возможно, текст слишком длинный.",
        "slow": "Слишком часто. Подождите {n} с; ваши слова сохранены здесь.",
        "failed": "У службы что-то сломалось. Ваши слова сохранены здесь.",
    },
}

_KK: Final[Words] = {
    "dir": "ltr",
    "title": "Чат: {company}",
    "kind": "Автоматты көмекші",
    "about": "Мұнда бағдарлама қызметтің құжаттары бойынша жауап береді және әр жауаптың қайдан "
    "алынғанын көрсетеді. Ол қателесуі мүмкін; қызметкерді кез келген сәтте шақыруға болады.",
    "person": "Қызметкерді шақыру",
    "log": "Әңгіме",
    "placeholder": "Сұрағыңызды жазыңыз",
    "send": "Жіберу",
    "close": "Чатты жабу",
    "offered": "Енді не істеуге болады",
    "fresh": "Жаңа әңгіме бастау",
    "without": "Чатқа JavaScript керек. Форма онсыз да жұмыс істейді.",
    "who": {"requester": "Сіз:", "assistant": "Автоматты көмекші:", "system": "Қызмет:"},
    "stages": {
        "reading": "Хабарламаңызды оқып жатырмын …",
        "looking": "Құжаттардан іздеп жатырмын …",
        "writing": "Жауап жазып жатырмын …",
        "checking": "Жауапты тексеріп жатырмын …",
    },
    "sources": "Бұл қайдан алынды",
    "source": "{label}-дереккөз",
    "untitled": "Құжат",
    "open": "Құжатты ашу",
    "ticket": "Сіздің өтініміңіз",
    "again": "Қайталау",
    "form": "Форма арқылы жазу",
    "unsent": "Бұл сөздер әлі жіберілген жоқ.",
    "left": "Қалған таңба: {n}",
    "asks": {
        "words": {"label": "Хабарламаңыз", "hint": "Enter — жіберу, Shift+Enter — жаңа жол."},
        "email": {
            "label": "Электрондық поштаңыз",
            "hint": "Мысалы, name@example.com.",
            "bad": "Бұл әлі электрондық пошта мекенжайы емес.",
        },
        "code": {
            "label": "Хатымыздағы алты сан",
            "hint": "Хат бір минуттай кешігуі мүмкін. Код он минут жарамды.",
            "bad": "Кодта алты сан бар.",
        },
    },
    "troubles": {
        "offline": "Қызметке қосылу мүмкін болмады немесе жауап үзілді. Сөздеріңіз осында сақталды.",
        "refused": "Бұл сайттан чатты қолдануға болмайды.",
        "gone": "Бұл әңгіме аяқталған. Сөздеріңіз осында сақталды.",
        "changed": "Мұны енді таңдауға болмайды. Соңғы хабарламаны қараңыз немесе қайта бастаңыз.",
        "long": "Бұлай жіберуге болмайды. Мәтін тым ұзын болуы мүмкін.",
        "slow": "Тым жиі. {n} секунд күтіңіз; сөздеріңіз осында сақталды.",
        "failed": "Қызметте бірдеңе бұзылды. Сөздеріңіз осында сақталды.",
    },
}

_AR: Final[Words] = {
    "dir": "rtl",
    "title": "محادثة مع {company}",
    "kind": "مساعد آلي",
    "about": "يجيب هنا برنامج من وثائق المكتب ويبين مصدر كل جواب. قد يخطئ، ويمكنك طلب موظف في أي وقت.",
    "person": "التحدث إلى موظف",
    "log": "المحادثة",
    "placeholder": "اطرح سؤالك",
    "send": "إرسال",
    "close": "إغلاق المحادثة",
    "offered": "ما يمكنك فعله الآن",
    "fresh": "بدء محادثة جديدة",
    "without": "تحتاج المحادثة إلى JavaScript، والنموذج يعمل بدونه.",
    "who": {"requester": "أنت:", "assistant": "المساعد الآلي:", "system": "المكتب:"},
    "stages": {
        "reading": "أقرأ رسالتك …",
        "looking": "أبحث في الوثائق …",
        "writing": "أكتب الجواب …",
        "checking": "أتحقق من الجواب …",
    },
    "sources": "مصدر هذا الجواب",
    "source": "المصدر {label}",
    "untitled": "وثيقة",
    "open": "فتح الوثيقة",
    "ticket": "تذكرتك",
    "again": "إعادة المحاولة",
    "form": "الكتابة عبر النموذج",
    "unsent": "لم ترسل هذه الكلمات بعد.",
    "left": "عدد الأحرف المتبقية: {n}",
    "asks": {
        "words": {"label": "رسالتك", "hint": "Enter للإرسال، وShift+Enter لسطر جديد."},
        "email": {
            "label": "بريدك الإلكتروني",
            "hint": "مثل name@example.com.",
            "bad": "هذا ليس بريدا إلكترونيا بعد.",
        },
        "code": {
            "label": "الأرقام الستة من رسالتنا",
            "hint": "قد تتأخر الرسالة دقيقة، والرمز صالح عشر دقائق.",
            "bad": "الرمز ستة أرقام.",
        },
    },
    "troubles": {
        "offline": "تعذر الوصول إلى المكتب أو انقطع الجواب. كلماتك محفوظة هنا.",
        "refused": "لا يمكن استخدام المحادثة من هذا الموقع.",
        "gone": "انتهت هذه المحادثة. كلماتك محفوظة هنا.",
        "changed": "لم يعد هذا متاحا. انظر إلى آخر رسالة أو ابدأ من جديد.",
        "long": "لا يمكن إرسال هذا كما هو؛ ربما كان طويلا جدا.",
        "slow": "كان ذلك سريعا بعض الشيء. انتظر {n} ثانية؛ كلماتك محفوظة هنا.",
        "failed": "حدث خطأ في المكتب. كلماتك محفوظة هنا.",
    },
}

WORDS: Final[Mapping[str, Words]] = {"en": _EN, "ru": _RU, "kk": _KK, "ar": _AR}


def choose_language(asked: str, accepted: str, ours: Sequence[str]) -> str:
    """The language of the page: the one asked for, else the first that the browser reads and the
    company does too, else the company's own (the first of `ours`), else English."""
    if asked in WORDS:
        return asked
    for each in accepted.split(",")[:20]:
        code = each.partition(";")[0].strip().lower()[:2]
        if code in WORDS and code in ours:
            return code
    return next((each for each in ours[:1] if each in WORDS), "en")
