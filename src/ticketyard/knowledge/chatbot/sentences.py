"""Pure: what the chat says of itself, in four languages."""

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("en", "ru", "kk", "ar")

_EN: Final[Mapping[str, str]] = {
    "greeting": "Hello! Ask your question. I answer from the desk's own documents and show where it "
    "stands; where I cannot, I open a ticket or hand you over to a person.",
    "did_it_help": "Did that help?",
    "no_answer": "Shall I open a ticket, or hand you over to a person?",
    "sorry": "I am sorry. Shall I open a ticket, hand you over to a person, or do you want to ask in "
    "other words?",
    "glad": "Good to hear! Write again whenever something comes up.",
    "failed": "I could not answer that just now; your message is kept. Shall I open a ticket, or hand "
    "you over to a person?",
    "ask_again": "All right. Ask in other words, please.",
    "cancelled": "All right, nothing was sent. What else can I help you with?",
    "ask_title": "What is it about, in one line?",
    "ask_details": "Please describe it: what happened, and what have you tried?",
    "ask_email": "At which e-mail address can the desk reach you?",
    "bad_email": "This is not an e-mail address. Please write it as in name@example.com.",
    "bad_title": "Please say it in a few words.",
    "ask_code": "If mail reaches that address, a code of six digits is on its way. Please type it here; "
    "it is good for ten minutes.",
    "wrong_code": "That is not the code. Please look again.",
    "code_over": "This code is no longer good. Write your e-mail address once more, and a new one is sent.",
    "verified": "Thank you, this address is yours.",
    "ticket": "I opened ticket {number} and attached this conversation. Answers come to {email}.",
    "handed_over": "I handed you over: a person takes up {number}, with this conversation attached. "
    "Answers come to {email}. What you write here now goes to that ticket.",
    "to_the_person": "Added to {number}.",
    "own_tickets": "Your latest tickets:",
    "no_tickets": "There is no ticket of this address.",
    "not_yours": "Among your tickets there is none of that number.",
    "verify_first": "Before I show anything of yours, I have to know that the address is yours. What is "
    "your e-mail address?",
    "last_answer": "The desk's last answer: {text}",
    "too_many_codes": "Too many codes were asked for. Please wait an hour.",
    "helped": "Yes, it helped",
    "not_helped": "No",
    "person": "A person, please",
    "open_ticket": "Open a ticket",
    "cancel": "Cancel",
    "again": "Ask something else",
    "verify": "Read answers here",
    "status_open": "open",
    "status_in_progress": "being worked on",
    "status_pending": "waits for you",
    "status_resolved": "resolved",
    "status_closed": "closed",
    "mail_subject": "Your code for {company}",
    "mail_body": "Your code is {code}.\n\nType it into the chat within ten minutes. Nobody of the desk "
    "will ever ask you for it. If you did not ask for a code, you need do nothing.",
}
_RU: Final[Mapping[str, str]] = {
    "greeting": "Здравствуйте! Задайте вопрос. Я отвечаю по документам службы и показываю, где это "
    "написано; если ответа нет, открою заявку или передам вас сотруднику.",
    "did_it_help": "Это помогло?",
    "no_answer": "Открыть заявку или передать вас сотруднику?",
    "sorry": "Жаль. Открыть заявку, передать вас сотруднику, или вы спросите другими словами?",
    "glad": "Рад помочь! Пишите, если что-то понадобится.",
    "failed": "Сейчас ответить не получилось, но сообщение сохранено. Открыть заявку или передать вас "
    "сотруднику?",
    "ask_again": "Хорошо. Спросите, пожалуйста, другими словами.",
    "cancelled": "Хорошо, ничего не отправлено. Чем ещё помочь?",
    "ask_title": "О чём речь, одной строкой?",
    "ask_details": "Опишите, пожалуйста: что случилось и что вы уже пробовали?",
    "ask_email": "На какой адрес электронной почты вам ответить?",
    "bad_email": "Это не адрес электронной почты. Напишите его как name@example.com.",
    "bad_title": "Скажите, пожалуйста, в нескольких словах.",
    "ask_code": "Если почта доходит по этому адресу, туда отправлен код из шести цифр. Введите его "
    "здесь; он действует десять минут.",
    "wrong_code": "Это не тот код. Посмотрите ещё раз.",
    "code_over": "Этот код больше не действует. Напишите адрес ещё раз, и придёт новый.",
    "verified": "Спасибо, адрес подтверждён.",
    "ticket": "Открыта заявка {number}, разговор приложен. Ответ придёт на {email}.",
    "handed_over": "Передаю вас сотруднику: заявка {number}, разговор приложен. Ответ придёт на "
    "{email}. Всё, что вы теперь напишете здесь, попадёт в заявку.",
    "to_the_person": "Добавлено в {number}.",
    "own_tickets": "Ваши последние заявки:",
    "no_tickets": "Заявок с этого адреса нет.",
    "not_yours": "Среди ваших заявок нет заявки с таким номером.",
    "verify_first": "Прежде чем показать ваши данные, нужно убедиться, что адрес ваш. Какой у вас адрес "
    "электронной почты?",
    "last_answer": "Последний ответ службы: {text}",
    "too_many_codes": "Кодов запрошено слишком много. Подождите, пожалуйста, час.",
    "helped": "Да, помогло",
    "not_helped": "Нет",
    "person": "Позовите сотрудника",
    "open_ticket": "Открыть заявку",
    "cancel": "Отмена",
    "again": "Спросить другое",
    "verify": "Читать ответы здесь",
    "status_open": "открыта",
    "status_in_progress": "в работе",
    "status_pending": "ждёт вас",
    "status_resolved": "решена",
    "status_closed": "закрыта",
    "mail_subject": "Ваш код для {company}",
    "mail_body": "Ваш код: {code}.\n\nВведите его в чате в течение десяти минут. Сотрудники службы "
    "никогда о нём не спрашивают. Если вы не запрашивали код, ничего делать не нужно.",
}
_KK: Final[Mapping[str, str]] = {
    "greeting": "Сәлеметсіз бе! Сұрағыңызды қойыңыз. Қызмет құжаттары бойынша жауап беріп, қай жерде "
    "жазылғанын көрсетемін; жауап болмаса, өтінім ашамын немесе қызметкерге қосамын.",
    "did_it_help": "Бұл көмектесті ме?",
    "no_answer": "Өтінім ашайын ба, әлде қызметкерге қосайын ба?",
    "sorry": "Өкінішті. Өтінім ашайын ба, қызметкерге қосайын ба, әлде басқаша сұрайсыз ба?",
    "glad": "Көмектескеніме қуаныштымын! Керек болса, жазыңыз.",
    "failed": "Қазір жауап бере алмадым, бірақ хабарламаңыз сақталды. Өтінім ашайын ба, әлде қызметкерге "
    "қосайын ба?",
    "ask_again": "Жақсы. Басқаша сұрап көріңіз.",
    "cancelled": "Жақсы, ештеңе жіберілмеді. Тағы не көмек керек?",
    "ask_title": "Не туралы екенін бір жолмен жазыңыз.",
    "ask_details": "Сипаттап жазыңыз: не болды және нені байқап көрдіңіз?",
    "ask_email": "Қай электрондық поштаға жауап берейік?",
    "bad_email": "Бұл электрондық пошта емес. name@example.com түрінде жазыңыз.",
    "bad_title": "Бірнеше сөзбен жазыңыз.",
    "ask_code": "Бұл мекенжайға пошта жетсе, алты таңбалы код жіберілді. Оны осында жазыңыз; он минут "
    "жарамды.",
    "wrong_code": "Код дұрыс емес. Қайта қараңыз.",
    "code_over": "Бұл код енді жарамсыз. Мекенжайды қайта жазыңыз, жаңасы жіберіледі.",
    "verified": "Рақмет, мекенжай расталды.",
    "ticket": "{number} өтінімі ашылды, әңгіме тіркелді. Жауап {email} поштасына келеді.",
    "handed_over": "Сізді қызметкерге қостым: {number} өтінімі, әңгіме тіркелді. Жауап {email} "
    "поштасына келеді. Енді осында жазғаныңыз өтінімге түседі.",
    "to_the_person": "{number} өтініміне қосылды.",
    "own_tickets": "Соңғы өтінімдеріңіз:",
    "no_tickets": "Бұл мекенжайдан өтінім жоқ.",
    "not_yours": "Өтінімдеріңіздің арасында ондай нөмір жоқ.",
    "verify_first": "Деректеріңізді көрсетпес бұрын мекенжай сіздікі екенін білуім керек. Электрондық "
    "поштаңыз қандай?",
    "last_answer": "Қызметтің соңғы жауабы: {text}",
    "too_many_codes": "Код тым көп сұралды. Бір сағат күтіңіз.",
    "helped": "Иә, көмектесті",
    "not_helped": "Жоқ",
    "person": "Қызметкер керек",
    "open_ticket": "Өтінім ашу",
    "cancel": "Бас тарту",
    "again": "Басқа сұрақ",
    "verify": "Жауаптарды осында оқу",
    "status_open": "ашық",
    "status_in_progress": "жұмыста",
    "status_pending": "сізді күтуде",
    "status_resolved": "шешілді",
    "status_closed": "жабылды",
    "mail_subject": "{company} үшін кодыңыз",
    "mail_body": "Кодыңыз: {code}.\n\nОны он минут ішінде чатқа жазыңыз. Қызметкерлер оны ешқашан "
    "сұрамайды. Код сұрамаған болсаңыз, ештеңе істемеңіз.",
}
_AR: Final[Mapping[str, str]] = {
    "greeting": "مرحبا! اطرح سؤالك. أجيب من وثائق المكتب وأريك موضع الجواب؛ وإن لم أجد، أفتح تذكرة أو "
    "أحولك إلى موظف.",
    "did_it_help": "هل أفادك ذلك؟",
    "no_answer": "هل أفتح تذكرة أم أحولك إلى موظف؟",
    "sorry": "آسف. هل أفتح تذكرة، أم أحولك إلى موظف، أم تسأل بكلمات أخرى؟",
    "glad": "يسرني ذلك! اكتب لنا متى احتجت.",
    "failed": "لم أستطع الإجابة الآن، لكن رسالتك محفوظة. هل أفتح تذكرة أم أحولك إلى موظف؟",
    "ask_again": "حسنا. اسأل بكلمات أخرى من فضلك.",
    "cancelled": "حسنا، لم يرسل شيء. بماذا أساعدك أيضا؟",
    "ask_title": "ما الموضوع في سطر واحد؟",
    "ask_details": "صف الأمر من فضلك: ماذا حدث وماذا جربت؟",
    "ask_email": "على أي بريد إلكتروني نجيبك؟",
    "bad_email": "هذا ليس بريدا إلكترونيا. اكتبه مثل name@example.com.",
    "bad_title": "قلها في بضع كلمات من فضلك.",
    "ask_code": "إن كان البريد يصل إلى هذا العنوان فقد أرسل إليه رمز من ستة أرقام. اكتبه هنا؛ وهو صالح "
    "عشر دقائق.",
    "wrong_code": "ليس هذا هو الرمز. تحقق مرة أخرى.",
    "code_over": "لم يعد هذا الرمز صالحا. اكتب بريدك مرة أخرى ليرسل رمز جديد.",
    "verified": "شكرا، تأكد العنوان.",
    "ticket": "فتحت التذكرة {number} وأرفقت بها هذه المحادثة. يصل الجواب إلى {email}.",
    "handed_over": "حولتك إلى موظف: التذكرة {number} ومعها هذه المحادثة. يصل الجواب إلى {email}. ما "
    "تكتبه هنا الآن يضاف إلى التذكرة.",
    "to_the_person": "أضيف إلى {number}.",
    "own_tickets": "آخر تذاكرك:",
    "no_tickets": "لا تذاكر لهذا العنوان.",
    "not_yours": "ليس بين تذاكرك هذا الرقم.",
    "verify_first": "قبل أن أعرض شيئا يخصك يجب أن أتأكد من أن العنوان لك. ما بريدك الإلكتروني؟",
    "last_answer": "آخر جواب من المكتب: {text}",
    "too_many_codes": "طلبت رموز كثيرة. انتظر ساعة من فضلك.",
    "helped": "نعم، أفادني",
    "not_helped": "لا",
    "person": "أريد موظفا",
    "open_ticket": "افتح تذكرة",
    "cancel": "إلغاء",
    "again": "سؤال آخر",
    "verify": "قراءة الأجوبة هنا",
    "status_open": "مفتوحة",
    "status_in_progress": "قيد العمل",
    "status_pending": "بانتظارك",
    "status_resolved": "محلولة",
    "status_closed": "مغلقة",
    "mail_subject": "رمزك لدى {company}",
    "mail_body": "رمزك هو {code}.\n\nاكتبه في المحادثة خلال عشر دقائق. لن يسألك عنه أحد من المكتب أبدا. "
    "إن لم تطلب رمزا فلا داعي لأي شيء.",
}
SENTENCES: Final[Mapping[str, Mapping[str, str]]] = {"en": _EN, "ru": _RU, "kk": _KK, "ar": _AR}


def say(name: str, language: str, **filled: str) -> str:
    """The sentence of this name, in this language or in English.

    Filled in are names in braces; what stands in a value is never looked at again.
    """
    words = SENTENCES.get(language, _EN)[name]
    parts = words.split("{")
    told = [parts[0]]
    for part in parts[1:]:
        key, _, rest = part.partition("}")
        told += [filled[key], rest]
    return "".join(told)


def label_of(choice: str, language: str) -> str:
    """What stands on the button of a choice."""
    return say("open_ticket" if choice == "ticket" else choice, language)


def usable_language(wanted: str, otherwise: str = "en") -> str:
    """One of ours: the one wanted (`ru-RU`), else the company's, else English."""
    for each in (wanted, otherwise):
        code = each.strip().lower().partition("-")[0]
        if code in SENTENCES:
            return code
    return "en"
