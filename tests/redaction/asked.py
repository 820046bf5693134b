"""Sentences in which the benchmark hides personal data; none of them teaches the tagger (see `taught`)."""

# ruff: noqa: E501 - a pattern or a sentence broken in two is harder to read
from __future__ import annotations

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "zh", "ja")

# Language, kind, sentences; {x} is the entity. "titled" is a surname after a form of address.
CARRIERS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "name": (
            "I ordered the lamp under the name {x} last week.",
            "My colleague {x} never got a confirmation.",
            "It was {x} who signed for the parcel, not me.",
            "The lamp is broken. Please help.\n\nBest,\n{x}",
        ),
        "titled": ("The invoice should be made out to Mrs. {x}, not to me.", "Dear Mr {x}, where is my refund?"),
        "address": (
            "Please send the new one to {x}.",
            "We moved last month and now live at {x}, so the old label is wrong.",
            "Delivery address: {x}",
        ),
        "date of birth": ("I was born on {x}, so the discount applies.", "DOB: {x}"),
        "email": ("You can write to {x} at any time.", "My account is {x}, I think."),
        "phone": ("My number is {x}, call me after six.", "Phone: {x}"),
        "iban": ("Please pay it back to {x}.", "IBAN {x}, thanks."),
        "card": ("I paid with card {x} yesterday.", "It was charged to {x} twice."),
        "id number": ("My social security number is {x}.", "SSN {x} as you asked."),
        "ip address": ("The login came from {x} at night.", "Your firewall blocks {x}."),
        "link with a key": ("The link {x} does not open.", "I got this: {x}"),
    },
    "de": {
        "name": (
            "Bestellt habe ich die Lampe auf den Namen {x}.",
            "Mein Nachbar {x} hat das Paket angenommen.",
            "Unterschrieben hat {x}, nicht ich.",
            "Die Lampe ist kaputt.\n\nViele Grüße\n{x}",
        ),
        "titled": ("Die Rechnung geht an Frau {x}.", "Sehr geehrter Herr {x}, wo bleibt mein Geld?"),
        "address": (
            "Bitte schicken Sie die neue an {x}.",
            "Wir sind umgezogen und wohnen jetzt {x}, das alte Etikett stimmt nicht.",
            "Lieferadresse: {x}",
        ),
        "date of birth": ("Ich bin am {x} geboren, also gilt der Rabatt.", "Geburtsdatum: {x}"),
        "email": ("Sie erreichen mich unter {x} jederzeit.", "Mein Konto läuft auf {x}."),
        "phone": ("Meine Nummer ist {x}, bitte nach sechs.", "Telefon: {x}"),
        "iban": ("Bitte überweisen Sie es auf {x}.", "IBAN {x}, danke."),
        "card": ("Bezahlt habe ich mit der Karte {x}.", "Es wurde zweimal von {x} abgebucht."),
        "id number": ("Meine Steuer-ID lautet {x}.", "Identifikationsnummer {x} wie gewünscht."),
        "ip address": ("Die Anmeldung kam nachts von {x}.", "Ihre Firewall sperrt {x}."),
        "link with a key": ("Der Link {x} geht nicht auf.", "Das habe ich bekommen: {x}"),
    },
    "fr": {
        "name": (
            "J'ai commandé la lampe au nom de {x} la semaine passée.",
            "Mon collègue {x} n'a rien reçu.",
            "C'est {x} qui a signé, pas moi.",
            "La lampe est cassée.\n\nCordialement,\n{x}",
        ),
        "titled": ("La facture est pour Madame {x}, pas pour moi.", "Cher M. {x}, où est mon remboursement ?"),
        "address": (
            "Envoyez la nouvelle au {x}, s'il vous plaît.",
            "Nous avons déménagé et habitons maintenant {x}, l'étiquette est fausse.",
            "Adresse de livraison : {x}",
        ),
        "date of birth": ("Je suis né le {x}, donc j'ai droit à la remise.", "Date de naissance : {x}"),
        "email": ("Vous pouvez m'écrire à {x} quand vous voulez.", "Mon compte est {x}."),
        "phone": ("Mon numéro est le {x}, après six heures.", "Téléphone : {x}"),
        "iban": ("Remboursez-moi sur {x}.", "IBAN {x}, merci."),
        "card": ("J'ai payé avec la carte {x} hier.", "On a débité {x} deux fois."),
        "id number": ("Mon numéro de sécurité sociale est {x}.", "NIR {x} comme demandé."),
        "ip address": ("La connexion venait de {x} la nuit.", "Votre pare-feu bloque {x}."),
        "link with a key": ("Le lien {x} ne s'ouvre pas.", "J'ai reçu ceci : {x}"),
    },
    "es": {
        "name": (
            "Pedí la lámpara a nombre de {x} la semana pasada.",
            "Mi compañero {x} no recibió nada.",
            "Fue {x} quien firmó, no yo.",
            "La lámpara está rota.\n\nUn saludo,\n{x}",
        ),
        "titled": ("La factura es para la Sra. {x}, no para mí.", "Estimado señor {x}: ¿dónde está mi dinero?"),
        "address": (
            "Envíen la nueva a {x}, por favor.",
            "Nos mudamos y ahora vivimos en {x}, la etiqueta está mal.",
            "Dirección de entrega: {x}",
        ),
        "date of birth": ("Nací el {x}, así que me toca el descuento.", "Fecha de nacimiento: {x}"),
        "email": ("Pueden escribirme a {x} cuando quieran.", "Mi cuenta es {x}."),
        "phone": ("Mi número es {x}, después de las seis.", "Teléfono: {x}"),
        "iban": ("Devuélvanlo a {x}, por favor.", "IBAN {x}, gracias."),
        "card": ("Pagué con la tarjeta {x} ayer.", "Cobraron dos veces a {x}."),
        "id number": ("Mi DNI es {x}.", "Documento {x}, como pidieron."),
        "ip address": ("La conexión vino de {x} de noche.", "Su cortafuegos bloquea {x}."),
        "link with a key": ("El enlace {x} no se abre.", "Me llegó esto: {x}"),
    },
    "it": {
        "name": (
            "Ho ordinato la lampada a nome di {x} la settimana scorsa.",
            "Il mio collega {x} non ha ricevuto niente.",
            "Ha firmato {x}, non io.",
            "La lampada è rotta.\n\nCordiali saluti,\n{x}",
        ),
        "titled": ("La fattura va alla signora {x}, non a me.", "Gentile Sig. {x}, dov'è il mio rimborso?"),
        "address": (
            "Mandate quella nuova in {x}, per favore.",
            "Ci siamo trasferiti e ora abitiamo in {x}, l'etichetta è sbagliata.",
            "Indirizzo di consegna: {x}",
        ),
        "date of birth": ("Sono nato il {x}, quindi ho diritto allo sconto.", "Data di nascita: {x}"),
        "email": ("Potete scrivermi a {x} quando volete.", "Il mio conto è {x}."),
        "phone": ("Il mio numero è {x}, dopo le sei.", "Telefono: {x}"),
        "iban": ("Rimborsate su {x}, per favore.", "IBAN {x}, grazie."),
        "card": ("Ho pagato con la carta {x} ieri.", "Avete addebitato {x} due volte."),
        "id number": ("Il mio codice fiscale è {x}.", "C.F. {x} come richiesto."),
        "ip address": ("L'accesso veniva da {x} di notte.", "Il vostro firewall blocca {x}."),
        "link with a key": ("Il link {x} non si apre.", "Mi è arrivato questo: {x}"),
    },
    "pt": {
        "name": (
            "Encomendei o candeeiro em nome de {x} na semana passada.",
            "O meu colega {x} não recebeu nada.",
            "Foi {x} quem assinou, não eu.",
            "O candeeiro está partido.\n\nCumprimentos,\n{x}",
        ),
        "titled": ("A fatura é para a Sra. {x}, não para mim.", "Caro senhor {x}, onde está o meu dinheiro?"),
        "address": (
            "Enviem o novo para {x}, por favor.",
            "Mudámos de casa e agora moramos na {x}, a etiqueta está errada.",
            "Morada de entrega: {x}",
        ),
        "date of birth": ("Nasci em {x}, por isso tenho desconto.", "Data de nascimento: {x}"),
        "email": ("Podem escrever para {x} quando quiserem.", "A minha conta é {x}."),
        "phone": ("O meu número é {x}, depois das seis.", "Telefone: {x}"),
        "iban": ("Devolvam para {x}, por favor.", "IBAN {x}, obrigado."),
        "card": ("Paguei com o cartão {x} ontem.", "Cobraram duas vezes em {x}."),
        "id number": ("O meu CPF é {x}.", "CPF: {x}"),
        "ip address": ("O acesso veio de {x} à noite.", "A vossa firewall bloqueia {x}."),
        "link with a key": ("O link {x} não abre.", "Recebi isto: {x}"),
    },
    "nl": {
        "name": (
            "Ik heb de lamp vorige week op naam van {x} besteld.",
            "Mijn collega {x} heeft niets gekregen.",
            "Het was {x} die tekende, niet ik.",
            "De lamp is stuk.\n\nMet vriendelijke groet,\n{x}",
        ),
        "titled": ("De factuur is voor mevrouw {x}, niet voor mij.", "Geachte heer {x}, waar blijft mijn geld?"),
        "address": (
            "Stuur de nieuwe naar {x}, alstublieft.",
            "We zijn verhuisd en wonen nu op {x}, het oude etiket klopt niet.",
            "Bezorgadres: {x}",
        ),
        "date of birth": ("Ik ben geboren op {x}, dus de korting geldt.", "Geboortedatum: {x}"),
        "email": ("U kunt me altijd mailen op {x} hoor.", "Mijn account is {x}."),
        "phone": ("Mijn nummer is {x}, graag na zessen.", "Telefoon: {x}"),
        "iban": ("Stort het terug op {x}.", "IBAN {x}, bedankt."),
        "card": ("Ik heb met kaart {x} betaald.", "Er is twee keer van {x} afgeschreven."),
        "id number": ("Mijn BSN is {x}.", "Burgerservicenummer: {x}"),
        "ip address": ("De login kwam 's nachts van {x} binnen.", "Jullie firewall blokkeert {x}."),
        "link with a key": ("De link {x} gaat niet open.", "Dit kreeg ik: {x}"),
    },
    "zh": {
        "name": (
            "上周我用{x}的名字订了这盏灯。",
            "我的同事{x}没有收到确认邮件。",
            "签收的人是{x}，不是我。",
            "灯坏了，请帮忙处理。\n\n此致\n{x}",
        ),
        "titled": ("发票请开给{x}女士，不要开给我。", "尊敬的{x}先生，我的退款在哪里？"),
        "address": (
            "请把新的寄到{x}。",
            "我们上个月搬家了，现在住在{x}，旧标签不对。",
            "收货地址：{x}",
        ),
        "date of birth": ("我是{x}出生的，所以可以打折。", "出生日期：{x}"),
        "email": ("您随时可以写信到{x}。", "我的账号是{x}。"),
        "phone": ("我的号码是{x}，请六点后打。", "电话：{x}"),
        "iban": ("请退到{x}。", "IBAN {x}，谢谢。"),
        "card": ("我昨天用卡{x}付款。", "从{x}扣了两次。"),
        "id number": ("我的身份证号是{x}。", "证件号码：{x}"),
        "ip address": ("夜里的登录来自{x}。", "你们的防火墙拦截了{x}。"),
        "link with a key": ("链接 {x} 打不开。", "我收到了这个： {x}"),
    },
    "ja": {
        "name": (
            "先週、{x}の名前でランプを注文しました。",
            "同僚の{x}に確認メールが届いていません。",
            "署名したのは{x}で、私ではありません。",
            "ランプが壊れました。よろしくお願いします。\n\n{x}",
        ),
        "titled": ("請求書は{x}様宛てにしてください。", "{x}さん、返金はどこですか。"),
        "address": (
            "新しいものは{x}に送ってください。",
            "先月引っ越して、今は{x}に住んでいます。古いラベルは違います。",
            "お届け先：{x}",
        ),
        "date of birth": ("私は{x}生まれなので割引になります。", "生年月日：{x}"),
        "email": ("いつでも{x}にご連絡ください。", "アカウントは{x}です。"),
        "phone": ("私の番号は{x}です。六時以降にお願いします。", "電話：{x}"),
        "iban": ("{x}に返金してください。", "IBAN {x} です。"),
        "card": ("昨日カード{x}で払いました。", "{x}から二回引き落とされました。"),
        "id number": ("マイナンバーは{x}です。", "個人番号：{x}"),
        "ip address": ("夜のログインは{x}からでした。", "ファイアウォールが{x}を止めています。"),
        "link with a key": ("リンク {x} が開きません。", "これが届きました： {x}"),
    },
}

# Written after rules and tagger were done, and never looked at while they were made.
LATER: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "name": ("Whoever picked up, {x} or somebody else, was rude.", "We ordered two, one for me and one for {x}.", "According to {x} the lamp was never sent."),
        "address": ("Our new place ({x}) is on the third floor.", "Could the courier try {x} after five?"),
    },
    "de": {
        "name": ("Wer auch immer abnahm, {x} oder jemand anders, war unhöflich.", "Wir haben zwei bestellt, eine für mich und eine für {x}.", "Laut {x} wurde die Lampe nie verschickt."),
        "address": ("Unsere neue Wohnung ({x}) liegt im dritten Stock.", "Kann der Kurier es nach fünf bei {x} versuchen?"),
    },
    "fr": {
        "name": ("La personne au téléphone, {x} ou quelqu'un d'autre, était impolie.", "Nous en avons commandé deux, une pour moi et une pour {x}.", "Selon {x}, la lampe n'est jamais partie."),
        "address": ("Notre nouveau logement ({x}) est au troisième.", "Le livreur peut-il essayer {x} après cinq heures ?"),
    },
    "es": {
        "name": ("Quien contestó, {x} u otra persona, fue grosero.", "Pedimos dos, una para mí y otra para {x}.", "Según {x}, la lámpara nunca salió."),
        "address": ("Nuestro piso nuevo ({x}) está en la tercera planta.", "¿Puede el mensajero probar en {x} después de las cinco?"),
    },
    "it": {
        "name": ("Chi ha risposto, {x} o qualcun altro, è stato scortese.", "Ne abbiamo ordinate due, una per me e una per {x}.", "Secondo {x} la lampada non è mai partita."),
        "address": ("La nostra nuova casa ({x}) è al terzo piano.", "Il corriere può provare in {x} dopo le cinque?"),
    },
    "pt": {
        "name": ("Quem atendeu, {x} ou outra pessoa, foi indelicado.", "Pedimos dois, um para mim e outro para {x}.", "Segundo {x}, o candeeiro nunca saiu."),
        "address": ("A nossa casa nova ({x}) fica no terceiro andar.", "O estafeta pode tentar em {x} depois das cinco?"),
    },
    "nl": {
        "name": ("Wie er ook opnam, {x} of iemand anders, was onbeleefd.", "We bestelden er twee, een voor mij en een voor {x}.", "Volgens {x} is de lamp nooit verstuurd."),
        "address": ("Ons nieuwe huis ({x}) is op de derde verdieping.", "Kan de koerier het na vijven bij {x} proberen?"),
    },
    "zh": {
        "name": ("接电话的不管是{x}还是别人，都很没礼貌。", "我们订了两盏，一盏给我，一盏给{x}。", "据{x}说，灯根本没有发出。"),
        "address": ("我们的新家（{x}）在三楼。", "快递员五点以后能去{x}再试一次吗？"),
    },
    "ja": {
        "name": ("電話に出たのが{x}か別の人かはわかりませんが、失礼でした。", "二つ注文しました。一つは私に、もう一つは{x}にです。", "{x}によると、ランプは発送されていないそうです。"),
        "address": ("新居（{x}）は三階です。", "配達員は五時以降に{x}へ行けますか。"),
    },
}  # fmt: skip
