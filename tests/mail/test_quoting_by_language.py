"""The ways in which mail programs introduce a quote, language by language."""

import pytest

from ticketyard.mail.answers.quoting import reply_text

ANSWER = "The printer on floor two works again.\nThank you, Rita"

# As the programs write them; only names and days are ours.
INTRODUCTIONS = [
    "On Thu, Mar 23, 2023 at 11:30 AM Ana Bo <ana@desk.example> wrote:",
    "On 23 Mar 2023, at 11:30, Ana Bo <ana@desk.example> wrote:",
    "On Thu, 23 Mar 2023 11:30:05 +0100\nAna Bo <ana@desk.example> wrote:",
    "On Thursday, March 23, 2023 at 11:30:12 AM GMT+1, Ana Bo via Desk Of The Longest Name\n"
    "<ana@desk.example> wrote:",
    "On 3/23/2023 11:30 AM, Ana Bo wrote:",
    "Ana Bo <ana@desk.example> writes:",
    "Ana Bo wrote on 23.03.2023 11:30:",
    "---- On Thu, 23 Mar 2023 11:30:05 +0100 Ana Bo <ana@desk.example> wrote ----",
    "------- Original Message -------\n"
    "On Thursday, March 23rd, 2023 at 11:30, Ana Bo <ana@desk.example> wrote:",
    "Am 23.03.2023 um 11:30 schrieb Ana Bo:",
    "Am Do., 23. März 2023 um 11:30 Uhr schrieb Ana Bo <ana@desk.example>:",
    "Ana Bo <ana@desk.example> schrieb am Do., 23. März\n2023, 11:30:",
    "Gesendet: Donnerstag, 23. März 2023 um 11:30 Uhr\n"
    'Von: "Ana Bo" <ana@desk.example>\nAn: rita@customer.example\n'
    "Betreff: Drucker",
    "Le jeu. 23 mars 2023 à 11:30, Ana Bo <ana@desk.example> a écrit :",
    "Le 23/03/2023 à 11:30, Ana Bo a écrit :",
    "El jue, 23 mar 2023 a las 11:30, Ana Bo (<ana@desk.example>) escribió:",
    "El 23/3/23 a las 11:30, Ana Bo escribió:",
    "Il giorno gio 23 mar 2023 alle ore 11:30 Ana Bo <ana@desk.example> ha scritto:",
    "Il 23/03/2023 11:30, Ana Bo ha scritto:",
    "Em qui., 23 de mar. de 2023 às 11:30, Ana Bo <ana@desk.example>\nescreveu:",
    "No dia 23/03/2023, às 11:30, Ana Bo <ana@desk.example> escreveu:",
    "Missatge de Ana Bo <ana@desk.example> del dia dj., 23 de març 2023 a les 11:30:",
    "Op do 23 mrt 2023 om 11:30 schreef Ana Bo <ana@desk.example>:",
    "Op 23 mrt. 2023 om 11:30 heeft Ana Bo <ana@desk.example> het volgende geschreven:",
    "Den tors. 23. mar. 2023 kl. 11.30 skrev Ana Bo <ana@desk.example>:",
    "tor. 23. mar. 2023 kl. 11:30 skrev Ana Bo <ana@desk.example>:",
    "Den tors 23 mars 2023 kl 11:30 skrev Ana Bo <ana@desk.example>:",
    "23 mars 2023 kl. 11:30 skrev Ana Bo <ana@desk.example>:",
    "to 23. maalisk. 2023 klo 11.30 Ana Bo (ana@desk.example) kirjoitti:",
    "Kontakt Ana Bo (<ana@desk.example>) kirjutas kuupäeval N, 23. märts 2023 kell 11:30:",
    "ceturtd., 2023. g. 23. marts, plkst. 11:30 — lietotājs Ana Bo (<ana@desk.example>) rakstīja:",
    "2023-03-23, kt, 11:30 Ana Bo <ana@desk.example> rašė:",
    "czw., 23 mar 2023 o 11:30 Ana Bo <ana@desk.example> napisał(a):",
    "W dniu 23.03.2023 o 11:30, Ana Bo pisze:",
    "Wiadomość napisana przez Ana Bo <ana@desk.example> w dniu 23.03.2023, o godz. 11:30:",
    "čt 23. 3. 2023 v 11:30 odesílatel Ana Bo <ana@desk.example> napsal:",
    "Dne 23.03.2023 v 11:30 Ana Bo napsal(a):",
    "št 23. 3. 2023 o 11:30 Ana Bo <ana@desk.example> napísal(a):",
    "Ana Bo <ana@desk.example> ezt írta (időpont: 2023. márc. 23., Cs, 11:30):",
    "2023. 03. 23. 11:30 keltezéssel, Ana Bo írta:",
    "În joi, 23 mar. 2023 la 11:30, Ana Bo <ana@desk.example> a scris:",
    "čet, 23. ožu 2023. u 11:30 Ana Bo <ana@desk.example> napisao je:",
    "V V čet., 23. mar. 2023 ob 11:30 je oseba Ana Bo <ana@desk.example> napisala:",
    "чт, 23 мар. 2023 г. в 11:30, Ana Bo <ana@desk.example>:",
    '23.03.2023, 11:30, "Ana Bo" <ana@desk.example>:',
    "23 марта 2023 г., в 11:30, Ana Bo <ana@desk.example> написал(а):",
    "Четверг, 23 марта 2023, 11:30 +03:00 от Ana Bo <ana@desk.example>:",
    "23.03.2023 11:30, Ana Bo пишет:",
    "чт, 23 бер. 2023 р. о 11:30 Ana Bo <ana@desk.example> пише:",
    "На чт, 23.03.2023 г. в 11:30 Ana Bo <ana@desk.example> написа:",
    "чет, 23. мар 2023. у 11:30 Ana Bo <ana@desk.example> је написао/ла:",
    "2023 ж. 23 нау., бс 11:30 Ana Bo <ana@desk.example> былай деп жазды:",
    "Στις Πέμ 23 Μαρ 2023 στις 11:30 π.μ., ο χρήστης Ana Bo <ana@desk.example>\nέγραψε:",
    "Ana Bo <ana@desk.example>, 23 Mar 2023 Per, 11:30 tarihinde şunu yazdı:",
    "Vào Th 5, 23 thg 3, 2023 vào lúc 11:30 Ana Bo <ana@desk.example> đã viết:",
    "Pada tanggal Kam, 23 Mar 2023 pukul 11.30 Ana Bo <ana@desk.example> menulis:",
    "เมื่อ พฤ. 23 มี.ค. 2023 เวลา 11:30 Ana Bo <ana@desk.example> เขียนว่า:",
    "Ana Bo <ana@desk.example> 于2023年3月23日周四 11:30写道：",
    "在 2023年3月23日，上午11:30，Ana Bo <ana@desk.example> 写道：",
    "Ana Bo <ana@desk.example> 於 2023年3月23日 週四 上午11:30寫道：",
    "2023年3月23日(木) 11:30 Ana Bo <ana@desk.example>:",
    "2023/03/23 11:30、Ana Bo <ana@desk.example>のメール:",
    "2023년 3월 23일 (목) 오전 11:30, Ana Bo <ana@desk.example>님이 작성:",
    "‫בתאריך יום ה׳, 23 במרץ 2023 ב-11:30 מאת ‪Ana Bo‬‏ <‪ana@desk.example‬‏>:‬",
    "في الخميس، 23 مارس 2023 في 11:30 ص تمت كتابة ما يلي بواسطة Ana Bo <ana@desk.example>:",
]

BLOCKS = [
    "From: Ana Bo <ana@desk.example>\nSent: Thursday, March 23, 2023 11:30 AM\nTo: Rita\nSubject: Printer",
    "From: Bo, Ana\nSent: Thursday, March 23, 2023 11:30 AM\nTo: Rios, Rita\nSubject: Printer",
    "*From:* Ana Bo [mailto:ana@desk.example]\n*Sent:* Thursday\n*To:* Rita\n*Subject:* Printer",
    "From:\tAna Bo <ana@desk.example>\nTo:\trita@customer.example\nDate:\t23.03.2023 11:30\nSubject:\tPrinter",
    "-----Original Message-----\nFrom: Ana Bo\nTo: Rita",
    "________________________________\nFrom: Ana Bo <ana@desk.example>\nSent: 23 March 2023 11:30\nTo: Rita",
    "Von: Ana Bo <ana@desk.example>\nGesendet: Donnerstag, 23. März 2023 11:30\nAn: Rita\nBetreff: Drucker",
    "-----Ursprüngliche Nachricht-----\nVon: Ana Bo\nGesendet: gestern\nAn: Rita",
    "De : Ana Bo <ana@desk.example>\nEnvoyé : jeudi 23 mars 2023 11:30\nÀ : Rita\nObjet : Imprimante",
    "De: Ana Bo <ana@desk.example>\nEnviado el: jueves, 23 de marzo de 2023 11:30"
    "\nPara: Rita\nAsunto: Impresora",
    "De: Ana Bo <ana@desk.example>\nEnviada em: quinta-feira, 23 de março de 2023 11:30"
    "\nPara: Rita\nAssunto: Tinta",
    "Da: Ana Bo <ana@desk.example>\nInviato: giovedì 23 marzo 2023 11:30\nA: Rita\nOggetto: Stampante",
    "Van: Ana Bo <ana@desk.example>\nVerzonden: donderdag 23 maart 2023 11:30\nAan: Rita\nOnderwerp: Printer",
    "Fra: Ana Bo <ana@desk.example>\nSendt: 23. marts 2023 11:30\nTil: Rita\nEmne: Printer",
    "Från: Ana Bo <ana@desk.example>\nSkickat: den 23 mars 2023 11:30\nTill: Rita\nÄmne: Skrivare",
    "Lähettäjä: Ana Bo <ana@desk.example>\nLähetetty: torstai 23. maaliskuuta 2023 11.30"
    "\nVastaanottaja: Rita\nAihe: T",
    "Od: Ana Bo <ana@desk.example>\nWysłano: czwartek, 23 marca 2023 11:30\nDo: Rita\nTemat: Drukarka",
    "Od: Ana Bo <ana@desk.example>\nOdesláno: čtvrtek 23. března 2023 11:30\nKomu: Rita\nPředmět: Tiskárna",
    "Feladó: Ana Bo <ana@desk.example>\nElküldve: 2023. március 23. 11:30\nCímzett: Rita\nTárgy: Nyomtató",
    "De la: Ana Bo <ana@desk.example>\nTrimis: joi, 23 martie 2023 11:30\nCătre: Rita\nSubiect: Imprimantă",
    "От: Ana Bo <ana@desk.example>\nОтправлено: 23 марта 2023 г. 11:30\nКому: Rita\nТема: Принтер",
    "Від: Ana Bo <ana@desk.example>\nНадіслано: 23 березня 2023 р. 11:30\nКому: Rita\nТема: Принтер",
    "От: Ana Bo <ana@desk.example>\nИзпратено: 23 март 2023 г. 11:30\nДо: Rita\nОтносно: Принтер",
    "Kimden: Ana Bo <ana@desk.example>\nGönderildi: 23 Mart 2023 11:30\nKime: Rita\nKonu: Yazıcı",
    "Από: Ana Bo <ana@desk.example>\nΣτάλθηκε: Πέμπτη, 23 Μαρτίου 2023 11:30\nΠρος: Rita\nΘέμα: Εκτυπωτής",
    "发件人: Ana Bo <ana@desk.example>\n发送时间: 2023年3月23日 11:30\n收件人: Rita\n主题: 打印机",
    "寄件者: Ana Bo <ana@desk.example>\n寄件日期: 2023年3月23日 11:30\n收件者: Rita\n主旨: 印表機",
    "差出人: Ana Bo <ana@desk.example>\n送信日時: 2023年3月23日 11:30\n宛先: Rita\n件名: プリンター",
    "보낸 사람: Ana Bo <ana@desk.example>\n보낸 날짜: 2023년 3월 23일 11:30\n받는 사람: Rita\n제목: 프린터",
    "מאת: Ana Bo <ana@desk.example>\nנשלח: יום חמישי 23 מרץ 2023 11:30\nאל: Rita\nנושא: מדפסת",
    "من: Ana Bo <ana@desk.example>\nأُرسلت: 23 مارس 2023 11:30\nإلى: Rita\nالموضوع: طابعة",
    "Kimden: Ana Bo\nGönderme Tarihi: 23 Mart 2023\nKime: Rita\nKonu: Yazıcı",
    "Кімнен: Ana Bo <ana@desk.example>\nЖіберілді: 23 наурыз 2023 ж. 11:30\nКімге: Rita\nТақырып: Принтер",
    "Từ: Ana Bo <ana@desk.example>\nĐã gửi: 23 Tháng Ba 2023 11:30\nĐến: Rita\nChủ đề: Máy in",
]

DEVICES = [
    "Sent from my iPhone",
    "Sent from my Galaxy S23, please excuse typos",
    "Sent via BlackBerry",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Von meinem iPhone gesendet",
    "Gesendet von Mail für Windows",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Sendt fra min iPhone",
    "Skickat från min iPhone",
    "Lähetetty iPhonesta",
    "Wysłane z iPhone'a",
    "Odesláno z iPhonu",
    "iPhone-ról küldve",
    "Trimis de pe iPhone",
    "iPhone'umdan gönderildi",
    "Отправлено с iPhone",
    "Отправлено из мобильной Почты Mail.ru",
    "Надіслано з iPhone",
    "Изпратено от моя iPhone",
    "iPhone құрылғымнан жіберілді",
    "Στάλθηκε από το iPhone μου",
    "发自我的 iPhone",
    "從我的 iPhone 傳送",
    "iPhoneから送信",
    "나의 iPhone에서 보냄",
    "נשלח מה-iPhone שלי",
    "أُرسلت من الـ iPhone",
    "Đã gửi từ iPhone của tôi",
    "Dikirim dari iPhone saya",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
@pytest.mark.parametrize(
    "quote", ["> Does the printer\n> work again?", "Does the printer\nwork again?"]
)
def test_what_follows_an_introduction_is_left_out(introduction: str, quote: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{introduction}\n\n{quote}\n") == ANSWER


@pytest.mark.parametrize("block", BLOCKS)
def test_what_follows_a_block_of_headers_is_left_out(block: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{block}\n\nDoes the printer work again?\n") == ANSWER


@pytest.mark.parametrize("line", DEVICES)
def test_the_line_of_a_device_is_left_out(line: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{line}\n") == ANSWER
