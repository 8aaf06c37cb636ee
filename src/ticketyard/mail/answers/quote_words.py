"""Pure: the words by which mail programs introduce a quote, in the languages they speak."""

# What stands for "wrote" at or near the end of "On Monday, Ana wrote:".
WROTE = (
    "wrote|writes|has written|schrieb|schreibt|geschrieben|a [ée]crit|[ée]crit|escribi[óo]|escribe|"
    "ha escrito|va escriure|ha escrit|escribiu|ha scritto|scritto|scrive|scrisse|escreveu|"
    "schreef|geschreven|schrijft|skrev|skrifaði|kirjoitti|kirjutas|rakst[īi]ja|raš[ėe]|"
    r"napisa[łl]\(?a?\)?|pisze|napisał/a|napsala?|napsal\(a\)|napísala?|napísal\(a\)|p[íi]še|"
    r"napisao|napisala|je napisal\(a\)|je pisao|[íi]rta|a scris|scris|"
    r"написал\(?а?\)?|писал\(?а?\)?|пишет|написа|написав|написала|писав|пише|написао|напіса[ўл]а?|"
    "напиша|έγραψε|έγραψαν|şunları yazdı|şunu yazdı|yazdı|yazmış|đã viết|viết|menulis|berkata|"
    "เขียน|เขียนว่า|写道|寫道|写到|写|書きました|書き込みました|のメール|작성|썼습니다|님이 작성|"
    "כתב|כתבה|מאת|كتب|كتبت|نوشت|ने लिखा|жазды|жазған|geskryf|aliandika|scríobh|idatzi du|shkroi"
)

# What "On" is in "On Monday, Ana wrote:" (a line that begins with it may introduce a quote).
ON = (
    "on|at|am|le|el|il giorno|il|in data|em|no dia|a|op|den|på|d\\.|dne|dňa|dnia|w dniu|pe|"
    "în data|la|"
    "ti|em|op|vào|pada|pada tanggal|στις|την|в|на|у|во|dana|u|az|kuupäeval|在|于|於|il giorno|a les|"
    "tarihinde|à|ma|nel giorno|datum|ngày|เมื่อ|בתאריך|في|ב"
)

# What begins "Quoting Ana <ana@desk.example>:".
QUOTING = (
    "quoting|zitat von|zitiere|citando(?: a)?|citazione di|citation de|citação de|cita de|citeren|"
    "citaat van|cytat|cytowanie|citát|citace|citerar|citat från|citat fra|citerer|idézet|lainaus|"
    "цитирую|цитата|цитую"
)

# A line of these words between dashes starts the quoted or forwarded message.
ORIGINAL = (
    "original message|original appointment|original mail|original e-?mail|original text|"
    "reply message|reply separator|previous message|"
    "urspr[üu]ngliche nachricht|originalnachricht|original-nachricht|originalmeldung|"
    "message d['’]origine|message original|message initial|courriel original|"
    "mensaje original|correo original|missatge original|mensaxe orixinal|"
    "messaggio originale|messaggio originario|mensagem original|"
    "oorspronkelijk bericht|origineel bericht|origineel e-?mailbericht|"
    "oprindelig meddelelse|oprindelig besked|original meddelelse|opprinnelig melding|"
    "opprinnelig e-?post|ursprungligt meddelande|ursprungligt e-?postmeddelande|originalmeddelande|"
    "alkuper[äa]inen viesti|algne kiri|algne s[õo]num|s[āa]kotn[ēe]jais zi[ņn]ojums|"
    "originalus laiškas|pradinis pranešimas|"
    "wiadomo[śs][ćc] oryginalna|oryginalna wiadomo[śs][ćc]|wiadomo[śs][ćc] pierwotna|"
    "p[ůu]vodn[íi] zpr[áa]va|p[ôo]vodn[áa] spr[áa]va|eredeti [üu]zenet|eredeti lev[ée]l|"
    "mesaj original|mesajul original|izvorna poruka|originalna poruka|izvorno sporo[čc]ilo|"
    "исходное сообщение|оригинальное сообщение|исходное письмо|первоначальное сообщение|"
    "оригінальне повідомлення|вихідне повідомлення|початкове повідомлення|"
    "оригинално съобщение|първоначално съобщение|оригинална порука|изворна порука|"
    "бастапқы хабар|түпнұсқа хабар|зыходнае паведамленне|"
    "αρχικό μήνυμα|πρωτότυπο μήνυμα|özgün ileti|orijinal ileti|orijinal mesaj|asıl ileti|"
    "tin nhắn gốc|thư gốc|thư ban đầu|pesan asli|pesan orisinal|mesej asal|"
    "原始邮件|原始郵件|原邮件|原郵件|原始訊息|原始信息|原始消息|元のメッセージ|元のメール|オリジナルメッセージ|"
    "원본 메시지|원본 메일|원래 메시지|הודעה מקורית|הודעת מקור|الرسالة الأصلية|رسالة أصلية|"
    "پیام اصلی|मूल संदेश|ข้อความต้นฉบับ|ต้นฉบับ"
)

FORWARDED = (
    "forwarded message|forwarded by .{1,80}|begin forwarded message|start of forwarded message|"
    "weitergeleitete nachricht|anfang der weitergeleiteten (?:nachricht|e-?mail)|"
    "weitergeleitet von .{1,80}|"
    "message transf[ée]r[ée]|message transmis|d[ée]but du message (?:transf[ée]r[ée]|"
    "r[ée]exp[ée]di[ée])|"
    "mensaje reenviado|inicio del mensaje reenviado|missatge reenviat|"
    "messaggio inoltrato|inizio messaggio inoltrato|messaggio inoltrato da .{1,80}|"
    "mensagem encaminhada|mensagem reencaminhada|in[íi]cio da mensagem (?:encaminhada|"
    "reencaminhada)|"
    "doorgestuurd bericht|begin doorgestuurd bericht|"
    "videresendt meddelelse|videresendt besked|videresendt melding|start på videresendt besked|"
    "videresendt e-?post|vidarebefordrat meddelande|vidarebefordrat mail|vidarebefordrat brev|"
    "v[äa]litetty viesti|edasi saadetud kiri|p[āa]rs[ūu]t[īi]ts zi[ņn]ojums|persiųstas laiškas|"
    "wiadomo[śs][ćc] przekazana|przekazana wiadomo[śs][ćc]|treść przekazanej wiadomości|"
    "p[řr]eposlan[áa] zpr[áa]va|p[ůu]vodn[íi] e-?mail|preposlan[áa] spr[áa]va|"
    "tov[áa]bb[íi]tott [üu]zenet|"
    "mesaj redirec[țt]ionat|mesaj [îi]nainta?t|proslije[đd]ena poruka|prosle[đd]ena poruka|"
    "posredovano sporo[čc]ilo|"
    "пересылаемое сообщение|пересланное сообщение|начало переадресованного сообщения|"
    "начало пересылаемого сообщения|"
    "перенаправленное сообщение|переслане повідомлення|початок листа, що пересилається|"
    "препратено съобщение|прослеђена порука|қайта жіберілген хабар|"
    "προωθημένο μήνυμα|προωθούμενο μήνυμα|iletilmiş mesaj|yönlendirilen ileti|iletilen mesaj|"
    "tin nhắn đã chuyển tiếp|thư được chuyển tiếp|pesan terusan|pesan yang diteruskan|"
    "mesej dimajukan|"
    "转发的邮件|轉寄的郵件|转发邮件信息|已转发邮件|轉寄郵件|"
    "転送されたメッセージ|転送メッセージ|전달된 메시지|전달된 메일|"
    "הודעה שהועברה|הודעה מועברת|رسالة مُعاد توجيهها|الرسالة المعاد توجيهها|رسالة محولة"
)

# The fields of the block that Outlook and its kin put before a quote, by what they tell.
LABELS: dict[str, str] = {
    "from": (
        "from|von|absender|de|desde|remitente|da|van|afzender|fra|från|lähettäjä|saatja|kellelt|"
        "no|nuo|"
        "od|nadawca|odesílatel|feladó|expeditor|de la|от|отправитель|від|відправник|од|ад|кімнен|"
        "жіберуші|"
        "από|αποστολέας|kimden|gönderen|từ|người gửi|dari|daripada|发件人|發件人|寄件者|寄件人|差出人|送信者|"
        "보낸 사람|보낸사람|발신|발신자|מאת|من|از|จาก|प्रेषक|expéditeur|mittente|remetente|frá|šalje|pošiljatelj"
    ),
    "date": (
        "sent|date|sent on|sent at|received|gesendet|gesendet am|datum|envoyé|envoyé le|message du|"
        "message from|messaggio del|mensaje del|nachricht vom|"
        "date d'envoi|date d’envoi|enviado|"
        "enviado el|enviado em|fecha|data|enviada|enviada em|enviat|inviato|data invio|verzonden|"
        "verzonden op|sendt|"
        "dato|skickat|skickades|lähetetty|päivämäärä|päiväys|saadetud|kuupäev|nosūtīts|datums|"
        "išsiųsta|"
        "wysłano|wysłane|data wysłania|odesláno|odoslané|dátum|elküldve|küldve|trimis|poslano|"
        "poslato|"
        "отправлено|дата|дата отправки|надіслано|відправлено|изпратено|послато|адпраўлена|"
        "жіберілді|күні|"
        "στάλθηκε|ημερομηνία|gönderildi|gönderme tarihi|tarih|đã gửi|ngày|ngày gửi|dikirim|"
        "terkirim|tanggal|dihantar|tarikh|"
        "发送时间|發送時間|时间|日期|寄件日期|傳送時間|日時|送信日時|送信|보낸 날짜|날짜|보낸 시간|발송일|"
        "נשלח|תאריך|التاريخ|أُرسلت|تاريخ الإرسال|تم الإرسال|تاریخ|วันที่|ส่งเมื่อ|दिनांक|dags"
    ),
    "to": (
        "to|an|empfänger|à|a|para|per a|aan|til|till|vastaanottaja|kellele|saaja|kam|do|komu|pro|"
        "címzett|"
        "către|catre|za|prima|кому|до|получатель|до кого|до|за|каму|кімге|προς|kime|alıcı|đến|tới|"
        "người nhận|"
        "kepada|untuk|ke|收件人|收件者|宛先|받는 사람|받는사람|수신|수신자|אל|إلى|الى|به|ถึง|प्रति|kam|adresāts|"
        "destinataire|destinatario|destinatário|ontvanger|modtager|mottaker|mottagare|adresat|k"
    ),
    "cc": (
        "cc|bcc|kopie|kopi|copie|copia|cópia|c.c.|kopia|kopio|koopia|másolatot kap|másolat|"
        "в копии|копия|"
        "копія|copie à|κοιν|κοινοποίηση|bilgi|抄送|副本|참조|עותק|نسخة إلى|สำเนา|dw|udw|kópia|dk|hk"
    ),
    "subject": (
        "subject|betreff|thema|objet|sujet|asunto|assunto|assumpte|oggetto|onderwerp|emne|ämne|aihe|"
        "teema|"
        "tēma|temats|tema|temat|předmět|predmet|tárgy|subiect|тема|предмет|относно|тақырып|"
        "тақырыбы|θέμα|"
        "konu|chủ đề|tiêu đề|subjek|perihal|subyek|主题|主題|主旨|件名|제목|נושא|الموضوع|موضوع|เรื่อง|"
        "หัวเรื่อง|विषय|efni"
    ),
    "reply_to": (
        "reply-to|reply to|antwort an|répondre à|responder a|responder para|risposta|rispondi a|"
        "beantwoorden|svar til|"
        "svara till|vastausosoite|odpowiedz do|odpowiedź do|odpovědět|válaszcím|ответить|"
        "кому ответить|返信先|回复|회신"
    ),
    "other": (
        "importance|priority|wichtigkeit|priorität|attachments|anlagen|anhänge|organization|"
        "organisation|"
        "pièces jointes|importancia|importance|priorité|allegati|anexos|bijlagen|newsgroups|"
        "resent-from|"
        "важность|вложения|załączniki|ważność|prioritet|prioridade|mailing list|list|"
        "x-[a-z-]{1,30}|size"
    ),
}

# "Reply above this line", ours and that of other desks.
ABOVE = (
    r"(?:please )?(?:(?:type|write|enter|add|put) )?(?:your )?(?:reply|respond|response|answer|comment)s?\b"
    r".{0,30}\babove\b(?: (?:this|the|here|dash).{0,30}|\W{0,12}$)|"
    r"(?:antwort|antworten|bitte).{0,40}\b(?:oberhalb|[üu]ber)\b.{0,20}(?:linie|zeile).{0,30}|"
    r"(?:r[ée]pon|[ée]cri|saisi|tap|veuillez).{0,50}(?:au[- ]dessus|ci-dessus).{0,30}|"
    r"(?:respond|escrib|responda|escreva|por favor|digite).{0,50}(?:por encima|encima|acima|"
    r"arriba).{0,30}|"
    r"(?:rispond|scriv|inserisci|si prega).{0,50}(?:sopra|al di sopra).{0,30}|"
    r"(?:antwoord|reageer|typ|beantwoord|plaats|gelieve).{0,50}boven (?:deze|de) (?:lijn|regel|"
    r"streep).{0,20}|"
    r"(?:svar|skriv|besvar).{0,50}(?:over|ovenfor|ovanför|ovan) (?:denne|den här|denna|linjen|"
    r"raden|stregen).{0,20}|"
    r"(?:kirjoita|vastaa).{0,50}(?:yläpuolelle|rivin yläpuol).{0,20}|"
    r"(?:odpowied|napisz|prosz[ęe]|wpisz).{0,50}(?:powy[żz]ej|nad t[ąa]).{0,20}|"
    r"(?:odpov|pros[íi]m|napi[šs]te).{0,50}nad (?:tento|t[ií]mto|touto|tuto|tuto).{0,20}|"
    r"(?:v[áa]lasz|k[ée]rj[üu]k).{0,50}(?:f[öo]l[ée]|felett?).{0,20}|"
    r"(?:ответ|пиш|напиш|введите|пожалуйста).{0,50}(?:выше|над) (?:этой|этого|данной|линии|"
    r"черт).{0,20}|"
    r"(?:відпові|пиш|напиш|введіть|будь ласка).{0,50}(?:вище|над) (?:ц|лін).{0,20}|"
    r"(?:жауап).{0,40}(?:жоғары|үстіне).{0,20}|"
    r"(?:yan[ıi]t|l[üu]tfen|cevap).{0,50}(?:[üu]st[üu]ne|[üu]zerine|yukar).{0,20}|"
    r".{0,20}(?:请在此行上方|请在.{0,6}上方回复|在此行以上|この行より上|この線より上|이 줄 위에).{0,30}"
)
