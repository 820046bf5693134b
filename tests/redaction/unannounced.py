"""More sentences that teach the tagger: somebody is named, and no word says that a name comes.

Placeholders are those of `taught`; none of the benchmark's sentences stands here, nor one of their shape.
"""

from __future__ import annotations

UNANNOUNCED = {
    "en": """Yesterday {n} tried the {p} for the first time.
The {p} that {n} sent back was fine.
Why did {n} get a refund and I did not?
After the call with {n} nothing happened.
{n} wrote that the {p} is sold out.
Please tell {n} that the {p} works again.
We waited for {n} at the shop in {c}.
Last week {n} and {n} came to repair the {p}.
It is a present from {n} to {f}.
Someone named the wrong person: not {n} but {n} ordered.
{f} says the {p} flickers, and {n} agrees.
Sadly {n} has left {o}, so nobody answers.
The technician, {n}, forgot a screw.
Both {n} and I have an account.
If {n} rings again, hang up.
{n}'s order and {n}'s invoice were mixed up.
Thanks to {n} the {p} runs again!
I want to complain about {n} from {o}.
The {p} was meant for {f}, not for {f}.
Then {n} took over, and later {f}.""",
    "de": """Gestern hat {n} die Lampe zum ersten Mal benutzt.
Das Gerät, das {n} zurückschickte, war in Ordnung.
Warum bekam {n} das Geld und ich nicht?
Nach dem Gespräch mit {n} geschah nichts.
{n} schrieb, dass die Ware ausverkauft ist.
Bitte sagen Sie {n}, dass es wieder geht.
Wir haben am Laden in {c} auf {n} gewartet.
Letzte Woche kamen {n} und {n} zur Reparatur.
Es ist ein Geschenk von {n} an {f}.
Die Rechnung für {n} ging an {n}.
{f} sagt, die Lampe flackert, und {n} auch.
Leider hat {n} die Firma verlassen, nun antwortet niemand.
Der Techniker, {n}, vergaß eine Schraube.
Sowohl {n} als auch ich haben ein Konto.
Falls {n} noch einmal klingelt, legen Sie auf.
Die Bestellung von {n} wurde verwechselt.
Dank {n} läuft das Gerät wieder!
Ich möchte mich über {n} von {o} beschweren.
Der Schirm war für {f}, nicht für {f}.
Dann übernahm {n}, später {f}.""",
    "fr": """Hier {n} a essayé la lampe pour la première fois.
L'appareil que {n} a renvoyé marchait bien.
Pourquoi {n} a-t-il été remboursé et pas moi ?
Après l'appel avec {n}, rien n'a bougé.
{n} a écrit que l'article est épuisé.
Dites à {n} que tout remarche.
Nous avons attendu {n} au magasin de {c}.
La semaine dernière {n} et {n} sont venus réparer.
C'est un cadeau de {n} à {f}.
La facture de {n} est arrivée chez {n}.
{f} dit que la lampe clignote, et {n} aussi.
Hélas {n} a quitté {o}, plus personne ne répond.
Le technicien, {n}, a oublié une vis.
Aussi bien {n} que moi avons un compte.
Si {n} rappelle, raccrochez.
La commande de {n} a été échangée avec la mienne.
Grâce à {n} l'appareil marche !
Je veux me plaindre de {n}, de {o}.
Le colis était pour {f}, non pour {f}.
Puis {n} a pris le relais, ensuite {f}.""",
    "es": """Ayer {n} probó la lámpara por primera vez.
El aparato que {n} devolvió estaba bien.
¿Por qué a {n} le pagaron y a mí no?
Tras la llamada con {n} no pasó nada.
{n} escribió que el artículo está agotado.
Díganle a {n} que ya funciona.
Esperamos a {n} en la tienda de {c}.
La semana pasada vinieron {n} y {n} a repararla.
Es un regalo de {n} a {f}.
La factura de {n} llegó a {n}.
{f} dice que la lámpara parpadea, y {n} también.
Por desgracia {n} dejó {o} y nadie responde.
El técnico, {n}, olvidó un tornillo.
Tanto {n} como yo tenemos cuenta.
Si {n} vuelve a llamar, cuelguen.
El pedido de {n} se cambió con el mío.
¡Gracias a {n} todo va bien!
Quiero quejarme de {n}, de {o}.
El paquete era de {f}, no de {f}.
Luego siguió {n}, y después {f}.""",
    "it": """Ieri {n} ha provato la lampada per la prima volta.
L'apparecchio che {n} ha reso andava bene.
Perché a {n} hanno rimborsato e a me no?
Dopo la telefonata con {n} non è successo niente.
{n} ha scritto che l'articolo è esaurito.
Dite a {n} che funziona di nuovo.
Abbiamo aspettato {n} al negozio di {c}.
La settimana scorsa {n} e {n} sono venuti a ripararla.
È un regalo di {n} a {f}.
La fattura di {n} è arrivata a {n}.
{f} dice che la lampada lampeggia, e {n} pure.
Purtroppo {n} ha lasciato {o} e nessuno risponde.
Il tecnico, {n}, ha scordato una vite.
Sia {n} che io abbiamo un conto.
Se {n} richiama, riattaccate.
L'ordine di {n} è stato scambiato col mio.
Grazie a {n} tutto funziona!
Voglio lamentarmi di {n}, di {o}.
Il pacco era di {f}, non di {f}.
Poi ha continuato {n}, e dopo {f}.""",
    "pt": """Ontem {n} experimentou o candeeiro pela primeira vez.
O aparelho que {n} devolveu estava bom.
Porque é que {n} recebeu o dinheiro e eu não?
Depois da chamada com {n} não aconteceu nada.
{n} escreveu que o artigo está esgotado.
Digam a {n} que já funciona.
Esperámos por {n} na loja de {c}.
Na semana passada vieram {n} e {n} repará-lo.
É um presente de {n} a {f}.
A fatura de {n} chegou a {n}.
{f} diz que o candeeiro pisca, e {n} também.
Infelizmente {n} deixou a {o} e ninguém responde.
O técnico, {n}, esqueceu um parafuso.
Tanto {n} como eu temos conta.
Se {n} ligar de novo, desliguem.
A encomenda de {n} foi trocada com a minha.
Graças a {n} tudo funciona!
Quero queixar-me de {n}, da {o}.
O pacote era de {f}, não de {f}.
Depois continuou {n}, e a seguir {f}.""",
    "nl": """Gisteren heeft {n} de lamp voor het eerst gebruikt.
Het apparaat dat {n} terugstuurde was prima.
Waarom kreeg {n} geld terug en ik niet?
Na het gesprek met {n} gebeurde er niets.
{n} schreef dat het artikel uitverkocht is.
Zeg tegen {n} dat het weer werkt.
We hebben op {n} gewacht bij de winkel in {c}.
Vorige week kwamen {n} en {n} het repareren.
Het is een cadeau van {n} aan {f}.
De factuur van {n} ging naar {n}.
{f} zegt dat de lamp knippert, en {n} ook.
Helaas is {n} weg bij {o} en antwoordt niemand.
De monteur, {n}, vergat een schroef.
Zowel {n} als ik hebben een account.
Als {n} weer belt, hang dan op.
De bestelling van {n} is verwisseld met de mijne.
Dankzij {n} doet hij het weer!
Ik wil klagen over {n} van {o}.
Het pakje was van {f}, niet van {f}.
Toen nam {n} het over, en later {f}.""",
    "zh": """昨天{n}第一次用这盏灯。
{n}退回来的{p}没有问题。
为什么{n}退了款，我却没有？
和{n}通话以后什么都没发生。
{n}写道，这个{p}已经卖完了。
请转告{n}，{p}又能用了。
我们在{c}的店里等{n}。
上周{n}和{n}来修过。
这是{n}送的礼物。
{n}的发票寄错了地方。
{n}觉得灯太暗，{n}也这么想。
可惜{n}离开了{o}，没人回复。
技术员{n}忘了装螺丝。
{n}和我都有账户。
如果{n}再打来，请挂断。
多亏{n}，{p}又好了！
我要投诉{o}的{n}。
这个包裹是{n}的，不是{n}的。
后来由{n}接手。
这件事我问过{n}两次。""",
    "ja": """昨日、{n}が初めてこのランプを使いました。
{n}が返品した{p}は問題ありませんでした。
なぜ{n}には返金され、私にはされないのですか。
{n}との電話の後、何も起きませんでした。
{n}から、売り切れだと書かれました。
また動くと{n}に伝えてください。
{c}の店で{n}を待ちました。
先週は{n}と{n}が修理に来ました。
これは{n}からの贈り物です。
{n}の請求書が違う所に届きました。
{n}は暗いと言い、{n}も同じ意見です。
残念ながら{n}は{o}を辞めました。
技術者の{n}がねじを忘れました。
{n}も私もアカウントを持っています。
{n}がまた電話してきたら切ってください。
{n}のおかげで{p}が直りました。
{o}の{n}に苦情があります。
この荷物は{n}のもので、{n}のものではありません。
その後、{n}が引き継ぎました。
この件は{n}に二度聞きました。""",
}
# Ordinary sentences with many capitals, among which nobody is named.
CAPITALS = {
    "en": """Fast Delivery And Great Price, Would Recommend The {p} To All.
THIS IS THE WORST {o} SHOP EVER, DO NOT BUY THERE!
The {p} and the {p} are both in the Summer Sale.
I Love This Phone Because The Battery Lasts.
Direct Debit, Apple Pay and Bank Transfer do not work in {c}.
New York Pizza and the Flower Shop next door are nice.
Is the {p} better than the {o} {p}?""",
    "de": """Sehr Gute Qualität Und Schneller Versand.
DAS IST DER SCHLECHTESTE LADEN ÜBERHAUPT!
Die {p} und die {p} sind im Sommerschlussverkauf.
Auf der Rechnung fehlt die Mehrwertsteuer, der Betrag und das Datum.
Im Wohnzimmer, im Schlafzimmer und im Keller hängt eine Lampe mit Schirm.
Kabel, Stecker, Karton und Anleitung lagen auf dem Tisch neben dem Bett.
Das LAN Kabel, der USB Stecker und die LED Leiste von {o} passen nicht.
Bitte prüfen Sie Betreff, Betrag, Lieferschein und Kundennummer.
Am Morgen kam der Bote, am Abend war die Ware wieder weg.
Grau, Weiß, Schwarz oder Rot: welche Farbe hat die Große Leselampe?
Mehr Licht, weniger Strom, kein Lärm: so ist die {p}.""",
    "fr": """Très Bonne Qualité Et Livraison Rapide.
C'EST LE PIRE MAGASIN DU MONDE !
La {p} et la {p} sont en Soldes d'Été.
Carte Bleue, Prélèvement et Virement ne marchent pas à {c}.
La Foire de {c} et l'Hôtel de Ville sont fermés.""",
    "es": """Muy Buena Calidad Y Envío Rápido.
¡ES LA PEOR TIENDA DEL MUNDO!
La {p} y la {p} están en las Rebajas de Verano.
Tarjeta de Crédito, Bizum y Transferencia no van en {c}.
La Feria de {c} y el Gran Hotel están cerrados.""",
    "it": """Ottima Qualità E Spedizione Veloce.
È IL PEGGIOR NEGOZIO DEL MONDO!
La {p} e la {p} sono nei Saldi Estivi.
Carta di Credito, Bonifico e Contrassegno non vanno a {c}.
La Fiera di {c} e il Grand Hotel sono chiusi.""",
    "pt": """Muito Boa Qualidade E Entrega Rápida.
É A PIOR LOJA DO MUNDO!
A {p} e a {p} estão em Saldos de Verão.
Cartão de Crédito, Multibanco e Transferência não dão em {c}.
A Feira de {c} e o Grande Hotel estão fechados.""",
    "nl": """Heel Goede Kwaliteit En Snelle Levering.
DIT IS DE SLECHTSTE WINKEL OOIT!
De {p} en de {p} zijn in de Zomer Uitverkoop.
Creditcard, Automatische Incasso en Overboeking werken niet in {c}.
De Jaarbeurs in {c} en het Grand Hotel zijn dicht.""",
    "zh": """房间安静，早餐丰富，服务温馨，性价比很高。
顾客很多，上菜慢，汤太咸，米饭还可以。
项目马上就要结束，顾问说要简单一点。
周末高兴地买了，温泉附近的酒店很豪华。
谢谢商家，包装齐全，味道不错，下次还会点。
车站旁边的小店，金属灯罩，白色和黄色都有。
方便快捷，何时发货？于是我就取消了。""",
    "ja": """部屋は静かで、朝食もおいしく、また泊まりたいです。
林檎の形の灯りと、森の香りの石鹸を買いました。
原因は不明ですが、東の部屋だけ暗いです。
高い山と小さな川の絵が付いた箱でした。
今井戸の水を飲みました。上田舎の味です。""",
}
