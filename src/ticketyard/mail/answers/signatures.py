"""Pure: what stands below the words of a mail: signatures, devices' lines, legal notices."""

import re
from collections.abc import Sequence

from ticketyard.mail.answers.quote_headers import bare, is_quoted

LONGEST_DEVICE_LINE = 160
MOST_SIGNATURE_LINES = 24
MOST_RULED_LINES = 10
MOST_FRAMED_LINES = 8
MOST_LINES_BELOW = 120
MOST_CONTACT_LINES = 14
LONGEST_CONTACT_LINE = 120
LONGEST_MARK = 200
SHORTEST_NOTICE = 80

_DASHES = re.compile(r"\s{0,3}(?:-{2}|—|––|-- ?—)\s{0,3}")
_STROKE = re.compile(r"\s{0,3}(?:_{2,}|={3,}|\*{3,}|~{3,}|⎯{2,}|─{2,}|-{3,}|—{2,}|ᐧ)\s{0,3}")

_FRAME = re.compile(r"\s{0,3}(?:\*{5,}|={5,}|~{5,}|#{5,})\s{0,3}")

_DEVICE = re.compile(
    r"\W{0,4}(?:"
    r"(?:sent|posted|written|composed|typed|dictated)\b.{0,24}\b(?:from|with|via|on|by|using|"
    r"through)\b.{1,120}|"
    r"(?:\w+ )?from (?:my |a )?(?:mobile|i-?phone|i-?pad|cell|phone|android|blackberry).{0,30}|"
    r"get .{0,3}outlook for .{2,80}|outlook (?:für|for|pour|para|per|voor|til|för|для) (?:ios|"
    r"android|mac)\b.{0,60}|"
    r".{0,40}outlook.{0,20}(?:ios|android).{0,20}aka\.ms/.{1,40}|"
    r"von meine[mr] .{2,60} gesendet|gesendet (?:von|mit|aus|über|via|per)\b.{2,100}|"
    r"diese (?:nachricht|e-?mail|mail) wurde (?:von|mit) .{2,100} (?:gesendet|verschickt|versandt)|"
    r"envoy[ée]e? (?:de|du|depuis|à partir|avec|via|par|à l['’]aide)\b.{2,100}|"
    r"provenance : .{2,60}|"
    r"enviad[oa] (?:desde|con|vía|via|de|do|da|por|pelo|pela|a partir|através|usando|com|"
    r"mediante)\b.{2,100}|"
    r"enviat (?:des|amb|del|de)\b.{2,80}|inviat[oa] (?:da|dal|dall|dalla|con|tramite|via|"
    r"mediante)\b.{2,100}|"
    r"(?:verzonden|verstuurd) (?:vanaf|met|via|van|vanuit|door)\b.{2,100}|"
    r"sendt (?:fra|med|via|av|af)\b.{2,100}|(?:skickat|skickades|skickad|sänt|hämta) (?:från|med|"
    r"via|outlook)\b.{2,100}|"
    r"lähetetty .{2,100}|saadetud (?:minu|seadmest|rakendusest).{2,80}|"
    r"wysłan[eoay] (?:z|ze|za pomocą|przez|od|w)\b.{2,100}|(?:odesláno|odoslan[ée]|"
    r"poslan[ée]) (?:z|ze|zo|pomocí|prostredníctvom)\b.{2,100}|"
    r"(?:elküldve|küldve) .{2,80}|.{2,60}(?:-r[óo]l|-b[óo]l|-r[őe]l|-b[őe]l|készülékemről) küldve|"
    r"trimis (?:de pe|din|de la|cu|prin)\b.{2,80}|poslano (?:s|sa|iz|z)\b.{2,80}|poslato (?:sa|"
    r"iz)\b.{2,80}|"
    r"išsiųsta iš .{2,60}|nosūtīts no .{2,60}|"
    r"(?:отправлено|послано|написано) (?:с|со|из|от|через|при помощи|с помощью)\b.{2,100}|"
    r"(?:надіслано|відправлено|надіслане) (?:з|із|зі|за допомогою|через)\b.{2,100}|"
    r"изпратено (?:от|чрез|с)\b.{2,80}|послато са .{2,60}|.{2,60}(?:дан|ден|нан|нен|тан|"
    r"тен) жіберілді|"
    r"(?:στάλθηκε|εστάλη) (?:από|με)\b.{2,80}|.{2,60}(?:dan|den|tan|ten|ile|üzerinden) gönderildi|"
    r"(?:đã )?(?:được )?gửi từ .{2,80}|dikirim (?:dari|melalui) .{2,80}|dihantar (?:dari|"
    r"daripada) .{2,80}|"
    r"发自.{2,60}|發自.{2,60}|发送自.{2,60}|[從从]我?的?.{1,40}(?:傳送|发送|寄出|發送)|来自.{0,4}(?:iphone|ipad|手机|"
    r"我的).{0,30}|"
    r".{1,40}(?:から送信|より送信|から送信されました)|.{1,40}에서 (?:보냄|보내짐|전송됨|보낸 메일)|"
    r"נשלח (?:מ|באמצעות).{1,60}|(?:أُرسلت|أرسلت|مرسل|تم الإرسال|أُرسل) من .{1,60}|ส่งจาก.{1,60}|"
    r"(?:virus-?free|avast|this e-?mail has been (?:checked|scanned) for (?:viruses|"
    r"malware)).{0,100}|"
    r"(?:please )?excuse (?:any |my )?(?:typos|typoes|brevity|spelling).{0,60}"
    r")\W{0,4}",
    re.IGNORECASE,
)
# What was sent "from the warehouse" was not sent by a mail program.
_DEVICE_NAME = re.compile(
    r"i-?phon|i-?pad|i-?pod|i-?mac|mac ?book|android|samsung|galaxy|blackberry|htc|nokia|xiaomi|"
    r"redmi|huawei|honor|"
    r"oneplus|pixel|xperia|sony|motorola|\bmoto\b|alcatel|\blg\b|fairphone|windows|surface|mobil|"
    r"m[óo]vil|celular|phone|"
    r"telef|handy|tablet|device|ger[äa]t|appareil|dispositiv|apparaat|enhet|enhed|laite|"
    r"urz[ąa]dze|za[řr][íi]zen|устройств|"
    r"пристро|смартфон|телефон|құрылғы|cihaz|thiết bị|手机|手機|휴대|outlook|\bmail|e-?mail|gmail|yahoo|"
    r"\baol|proton|tutanota|\bios\b|\w(?:mail|app)\b|"
    r"spark|airmail|newton|\bnine\b|k-9|thunderbird|superhuman|\bhey\b|gmx|web\.de|zoho|\bpc\b|"
    r"\bmac\b|почт|пошт|"
    r"\b(?:my|mon|ma|meinem|meiner|mi|meu|minha|mio|mia|mijn|min|mitt|minu|moj\w+|mé\w+|môj\w+|"
    r"мо\w+)\b|我的|나의|"
    r"virus|avast|typo|brevity",
    re.IGNORECASE,
)
_APP_LINE = re.compile(
    r".{0,60}\boutlook\b.{0,40}(?:aka\.ms/|for ios|for android|für ios|für android|pour ios)",
    re.IGNORECASE,
)

_CLOSING = re.compile(
    r"(?:(?:with |my )?(?:kind|best|warm|many)(?:est)? (?:regards|wishes|thanks)|regards|"
    r"sincerely(?: yours)?|yours (?:sincerely|truly|"
    r"faithfully)|cheers|thanks(?: and regards)?|thank you|many thanks|best|"
    r"(?:mit )?(?:freundlichen|freundliche|besten|beste|herzlichen|herzliche|liebe|lieben|viele|"
    r"schöne) gr(?:ü|ue)(?:ß|ss)en?|mfg|lg|vg|"
    r"(?:bien )?cordialement|(?:meilleures|sincères) salutations|bien à vous|(?:un )?(?:cordial|"
    r"atento) saludo|saludos(?: cordiales)?|"
    r"atentamente|(?:cordiali|distinti) saluti|saluti|atenciosamente|"
    r"(?:com os melhores )?cumprimentos|abraços|"
    r"met vriendelijke groeten?|(?:vriendelijke )?groeten?|(?:med )?venlig hilsen|"
    r"(?:med )?vennlig hilsen|mvh|"
    r"(?:med )?v[äa]nliga? h[äa]lsning(?:ar)?|hälsningar|(?:ystävällisin )?terveisin|z poważaniem|"
    r"pozdrawiam|"
    r"s pozdravem|s pozdravom|üdvözlettel|cu stimă|с уважением|з повагою|құрметпен|saygılarımla|"
    r"με εκτίμηση)[\s,.!:;–-]{0,4}",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"(?:\b(?:tel|phone|mobile?|mob|cell|fax|telefon|handy|t[ée]l[ée]phone|direct|office)\b|"
    r"тел)[\w.]{0,6}\s?[:.]?\s?\+?[\d(]|"
    r"\+\d[\d\s()/.-]{6,20}\d|\bwww\.|https?://|[\w.-]{1,60}@[\w-]{1,60}\.",
    re.IGNORECASE,
)
_SECRECY = re.compile(
    r"confiden|vertraulich|riservat|vertrouwelijk|poufn|d[ůô]v[ěe]rn|конфиденц|конфіденц|құпия|"
    r"fortrolig|"
    r"konfidential|luottamuksell|bizalmas|gizli|εμπιστευτικ|privileged|geheim|disclaimer|保密|机密|機密|"
    r"기밀",
    re.IGNORECASE,
)
_ADDRESSEE = re.compile(
    r"intended|addressee|recipient|empf[äa]nger|adressat|destinat|адресат|получател|отримувач|"
    r"geadresseerde|"
    r"bestemd|mottag|modtager|mottaker|adresat|vastaanottaj|c[íi]mzett|al[ıi]c[ıi]|παραλήπτ|"
    r"prohibited|unbefugt|"
    r"strictly|收件人|受信者|수신",
    re.IGNORECASE,
)
_NOTICE_TITLE = re.compile(
    r"\W{0,6}(?:(?:legal |e-?mail )?disclaimer|(?:legal|confidentiality|privacy) (?:notice|note|"
    r"statement|warning)|"
    r"haftungsausschluss|rechtlicher hinweis|avis de confidentialité|aviso (?:legal|"
    r"de confidencialidad(?:e)?)|"
    r"avvertenze legali|informativa sulla privacy)\b.{0,80}",
    re.IGNORECASE,
)


def end_above_signature(lines: Sequence[str]) -> int:
    """How many lines stand above what a person or a device puts below their words."""
    end = _end_of_text(lines, len(lines))
    steps = (
        *(_above_notice, _above_device_lines, _above_frame, _above_mark),
        *(_above_device_lines, _above_contacts),
    )
    for shorten in steps:
        shorter = _end_of_text(lines, shorten(lines[:end]))
        if shorter:
            end = shorter
    return end


def is_device_line(line: str) -> bool:
    """Whether a program wrote the line: "Sent from my phone"."""
    text = bare(line)
    if not 6 <= len(text) <= LONGEST_DEVICE_LINE or _DEVICE.fullmatch(text) is None:
        return False
    return _DEVICE_NAME.search(text) is not None


def is_app_line(line: str) -> bool:
    """Whether it is the line of a mail app that puts the quote below it without any mark."""
    return "utlook" in line and _APP_LINE.match(bare(line)) is not None


def _end_of_text(lines: Sequence[str], end: int) -> int:
    while end and not lines[end - 1].strip():
        end -= 1
    return end


def _above_device_lines(lines: Sequence[str]) -> int:
    end = len(lines)
    while end and (not lines[end - 1].strip() or is_device_line(lines[end - 1])):
        end -= 1
    return end


def _above_frame(lines: Sequence[str]) -> int:
    """Cuts at a name between two lines of stars."""
    last = len(lines) - 1
    if last < 2 or _FRAME.fullmatch(lines[last][:LONGEST_MARK]) is None:
        return len(lines)
    for at in range(last - 2, max(0, last - MOST_FRAMED_LINES - 2), -1):
        if lines[at].strip() == lines[last].strip():
            return at
    return len(lines)


def _above_mark(lines: Sequence[str]) -> int:
    """Cuts at the first mark of a signature with not too much below it."""
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    below = 0
    found = len(lines)
    for at in range(len(lines) - 1, max(first, len(lines) - MOST_LINES_BELOW), -1):
        line = lines[at][:LONGEST_MARK]
        if below > MOST_SIGNATURE_LINES or line.startswith("```"):
            break
        if _is_mark(line) and below <= _room_below(line):
            found = at
        below += bool(line.strip())
    return found


def _is_mark(line: str) -> bool:
    return _DASHES.fullmatch(line) is not None or _STROKE.fullmatch(line) is not None


def _room_below(line: str) -> int:
    if _DASHES.fullmatch(line):
        return MOST_SIGNATURE_LINES
    return MOST_RULED_LINES if "_" in line else 0


def _above_contacts(lines: Sequence[str]) -> int:
    """Cuts below "Kind regards" and the name, where title, telephone and such follow them."""
    filled = [
        at for at in range(max(0, len(lines) - MOST_LINES_BELOW), len(lines)) if lines[at].strip()
    ]
    last = filled[-MOST_CONTACT_LINES:]
    for number, at in enumerate(last):
        below = last[number + 2 :]
        if len(below) >= 2 and _CLOSING.fullmatch(bare(lines[at])):
            words = [bare(lines[each]) for each in below]
            short = all(len(each) <= LONGEST_CONTACT_LINE for each in words)
            return below[0] if short and any(map(_CONTACT.search, words)) else len(lines)
    return len(lines)


def _above_notice(lines: Sequence[str]) -> int:
    """Cuts at the paragraph that says whom the mail is for and that it is secret."""
    for at in range(max(1, len(lines) - MOST_LINES_BELOW), len(lines)):
        is_start = lines[at].strip() and not lines[at - 1].strip() and not is_quoted(lines[at])
        if is_start and _is_notice(_paragraph(lines, at)):
            return at
    return len(lines)


def _is_notice(paragraph: str) -> bool:
    if _NOTICE_TITLE.match(paragraph):
        return True
    is_secret = len(paragraph) >= SHORTEST_NOTICE and _SECRECY.search(paragraph) is not None
    return is_secret and _ADDRESSEE.search(paragraph) is not None


def _paragraph(lines: Sequence[str], at: int) -> str:
    taken: list[str] = []
    for line in lines[at : at + 12]:
        if not line.strip():
            break
        taken.append(line[:500])
    return " ".join(taken)
