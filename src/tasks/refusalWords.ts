/**
 * How teachers decline and doubt in languages other than English: pieces that must come together, not whole sentences,
 * so that a row stays short. Each piece is the source of a regular expression.
 */
export interface RefusalWords {
  readonly language: string;
  /** Opens the answer: an apology, "unfortunately". */
  readonly sorry: string;
  /** Says that something cannot or will not be done. */
  readonly cannot: string;
  /** What is declined: help, answers, support. */
  readonly help: string;
  /** Asks for more or cannot tell: a hedge where the answer should be short. */
  readonly doubt: string;
}

export const refusalWords: readonly RefusalWords[] = [
  {
    language: 'de',
    sorry: 'es tut mir (?:sehr )?leid|tut mir leid|entschuldigung|leider|bedaure|bedauerlicherweise',
    cannot: '(?:kann|darf|werde|möchte) [^.!?]{0,80}?(?:nicht|keine?n?)|nicht in der lage',
    help: 'helfen|unterstützen|beantworten|weiterhelfen|bereitstellen|behilflich|anfrage|inhalte|auskunft|erfüllen|nachkommen',
    doubt:
      'können sie (?:das|bitte|mir)?[^.?]{0,30}(?:genauer|präzisieren|mehr informationen)|nicht (?:ganz |wirklich )?(?:sicher|eindeutig|klar)|lässt sich nicht (?:sagen|bestimmen|entscheiden)|(?:mehr|weitere|nähere) (?:informationen|angaben|details)|unklar',
  },
  {
    language: 'fr',
    sorry: 'je suis (?:vraiment )?désolée?|désolée?|malheureusement|je regrette|toutes mes excuses',
    cannot: "ne (?:peux|puis|pourrai|suis) pas|pas en mesure|m[’']est impossible|refuse de",
    help: 'aider|assister|répondre|fournir|demande|contenu|traiter|accéder|participer',
    doubt:
      "pourriez-vous (?:préciser|clarifier|me donner)|pouvez-vous préciser|(?:plus|davantage) (?:d[’'](?:informations?|éléments)|de (?:précisions|détails|contexte))|pas (?:tout à fait |vraiment )?(?:sûre?|certaine?|clair)|impossible de (?:dire|déterminer|trancher)|ambigu",
  },
  {
    language: 'es',
    sorry: 'lo siento|lo lamento|perdón|disculpe?|lamentablemente|desafortunadamente',
    cannot: 'no (?:puedo|podré|me es posible|estoy autorizad[oa])|me niego',
    help: 'ayudar|asistir|responder|proporcionar|solicitud|contenido|atender|cumplir|procesar',
    doubt:
      'podr[íi]a (?:usted )?(?:aclarar|precisar|especificar|darme)|más (?:información|detalles|contexto)|no (?:estoy|está) (?:del todo |muy )?(?:segur[oa]|clar[oa])|no (?:es posible|se puede) (?:determinar|decidir|saber)|ambigu[oa]',
  },
  {
    language: 'it',
    sorry: 'mi dispiace|mi scuso|spiacente|purtroppo|sono desolat[oa]',
    cannot: 'non (?:posso|potrò|sono in grado|mi è possibile)|devo rifiutare',
    help: 'aiutar|assister|rispondere|fornire|richiesta|contenut|soddisfare|elaborare',
    doubt:
      'potrebbe (?:chiarire|precisare|specificare|fornire)|(?:più|ulteriori|maggiori) (?:informazioni|dettagli)|non (?:sono|è) (?:del tutto |molto )?(?:sicur[oa]|chiar[oa])|non è possibile (?:determinare|stabilire|dire)|ambigu[oa]',
  },
  {
    language: 'pt',
    sorry: 'desculpe?|sinto muito|lamento|infelizmente|peço desculpas?',
    cannot: 'não (?:posso|consigo|poderei|estou autorizad[oa]|me é possível)',
    help: 'ajudar|auxiliar|responder|fornecer|pedido|solicitação|conteúdo|atender|processar',
    doubt:
      'poderia (?:esclarecer|especificar|fornecer)|mais (?:informaç(?:ão|ões)|detalhes|contexto)|não (?:tenho certeza|está claro|sei ao certo)|não é possível (?:determinar|dizer|saber)|ambígu[oa]',
  },
  {
    language: 'nl',
    sorry: 'sorry|het spijt me|helaas|mijn excuses',
    cannot: '(?:kan|mag|zal|wil) [^.!?]{0,80}?(?:niet|geen)|niet in staat',
    help: 'helpen|ondersteunen|beantwoorden|verzoek|inhoud|assisteren|voldoen|verstrekken',
    doubt:
      'kunt u (?:dat |dit )?(?:verduidelijken|toelichten|aangeven)|meer (?:informatie|details|context)|niet (?:helemaal |echt )?(?:zeker|duidelijk)|niet te (?:bepalen|zeggen)|onduidelijk',
  },
  {
    language: 'pl',
    sorry: 'przepraszam|przykro mi|niestety',
    cannot: 'nie (?:mogę|jestem w stanie|wolno mi|będę)',
    help: 'pomóc|pomagać|odpowiedzieć|udzielić|dostarczyć|prośb|treści|spełnić|zrealizować',
    doubt:
      'czy (?:może|mógłby|mogłaby)[^.?]{0,30}(?:doprecyzować|wyjaśnić|podać)|więcej (?:informacji|szczegółów)|nie (?:jestem|mam) (?:pewien|pewna|pewności)|nie (?:można|da się) (?:określić|stwierdzić)|niejasne',
  },
  {
    language: 'cs',
    sorry: 'omlouvám se|je mi líto|bohužel|promiňte',
    cannot: 'nemohu|nemůžu|nejsem schopen|nesmím',
    help: 'pomoci|pomoct|odpovědět|poskytnout|žádost|obsah|vyhovět',
    doubt:
      'můžete (?:prosím )?upřesnit|více (?:informací|podrobností)|nejsem si (?:zcela )?jist|nelze (?:určit|říci)|nejasné',
  },
  {
    language: 'sv, da, no',
    sorry: 'tyvärr|förlåt|jag beklagar|beklager|jeg beklager|desværre|undskyld|dessverre',
    cannot: 'kan (?:jag |jeg )?(?:tyvärr |desværre |dessverre )?(?:inte|ikke)|får (?:inte|ikke)|må (?:ikke)',
    help: 'hjälpa|hjælpe|hjelpe|svara|svare|begäran|anmodning|forespørsel|innehåll|indhold|innhold|bistå',
    doubt:
      'kan du (?:förtydliga|specificera|præcisere|uddybe|presisere|utdype)|(?:mer|mere) information|(?:inte|ikke) (?:helt )?(?:säker|klart|sikker)|oklart|uklart',
  },
  {
    language: 'fi',
    sorry: 'pahoittelen|anteeksi|valitettavasti',
    cannot: 'en (?:voi|pysty|saa)',
    help: 'auttaa|vastata|tarjota|pyyntö|sisältö|toteuttaa',
    doubt: 'voisitko (?:tarkentaa|selventää)|lisätietoja|en ole (?:aivan )?varma|epäselvä',
  },
  {
    language: 'hu',
    sorry: 'sajnálom|elnézést|sajnos|bocsánat',
    cannot: 'nem (?:tudok|tudom|segíthetek|áll módomban|tehetem)',
    help: 'segít|válaszol|kérés|tartalm|teljesít',
    doubt: 'tudná pontosítani|több információ|nem vagyok (?:teljesen )?biztos|nem egyértelmű',
  },
  {
    language: 'ro',
    sorry: 'îmi pare rău|din păcate|scuze|regret',
    cannot: 'nu (?:pot|voi putea|îmi este permis|sunt în măsură)',
    help: 'ajut|răspun|ofer|cerer|solicit|conținut',
    doubt:
      'ați putea (?:clarifica|preciza)|mai multe (?:informații|detalii)|nu sunt (?:foarte )?sigur|neclar|ambiguu',
  },
  {
    language: 'el',
    sorry: 'λυπάμαι|συγγνώμη|δυστυχώς',
    cannot: 'δεν (?:μπορώ|είμαι σε θέση|επιτρέπεται)',
    help: 'βοηθήσω|απαντήσω|αίτημα|παρέχω|περιεχόμενο',
    doubt:
      'μπορείτε να (?:διευκρινίσετε|εξηγήσετε)|περισσότερες (?:πληροφορίες|λεπτομέρειες)|δεν είμαι σίγουρ|ασαφ',
  },
  {
    language: 'ru, uk',
    sorry: 'извините|простите|к сожалению|мне жаль|прошу прощения|вибачте|на жаль|перепрошую|мені шкода',
    cannot: 'не (?:могу|смогу|вправе|буду|можу|зможу)|не в состоянии|не маю змоги',
    help: 'помо[чг]|отве[чт]|предостав|запрос|содержан|выполн|допомог|відпов|надат|запит|вміст|викона',
    doubt:
      '(?:уточните|поясните|уточніть|поясніть)|больше (?:информации|сведений)|більше (?:інформації|відомостей)|не (?:совсем |зовсім )?(?:уверен|ясно|впевнен|зрозуміло)|(?:невозможно|неможливо) (?:определить|сказать|визначити|сказати)|неоднозначн',
  },
  {
    language: 'tr',
    sorry: 'üzgünüm|özür dilerim|maalesef|kusura bakmayın',
    cannot: 'edemem|edemiyorum|olamam|olamıyorum|veremem|veremiyorum|yapamam|yapamıyorum|mümkün değil',
    help: 'yardım|cevap|yanıt|istek|isteğ|talep|taleb|içeri[kğ]|bilgi',
    doubt: 'açıklar mısınız|netleştirir misiniz|daha fazla (?:bilgi|ayrıntı)|emin değilim|belirsiz|net değil',
  },
  {
    language: 'zh',
    sorry: '(?:很|非常|十分)?抱歉|对不起|對不起|不好意思|很遗憾|很遺憾',
    cannot: '无法|無法|不能|不可以|不便|没有办法|沒有辦法|拒绝',
    help: '提供|帮助|幫助|协助|協助|回答|满足|滿足|处理|處理|完成|讨论|討論|生成|请求|請求|支持',
    doubt:
      '请(?:您)?(?:提供|补充|说明|澄清)|請(?:您)?(?:提供|補充|說明|澄清)|更多(?:信息|資訊|细节|背景)|不(?:太)?(?:确定|確定|清楚|明确)|无法(?:判断|确定|得知)|無法(?:判斷|確定)|(?:含义|意思)?(?:模糊|不明)',
  },
  {
    language: 'ja',
    sorry:
      '(?:大変)?申し訳(?:ございません|ありません|ない)|すみません|恐れ入りますが|ごめんなさい|残念ながら',
    cannot: 'できません|できかねます|いたしかねます|しかねます|できない|お断り',
    help: 'お手伝い|お答え|回答|対応|提供|お応え|ご要望|リクエスト|支援|生成',
    doubt:
      '(?:詳しく|具体的に|もう少し)(?:教えて|お聞かせ|ご説明)|詳細を(?:教えて|お知らせ|ご提供)|情報が(?:不足|足り)|(?:はっきり|断定|判断|判定|特定)(?:でき(?:ません|ない|かねます)|しません)|不明(?:です|確)|あいまい|曖昧',
  },
  {
    language: 'ko',
    sorry: '죄송(?:합니다|하지만)|미안(?:합니다|하지만)|유감스럽지만|안타깝게도',
    cannot: '없습니다|수 없어요|어렵습니다|불가능합니다|않겠습니다',
    help: '도와|도움|답변|제공|요청|처리|지원|응할|생성',
    doubt:
      '(?:자세히|구체적으로) (?:알려|설명)|추가 정보|더 많은 정보|확실하지 않|불분명|명확하지 않|판단할 수 없',
  },
];
