"""Sentences that teach the tagger; none of them is asked by the benchmark (see `asked`).

{n} is a whole name, {f} a given name, {l} a surname, {a} an address, {s} a street with its number; {c} is a town, {j} a
trade, {o} a company, {p} something that is sold: those four are nobody.
"""

# ruff: noqa: E501 - a pattern or a sentence broken in two is harder to read
from __future__ import annotations

NAMED = {
    "en": """My name is {n} and I live in {c}.
I am {n}, a {j} from {c}.
Hi, this is {f} from {o}.
{n} called me yesterday about the {p}.
Could you ask {n} to ring me back?
I spoke with {n} and with {n}, both were kind.
Kind regards, {n}
Thanks,\n{f}
Yours sincerely\n\n{n}\n{o}
Hello {f},\nthe {p} has arrived.
Dear Ms. {l}, thank you for the {p}.
Mr. {l} and Mrs. {l} want their money back.
Dr. {n} told us to wait.
The account belongs to {n}.
Name: {n}
Customer: {n}, {c}
Is {f} there? {f} promised me a {p}.
{n}: the {p} is late.\n{n}: I will look.
My wife {f} and my son {f} use it every day.
The driver gave it to {n} next door.
Please add {n} to the account, not {l}.
Attention of {n}, {o}
A friend of mine, {n}, bought the {p} in {c}.
I think {f} {l} works at {o}.""",
    "de": """Mein Name ist {n} und ich wohne in {c}.
Ich heiße {n}, von Beruf {j}, aus {c}.
Hallo, hier ist {f} von {o}.
{n} hat mich gestern wegen {p} angerufen.
Kann {n} mich bitte zurückrufen?
Ich sprach mit {n} und mit {n}, beide waren nett.
Mit freundlichen Grüßen, {n}
Danke,\n{f}
Hochachtungsvoll\n\n{n}\n{o}
Hallo {f},\ndie Ware ist da.
Liebe Frau {l}, vielen Dank für alles.
Herr {l} und Frau {l} wollen ihr Geld zurück.
Dr. {n} sagte, wir sollen warten.
Das Konto gehört {n}.
Name: {n}
Kunde: {n}, {c}
Ist {f} da? {f} hat mir {p} versprochen.
{n}: die Lieferung ist zu spät.\n{n}: Ich sehe nach.
Meine Frau {f} und mein Sohn {f} benutzen sie täglich.
Der Fahrer gab es {n} nebenan.
Bitte fügen Sie {n} hinzu, nicht {l}.
Zu Händen {n}, {o}
Ein Freund von mir, {n}, kaufte {p} in {c}.
Ich glaube, {f} {l} arbeitet bei {o}.""",
    "fr": """Je m'appelle {n} et j'habite à {c}.
Je suis {n}, {j} à {c}.
Bonjour, ici {f} de {o}.
{n} m'a appelé hier pour {p}.
Pouvez-vous demander à {n} de me rappeler ?
J'ai parlé avec {n} et avec {n}, tous deux aimables.
Bien à vous, {n}
Merci,\n{f}
Veuillez agréer mes salutations\n\n{n}\n{o}
Bonjour {f},\nle colis est arrivé.
Chère Mme {l}, merci pour tout.
M. {l} et Mme {l} veulent être remboursés.
Le docteur {n} nous a dit d'attendre.
Le compte appartient à {n}.
Nom : {n}
Client : {n}, {c}
Est-ce que {f} est là ? {f} m'a promis {p}.
{n} : la livraison est en retard.\n{n} : je regarde.
Ma femme {f} et mon fils {f} l'utilisent chaque jour.
Le livreur l'a donné à {n}, à côté.
Ajoutez {n} au compte, pas {l}.
À l'attention de {n}, {o}
Un ami à moi, {n}, a acheté {p} à {c}.
Je crois que {f} {l} travaille chez {o}.""",
    "es": """Me llamo {n} y vivo en {c}.
Soy {n}, {j} de {c}.
Hola, aquí {f} de {o}.
{n} me llamó ayer por {p}.
¿Puede pedirle a {n} que me llame?
Hablé con {n} y con {n}, los dos amables.
Atentamente, {n}
Gracias,\n{f}
Reciba un cordial saludo\n\n{n}\n{o}
Hola, {f}:\nha llegado el paquete.
Estimada Sra. {l}, gracias por todo.
El Sr. {l} y la señora {l} quieren su dinero.
La doctora {n} nos dijo que esperásemos.
La cuenta pertenece a {n}.
Nombre: {n}
Cliente: {n}, {c}
¿Está {f}? {f} me prometió {p}.
{n}: el envío llega tarde.\n{n}: Voy a mirar.
Mi mujer {f} y mi hijo {f} la usan cada día.
El repartidor se lo dio a {n}, al lado.
Añadan a {n}, no a {l}.
A la atención de {n}, {o}
Un amigo mío, {n}, compró {p} en {c}.
Creo que {f} {l} trabaja en {o}.""",
    "it": """Mi chiamo {n} e abito a {c}.
Sono {n}, {j} di {c}.
Ciao, sono {f} di {o}.
{n} mi ha chiamato ieri per {p}.
Può chiedere a {n} di richiamarmi?
Ho parlato con {n} e con {n}, entrambi gentili.
Distinti saluti, {n}
Grazie,\n{f}
In attesa di risposta\n\n{n}\n{o}
Ciao {f},\nil pacco è arrivato.
Gentile signora {l}, grazie di tutto.
Il signor {l} e la sig.ra {l} vogliono i soldi.
Il dottor {n} ci ha detto di aspettare.
Il conto appartiene a {n}.
Nome: {n}
Cliente: {n}, {c}
C'è {f}? {f} mi ha promesso {p}.
{n}: la consegna è in ritardo.\n{n}: Controllo.
Mia moglie {f} e mio figlio {f} la usano ogni giorno.
Il corriere l'ha data a {n}, qui accanto.
Aggiungete {n} al conto, non {l}.
All'attenzione di {n}, {o}
Un mio amico, {n}, ha comprato {p} a {c}.
Credo che {f} {l} lavori da {o}.""",
    "pt": """Chamo-me {n} e vivo em {c}.
Sou {n}, {j} de {c}.
Olá, aqui é {f} da {o}.
{n} ligou-me ontem por causa de {p}.
Pode pedir a {n} que me ligue?
Falei com {n} e com {n}, ambos simpáticos.
Atenciosamente, {n}
Obrigada,\n{f}
Com os melhores cumprimentos\n\n{n}\n{o}
Olá {f},\na encomenda chegou.
Cara Sra. {l}, obrigado por tudo.
O Sr. {l} e a dona {l} querem o dinheiro.
O doutor {n} disse para esperarmos.
A conta pertence a {n}.
Nome: {n}
Cliente: {n}, {c}
A {f} está? {f} prometeu-me {p}.
{n}: a entrega está atrasada.\n{n}: Vou ver.
A minha mulher {f} e o meu filho {f} usam-na todos os dias.
O estafeta deu-o a {n}, ao lado.
Meu nome é {n}, moro em {c}.
À atenção de {n}, {o}
Um amigo meu, {n}, comprou {p} em {c}.
Acho que {f} {l} trabalha na {o}.""",
    "nl": """Mijn naam is {n} en ik woon in {c}.
Ik ben {n}, {j} uit {c}.
Hallo, met {f} van {o}.
{n} belde me gisteren over {p}.
Kunt u {n} vragen mij terug te bellen?
Ik sprak met {n} en met {n}, allebei aardig.
Hartelijke groeten, {n}
Bedankt,\n{f}
Hoogachtend\n\n{n}\n{o}
Hoi {f},\nhet pakje is er.
Beste mevrouw {l}, bedankt voor alles.
De heer {l} en mevrouw {l} willen hun geld.
Dokter {n} zei dat we moesten wachten.
De rekening is van {n}.
Naam: {n}
Klant: {n}, {c}
Is {f} er? {f} beloofde me {p}.
{n}: de levering is te laat.\n{n}: Ik kijk even.
Mijn vrouw {f} en mijn zoon {f} gebruiken hem elke dag.
De bezorger gaf het aan {n} hiernaast.
Voeg {n} toe, niet {l}.
Ter attentie van {n}, {o}
Een vriend van mij, {n}, kocht {p} in {c}.
Ik denk dat {f} {l} bij {o} werkt.""",
    "zh": """我叫{n}，住在{c}。
您好，我是{n}，{c}人。
{n}昨天给我打了电话。
请让{n}给我回电话。
我和{n}还有{n}谈过了，他们都很客气。
姓名：{n}
客户：{n}
收件人：{n}，{c}
联系人{n}，请尽快处理。
{l}先生和{l}女士想要退款。
亲爱的{n}：\n包裹到了。
谢谢！\n{n}
祝好\n\n{n}
{n}：快递迟到了。\n{n}：我看一下。
我太太{n}每天都用它。
快递员把它交给了邻居{n}。
账户属于{n}。
{n}医生让我们等。
我朋友{n}在{c}买了一个{p}。
请把{n}加到账户里。
{l}小姐说明天可以送。
{l}老师买的{p}坏了。
听说{n}在{o}工作。
老板{n}亲自道歉了。""",
    "ja": """{n}と申します。{c}に住んでいます。
私の名前は{n}です。
{n}さんから昨日電話がありました。
{n}さんに折り返すように伝えてください。
{n}と{n}に話しました。
氏名：{n}
お名前：{n}
お客様：{n}様
担当の{n}です。
{l}様、ありがとうございます。
{l}さんと{l}さんが返金を求めています。
こんにちは、{n}です。
ありがとうございました。\n{n}
敬具\n\n{n}
{n}：配達が遅れています。\n{n}：確認します。
妻の{n}が毎日使っています。
隣の{n}さんに渡したそうです。
口座は{n}のものです。
{n}先生は待つように言いました。
友人の{n}が{c}で{p}を買いました。
{n}をアカウントに追加してください。
{l}君が壊しました。
{o}の{n}と話しました。
受取人は{n}でお願いします。""",
}
PLACED = {
    "en": """My address is {a}.\nI live at {a}.\nShip it to {a}, please.\nThe parcel went to {s} instead of {a}!\nAddress: {a}
{n}\n{a}\nOur office is at {a}, second floor.\nWe are at {s}, next to the {p} shop.\nReturn it to {o}, {a}.
From {a} to {a}.\nPick it up at {s} tomorrow.\nBilling address {a}""",
    "de": """Meine Adresse ist {a}.\nIch wohne {s} in {c}.\nSenden Sie es bitte an {a}.\nDas Paket ging an {s} statt an {a}!\nAdresse: {a}
{n}\n{a}\nUnser Büro ist in {a}, zweiter Stock.\nWir sind in der {s}, neben dem Laden.\nZurück an {o}, {a}.
Von {a} nach {a}.\nHolen Sie es morgen in der {s} ab.\nRechnungsadresse {a}""",
    "fr": """Mon adresse est {a}.\nJ'habite {a}.\nExpédiez-le à {a}.\nLe colis est parti au {s} au lieu de {a} !\nAdresse : {a}
{n}\n{a}\nNotre bureau est au {a}, deuxième étage.\nNous sommes {s}, à côté du magasin.\nÀ renvoyer à {o}, {a}.
De {a} à {a}.\nVenez le chercher {s} demain.\nAdresse de facturation {a}""",
    "es": """Mi dirección es {a}.\nVivo en {a}.\nMándenlo a {a}.\n¡El paquete fue a {s} en vez de {a}!\nDirección: {a}
{n}\n{a}\nNuestra oficina está en {a}, segundo piso.\nEstamos en {s}, al lado de la tienda.\nDevolver a {o}, {a}.
De {a} a {a}.\nRecójanlo mañana en {s}.\nDirección de facturación {a}""",
    "it": """Il mio indirizzo è {a}.\nAbito in {a}.\nSpedite a {a}.\nIl pacco è andato in {s} invece che in {a}!\nIndirizzo: {a}
{n}\n{a}\nIl nostro ufficio è in {a}, secondo piano.\nSiamo in {s}, accanto al negozio.\nDa restituire a {o}, {a}.
Da {a} a {a}.\nRitiratelo domani in {s}.\nIndirizzo di fatturazione {a}""",
    "pt": """O meu endereço é {a}.\nVivo na {a}.\nMandem para {a}.\nO pacote foi para {s} em vez de {a}!\nEndereço: {a}
{n}\n{a}\nO nosso escritório fica na {a}, segundo andar.\nEstamos na {s}, ao lado da loja.\nDevolver a {o}, {a}.
De {a} para {a}.\nPodem buscar amanhã na {s}.\nMorada de faturação {a}""",
    "nl": """Mijn adres is {a}.\nIk woon in de {s} in {c}.\nVerzend het naar {a}.\nHet pakje ging naar {s} in plaats van {a}!\nAdres: {a}
{n}\n{a}\nOns kantoor is op {a}, tweede verdieping.\nWij zitten aan de {s}, naast de winkel.\nRetour aan {o}, {a}.
Van {a} naar {a}.\nHaal het morgen op bij {s}.\nFactuuradres {a}""",
    "zh": """我的地址是{a}。\n我住{a}。\n请发货到{a}，谢谢。\n地址：{a}\n{n}\n{a}\n公司在{a}，二楼。\n家庭住址 {a}
包裹送错了，应该送到{a}。\n从{a}到{a}。\n寄件地址：{a}\n退货请寄{a}，{n}收。\n{n}，{a}""",
    "ja": """住所は{a}です。\n{a}に住んでいます。\n{a}宛てに発送してください。\n住所：{a}\n{n}\n{a}\n事務所は{a}、二階です。
荷物は{a}ではなく{a}に届くはずでした。\n配送先 {a}\n返送先は{a}です。\n請求先住所：{a}\n自宅は{a}です。\n{n}様 {a}""",
}
CLEAN = {
    "en": """When will the {p} be back in stock in {c}?
The {p} from {o} broke after two weeks.
Order 48213 was paid on Monday, May 4, but the Glow Pro 2 never came.
I bought it in {c} in March 2024 for 49.90 EUR.
Does the Smart Hub work with Windows 11, Android and Apple Home?
Thank you for the quick answer. Best regards from the whole team
Best wishes and many thanks!
Hello everybody, Black Friday starts on Friday, 24 November.
The European Union, Norway and Switzerland are served by DHL and UPS.
Your Customer Service did not answer. Terrible Support!
Dear Sir or Madam, I want a refund.
Is a {j} allowed to install the {p}?
Version 3.2 of the Northlamp Home app fixed Bluetooth.
{c} and {c} are too far for the courier.
20 Watt, 5 Meters, 100 Lumen: is that the Large Reading Lamp?
Please see Terms and Conditions, Section 4, Page 12.
My Order, My Returns and My Invoices are empty.
Christmas and Easter orders must arrive before December 20.
Great Product! Five Stars. Would Buy Again.
Dear Customer, Dear Team, please call the Help Center.
Mr and Mrs, Miss or Doctor: the form asks for a title.
The red one costs 19 dollars, the Blue Edition 25 Dollars.
What is your name and where do you live?
The street was closed, so the road to the shop took an hour.
Meeting in room 12 at 10:30, then 3 hours on the train to {c}.""",
    "de": """Wann ist die Lampe wieder auf Lager in {c}?
Das Gerät von {o} ging nach zwei Wochen kaputt.
Die Bestellung 48213 habe ich am Montag, 4. Mai, bezahlt, aber die Glow Pro 2 kam nie.
Ich habe das im März 2024 in {c} für 49,90 Euro gekauft.
Geht der Smart Hub mit Windows 11, Android und Apple Home?
Danke für die schnelle Antwort. Viele Grüße vom ganzen Team
Herzlichen Dank und schöne Grüße!
Hallo zusammen, der Black Friday beginnt am Freitag, 24. November.
Die Europäische Union, Norwegen und die Schweiz beliefern DHL und UPS.
Ihr Kundendienst hat nicht geantwortet. Schlechter Service!
Sehr geehrte Damen und Herren, ich möchte mein Geld zurück.
Darf ein {j} die Leuchte anschließen?
Die Version 3.2 der App Northlamp Home hat Bluetooth repariert.
{c} und {c} sind für den Kurier zu weit.
20 Watt, 5 Meter, 100 Lumen: ist das die Große Leselampe?
Siehe Allgemeine Geschäftsbedingungen, Abschnitt 4, Seite 12.
Meine Bestellungen, Meine Retouren und Meine Rechnungen sind leer.
Bestellungen zu Weihnachten und Ostern bis zum 20. Dezember.
Tolles Produkt! Fünf Sterne. Gerne wieder.
Liebe Kundin, lieber Kunde, rufen Sie die Hotline an.
Herr oder Frau: das Formular fragt nach der Anrede, dem Namen und der Anschrift.
Die Rote kostet 19 Euro, die Blaue Edition 25 Euro.
Der Akku, das Kabel, die Fernbedienung und der Schirm fehlen im Karton.
Im Handbuch steht, dass die Garantie drei Jahre gilt und der Austausch kostenlos ist.
Die Straße war gesperrt, der Weg zum Laden dauerte eine Stunde, der Parkplatz war voll.
Termin im Raum 12 um 10:30 Uhr, dann 3 Stunden mit der Bahn nach {c}.""",
    "fr": """Quand la lampe sera-t-elle de nouveau disponible à {c} ?
L'appareil de {o} est tombé en panne après deux semaines.
La commande 48213 a été payée lundi 4 mai, mais la Glow Pro 2 n'est jamais venue.
Je l'ai acheté à {c} en mars 2024 pour 49,90 euros.
Le Smart Hub marche-t-il avec Windows 11, Android et Apple Home ?
Merci pour la réponse rapide. Cordialement, toute l'équipe
Merci beaucoup et bonne journée !
Bonjour à tous, le Black Friday commence le vendredi 24 novembre.
L'Union européenne, la Norvège et la Suisse sont livrées par DHL et UPS.
Votre Service Client n'a pas répondu. Service nul !
Madame, Monsieur, je veux un remboursement.
Un {j} peut-il brancher la lampe ?
La version 3.2 de l'application Northlamp Home a réparé le Bluetooth.
{c} et {c} sont trop loin pour le livreur.
20 Watts, 5 Mètres, 100 Lumens : est-ce la Grande Lampe de Lecture ?
Voir les Conditions Générales, article 4, page 12.
Mes Commandes, Mes Retours et Mes Factures sont vides.
Pour Noël et Pâques, commandez avant le 20 décembre.
Super Produit ! Cinq étoiles. À recommander.
Chère cliente, cher client, appelez l'assistance.
La rouge coûte 19 euros, l'Édition Bleue 25 euros.
La rue était fermée, le chemin jusqu'au magasin a pris une heure.
Rendez-vous salle 12 à 10 h 30, puis 3 heures de train jusqu'à {c}.
J'attends depuis trois semaines et personne ne me répond.""",
    "es": """¿Cuándo vuelve a haber la lámpara en {c}?
El aparato de {o} se rompió a las dos semanas.
El pedido 48213 se pagó el lunes 4 de mayo, pero la Glow Pro 2 nunca llegó.
Lo compré en {c} en marzo de 2024 por 49,90 euros.
¿Funciona el Smart Hub con Windows 11, Android y Apple Home?
Gracias por la respuesta rápida. Saludos de todo el equipo
¡Muchas gracias y un saludo!
Hola a todos, el Black Friday empieza el viernes 24 de noviembre.
La Unión Europea, Noruega y Suiza las sirven DHL y UPS.
Su Atención al Cliente no contestó. ¡Pésimo Servicio!
Estimados señores, quiero un reembolso.
¿Puede un {j} instalar la lámpara?
La versión 3.2 de la aplicación Northlamp Home arregló el Bluetooth.
{c} y {c} están demasiado lejos para el mensajero.
20 Vatios, 5 Metros, 100 Lúmenes: ¿es la Lámpara Grande de Lectura?
Véanse las Condiciones Generales, sección 4, página 12.
Mis Pedidos, Mis Devoluciones y Mis Facturas están vacíos.
Para Navidad y Semana Santa, pidan antes del 20 de diciembre.
¡Gran Producto! Cinco Estrellas. Repetiré.
Estimado cliente, llame a la Línea de Ayuda.
La roja cuesta 19 euros, la Edición Azul 25 euros.
La calle estaba cortada y el camino a la tienda duró una hora.
Reunión en la sala 12 a las 10:30, luego 3 horas de tren a {c}.""",
    "it": """Quando torna disponibile la lampada a {c}?
L'apparecchio di {o} si è rotto dopo due settimane.
L'ordine 48213 è stato pagato lunedì 4 maggio, ma la Glow Pro 2 non è mai arrivata.
L'ho comprata a {c} a marzo 2024 per 49,90 euro.
Lo Smart Hub funziona con Windows 11, Android e Apple Home?
Grazie per la risposta veloce. Cordiali saluti da tutta la squadra
Grazie mille e buona giornata!
Ciao a tutti, il Black Friday inizia venerdì 24 novembre.
L'Unione Europea, la Norvegia e la Svizzera sono servite da DHL e UPS.
Il vostro Servizio Clienti non ha risposto. Pessimo Servizio!
Gentili signori, voglio un rimborso.
Un {j} può montare la lampada?
La versione 3.2 dell'app Northlamp Home ha riparato il Bluetooth.
{c} e {c} sono troppo lontane per il corriere.
20 Watt, 5 Metri, 100 Lumen: è la Lampada Grande da Lettura?
Vedi Condizioni Generali, sezione 4, pagina 12.
I Miei Ordini, I Miei Resi e Le Mie Fatture sono vuoti.
Per Natale e Pasqua ordinate prima del 20 dicembre.
Ottimo Prodotto! Cinque Stelle. Lo ricomprerei.
Gentile cliente, chiami il Centro Assistenza.
La rossa costa 19 euro, l'Edizione Blu 25 euro.
La strada era chiusa e la via per il negozio è durata un'ora.
Riunione in sala 12 alle 10:30, poi 3 ore di treno per {c}.""",
    "pt": """Quando volta a haver o candeeiro em {c}?
O aparelho da {o} avariou ao fim de duas semanas.
A encomenda 48213 foi paga na segunda-feira, 4 de maio, mas o Glow Pro 2 nunca veio.
Comprei-o em {c} em março de 2024 por 49,90 euros.
O Smart Hub funciona com Windows 11, Android e Apple Home?
Obrigado pela resposta rápida. Cumprimentos de toda a equipa
Muito obrigado e bom dia!
Olá a todos, a Black Friday começa na sexta-feira, 24 de novembro.
A União Europeia, a Noruega e a Suíça são servidas pela DHL e pela UPS.
O vosso Apoio ao Cliente não respondeu. Péssimo Serviço!
Exmos. Senhores, quero um reembolso.
Um {j} pode montar o candeeiro?
A versão 3.2 da aplicação Northlamp Home corrigiu o Bluetooth.
{c} e {c} ficam longe demais para o estafeta.
20 Watts, 5 Metros, 100 Lúmenes: é o Candeeiro Grande de Leitura?
Ver Condições Gerais, secção 4, página 12.
As Minhas Encomendas, Devoluções e Faturas estão vazias.
Para o Natal e a Páscoa, encomende antes de 20 de dezembro.
Ótimo Produto! Cinco Estrelas. Recomendo.
Caro cliente, ligue para a Linha de Apoio.
O vermelho custa 19 euros, a Edição Azul 25 euros.
A rua estava fechada e o caminho até à loja demorou uma hora.
Reunião na sala 12 às 10:30, depois 3 horas de comboio até {c}.""",
    "nl": """Wanneer is de lamp weer op voorraad in {c}?
Het apparaat van {o} ging na twee weken stuk.
Bestelling 48213 is maandag 4 mei betaald, maar de Glow Pro 2 kwam nooit.
Ik kocht hem in {c} in maart 2024 voor 49,90 euro.
Werkt de Smart Hub met Windows 11, Android en Apple Home?
Bedankt voor het snelle antwoord. Groeten van het hele team
Heel erg bedankt en een fijne dag!
Hallo allemaal, Black Friday begint op vrijdag 24 november.
De Europese Unie, Noorwegen en Zwitserland worden bediend door DHL en UPS.
Jullie Klantenservice antwoordde niet. Slechte Service!
Geachte heer, mevrouw, ik wil mijn geld terug.
Mag een {j} de lamp aansluiten?
Versie 3.2 van de app Northlamp Home heeft Bluetooth gerepareerd.
{c} en {c} zijn te ver voor de koerier.
20 Watt, 5 Meter, 100 Lumen: is dat de Grote Leeslamp?
Zie de Algemene Voorwaarden, artikel 4, pagina 12.
Mijn Bestellingen, Mijn Retouren en Mijn Facturen zijn leeg.
Voor Kerstmis en Pasen bestellen voor 20 december.
Geweldig Product! Vijf Sterren. Zou het weer kopen.
Beste klant, bel de Helpdesk.
De rode kost 19 euro, de Blauwe Editie 25 euro.
De straat was dicht en de weg naar de winkel duurde een uur.
Afspraak in kamer 12 om 10:30 uur, dan 3 uur met de trein naar {c}.""",
    "zh": """这盏灯在{c}什么时候有货？
{o}的{p}用了两个星期就坏了。
订单48213周一已付款，但是Glow Pro 2一直没到。
我2024年3月在{c}花了499元买的。
智能中枢支持Windows 11、安卓和苹果吗？
谢谢您的快速回复，全体同事敬上
非常感谢，祝您愉快！
大家好，黑色星期五从11月24日开始。
客服一直不回，服务太差了！
尊敬的客户，请联系客服中心。
版本3.2修好了蓝牙。
{c}和{c}太远，快递不送。
20瓦，5米，100流明，是大号阅读灯吗？
请看条款第4节第12页。
圣诞节和春节的订单要在12月20日之前下。
质量很好，五星好评，下次还买。
先生女士们，请问姓名和地址怎么填？
红色的19元，蓝色的25元。
路上堵车，去商店的街道封了一个小时。
会议在12号会议室10点30分开始，然后坐3小时火车去{c}。
高兴极了，周末就用上了，方便得很，和朋友一起看书。
马上就坏了，白花了钱，王牌产品不过如此。
我们小区的灯都换成了新的，邻居都说好看。
退货需要多少天？运费由谁出？发票什么时候开？""",
    "ja": """このランプは{c}でいつ入荷しますか。
{o}の{p}は二週間で壊れました。
注文48213は月曜日に支払いましたが、Glow Pro 2が届きません。
2024年3月に{c}で4990円で買いました。
スマートハブはWindows 11やアンドロイド、アップルで動きますか。
早いお返事ありがとうございます。チーム一同
どうもありがとうございます。良い一日を。
皆さん、ブラックフライデーは11月24日金曜日に始まります。
カスタマーサービスから返事がありません。ひどいです。
お客様各位、サポートセンターまでお電話ください。
バージョン3.2でブルートゥースが直りました。
{c}と{c}は遠いので配達できません。
20ワット、5メートル、100ルーメンの大きな読書灯ですか。
利用規約の第4条、12ページをご覧ください。
クリスマスとお正月の注文は12月20日までです。
素晴らしい商品です。星五つ。また買います。
お名前と住所はどこに書きますか。
赤は1900円、青は2500円です。
道が混んでいて、店まで一時間かかりました。
会議は12番の部屋で10時30分から、その後{c}まで電車で3時間です。
お母さんもお父さんもお子さんも皆さん喜んでいます。
山の上の小さな村で田んぼの中に明かりが見えました。
返品は何日以内ですか。送料はいくらですか。保証書はありますか。""",
}
