"""Frequent words of the languages that short texts arrive in: evidence for `core.tasks.language`.

Written for this project: articles, pronouns, prepositions, auxiliaries, question words, days, months and everyday
words, lower case; elided forms end in an apostrophe (l', dell').
"""

from __future__ import annotations

_WORDS = {
    "en": """
        the of and to a in is it you that he was for on are with as i his they be at one have this from or had
        by not but what all were we when your can said there use an each which she do how their if will up other
        about out many then them these so some her would make like him into time has look two more write go see
        no way could people my than first been who its now find long down did get come made may part over new
        take only know work year me give our under name very just great think help before too any same tell does
        well want also here still again never after yes please thank thanks where why don't can't i'm it's isn't
        won't didn't doesn't we'll i've that's monday tuesday wednesday thursday friday saturday sunday january
        february march june july october price order phone house city money water food school week month night
        morning evening woman man child children friend old little big small high next last every both always
        often between while another world country company today tomorrow yesterday buy bought pay paid send sent
        need open closed without against during should might must let love cannot could've being having doing
        something nothing everything someone nobody until we're you're they're there's what's couldn't wouldn't
        haven't hasn't aren't wasn't weren't used using read call called left right turn set keep looks loved
        hated arrived broken works working bad best worse better cold hot fast slow cheap expensive door room
        street shop store train car dinner breakfast bread cheese minutes hours hour person problem question
        answer thing things really once twice almost already soon maybe inside outside near far per above below
    """,
    "de": """
        der die das und ist in zu den nicht ich sie es sich mit dem auf für er ein eine einen einem einer im von
        war so aus als auch an nach wie wir bei noch nur wenn werden über aber um haben hat hatte einmal mehr
        man ihr ihre ihren ihrer mein meine meinen dein deine sein seine kann können oder vor zur zum bis durch
        sind wird wurde wurden dass daß was kein keine wo wer warum doch schon hier jetzt dann mir mich dir dich
        uns euch unser unsere bitte danke muss müssen soll sollte würde würden habe hast bin bist gut sehr immer
        wieder etwas nichts alle alles diese dieser dieses am beim vom gegen ohne unter zwei drei heute gestern
        morgen weil ob damit also mal nie ja nein gibt geht machen gemacht seit viel viele montag dienstag
        mittwoch donnerstag freitag samstag sonntag januar februar märz juni juli oktober preis bestellung
        telefon haus stadt leute geld wasser essen schule woche monat nacht abend frau mann kind kinder freund
        alt alte alten klein kleine groß große hoch nächste nächsten letzte letzten jeden jede jedes beide oft
        zwischen während welt land firma kaufen gekauft bezahlt zahlen schicken brauche brauchen offen
        geschlossen ersten neue neuen neues jemand niemand könnte könnten möchte möchten liebe deshalb trotzdem
        ganz ganze gegeben kommen kommt steht stehen sagen sagte liegt hier's gemeint lesen schreiben anrufen
        links rechts funktioniert kaputt angekommen schlecht besser beste besten schlimm kalt heiß warm schnell
        langsam billig teuer tür zimmer straße laden geschäft zug auto abendessen frühstück brot käse minuten
        stunden stunde person problem frage antwort ding dinge wirklich zweimal fast bald vielleicht drinnen
        draußen nahe weit pro oben unten lieber leider natürlich genau richtig falsch schön halten hält lassen
        lässt finden findet neben hinter jahr jahre
    """,
    "fr": """
        le la les de des du un une et est en que qui dans pour pas ne sur se ce il elle au aux avec par son sa
        ses je tu nous vous ils elles mais ou où plus tout tous toute toutes sans être sont été était avoir ont
        ai as avait fait faire comme leur leurs y même aussi bien peut deux si nos notre vos votre mon ma mes
        ton ta tes cette cet ces très quand rien après avant chez entre encore jamais toujours moins peu
        beaucoup suis êtes sommes oui non merci bonjour s'il c'est n'est j'ai qu'il d'un d'une n'a l'on pourquoi
        comment quel quelle quels trop alors donc car vers depuis pendant faut veux voudrais jour fois ici là ça
        lui eux moi toi lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars juin juillet
        octobre prix commande téléphone maison ville gens argent eau manger école semaine mois nuit matin soir
        femme homme enfant enfants ami vieux vieille petit petite grand grande haut prochain prochaine dernier
        dernière chaque souvent monde pays entreprise aujourd'hui demain hier acheter acheté payer payé envoyer
        besoin ouvert fermé premier première nouveau nouvelle quelqu'un personne pouvez pourrait aime aimerais
        plusieurs contre selon temps aucun aucune déjà mieux lors afin celui celle ceux peux sais dit dire l' d'
        j' n' s' c' qu' m' t' lire écrire appeler gauche droite marche cassé cassée arrivé arrivée mauvais
        mauvaise meilleur meilleure pire froid froide chaud chaude rapide lent cher chère porte chambre rue
        magasin train voiture dîner petit-déjeuner pain fromage minutes heures heure problème question réponse
        chose choses vraiment seulement presque bientôt peut-être dedans dehors près loin dessus dessous tard
        tôt gagné perdu mis mettre prendre pris trouver trouve perdre garder rendre laisser laisse bout suite
        avez-vous est-ce hôtel an ans mois-ci
    """,
    "es": """
        el la los las de del un una unos unas y es en que no se por con para su sus lo como más pero al me le
        les ya o este esta estos estas sí porque cuando muy sin sobre también hay donde quien desde todo todos
        toda todas nos mi mis tu tus te si ni fue era son ser está están estar ha han he hemos tiene tengo hacer
        hace puede puedo dos tres yo él ella ellos usted ustedes nada algo mucho mucha muchos poco bien así
        ahora aquí siempre nunca entonces gracias hola favor qué cómo cuándo cuánto dónde quién después antes
        entre hasta durante otra otro años día vez eso esto ese esa uno nuestro nuestra nuestros según mejor
        gran ir voy va vamos quiero sólo solo aunque mientras lunes martes miércoles jueves viernes sábado
        domingo enero febrero marzo junio julio octubre precio pedido teléfono casa ciudad gente dinero agua
        comida escuela semana mes noche mañana tarde mujer hombre niño niños amigo viejo vieja pequeño pequeña
        grande alto próximo próxima último última cada mundo país empresa hoy ayer comprar comprado pagar pagado
        enviar necesito necesita abierto cerrado primer primera nuevo nueva alguien nadie podría podrían quiere
        quieren gusta varios contra tiempo ningún ninguna fueron había decir dijo sabe llegó llegar ahí tan
        tanto pues cualquier hacia leer escribir llamar llame izquierda derecha funciona roto rota llegado malo
        mala mejores peor frío fría caliente rápido lento barato caro cara puerta habitación calle tienda tren
        coche cena desayuno pan queso minutos horas hora persona problema pregunta respuesta cosa cosas
        realmente solamente casi pronto quizás dentro fuera cerca lejos arriba abajo temprano ganó perdió poner
        puso tomar encontrar perder dejar deja tras ante bajo sigue siguen suele mal buen buena bueno buenos
        ciudades veinte menos además
    """,
    "pt": """
        o a os as de do da dos das um uma e é em no na nos nas que não se por com para seu sua seus suas ao aos
        à às mais mas como ou foi são ser está estão estar tem têm tenho ter há eu ele ela eles elas você vocês
        nós meu minha meus minhas este esta isso isto esse essa aquele pelo pela pelos já também só muito muita
        muitos bem quando onde quem porque sem sobre até depois antes entre todo todos toda todas nada algo
        nunca sempre agora aqui ainda então obrigado obrigada olá qual quanto pode posso fazer faz dois duas
        três lhe te me nosso nossa mesmo outra outro anos dia vez era fui vai vou vamos quero sim num numa dele
        dela segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo janeiro fevereiro
        março junho julho outubro preço pedido telefone casa cidade pessoas gente dinheiro água comida escola
        semana mês noite manhã tarde mulher homem criança crianças amigo velho velha pequeno pequena grande alto
        próximo próxima último última cada mundo país empresa hoje ontem amanhã comprar comprei pagar pago
        enviar preciso precisa aberto fechado primeiro primeira novo nova alguém ninguém poderia querem quer
        gosto gosta vários contra tempo nenhum nenhuma foram havia dizer disse sabe chegou chegar lá nem tão
        tanto pois qualquer durante melhor feira ler escrever ligar ligue esquerda direita funciona quebrado
        quebrada chegado mau má melhores pior frio fria quente rápido lento barato caro cara porta quarto rua
        loja trem comboio carro jantar café-da-manhã pão queijo minutos horas hora pessoa problema pergunta
        resposta coisa coisas realmente apenas quase logo talvez dentro fora perto longe acima abaixo cedo
        ganhou perdeu colocar tomar encontrar perder deixar deixa atrás sob continua continuam mal bom boa bons
        vinte menos além estava estavam ficou ficar
    """,
    "it": """
        il lo la i gli le di del della dei delle dello degli da dal dalla in nel nella nei nelle con su sul
        sulla per tra fra un uno una e è ed che non si a al alla ai alle ma come o più anche se mi ti ci vi ne
        suo sua suoi sue mio mia miei mie tuo tua nostro nostra questo questa questi queste quello quella sono
        sei siamo ho hai ha hanno abbiamo era stato stata essere avere fare fatto può posso molto molti poco
        tutto tutti tutta bene quando dove chi perché senza sopra dopo prima ancora mai sempre adesso ora qui
        così grazie ciao cosa quale quanto due tre io lui lei noi loro niente qualcosa già solo quindi però
        mentre anni giorno volta c'è l'ho dell' nell' all' voglio vorrei lunedì martedì mercoledì giovedì
        venerdì sabato domenica gennaio febbraio marzo giugno luglio ottobre prezzo ordine telefono casa città
        gente soldi acqua cibo scuola settimana mese notte mattina sera donna uomo bambino bambini amico vecchio
        vecchia piccolo piccola grande alto prossimo prossima ultimo ultima ogni spesso mondo paese azienda oggi
        ieri domani comprare comprato pagare pagato inviare bisogno aperto chiuso primo nuovo nuova qualcuno
        nessuno potrebbe vuole vogliono piace alcuni contro tempo nessuna furono aveva dire detto sa arrivato
        arrivare lì né tanto poi durante meglio avete sta stanno fa l' d' un' c' dall' sull' quest' quell' com'
        dov' leggere scrivere chiamare chiami sinistra destra funziona rotto rotta cattivo cattiva migliori
        peggio freddo fredda caldo calda veloce lento economico caro cara porta camera strada negozio treno
        macchina cena colazione pane formaggio minuti ore persona problema domanda risposta cose davvero
        soltanto quasi presto forse dentro fuori vicino lontano giù tardi vinto perso mettere messo prendere
        trovare perdere lasciare dietro sotto continua male buono buona buon venti meno inoltre erano rimasto
        restare proprio
    """,
    "nl": """
        de het een en van is in dat op te zijn niet met voor er die ik je jij u hij zij ze we wij aan ook als
        maar om bij nog uit door over naar was heb heeft hebben had kan kunnen wordt worden werd zou zouden zal
        zullen dan of mijn uw jouw onze ons hun haar hem mij me wat wie waar waarom hoe wel geen niets iets alle
        alles deze dit veel meer zo nu hier daar al toch moet moeten mag wil tot tussen tegen zonder onder na
        twee drie vandaag gisteren morgen altijd nooit weer zeer erg goed graag bedankt dank alstublieft hallo
        ja nee gaat gaan doen gedaan maken gemaakt omdat toen want sinds jaar dag keer ben bent jullie maandag
        dinsdag woensdag donderdag vrijdag zaterdag zondag januari februari maart juni juli oktober prijs
        bestelling telefoon huis stad mensen geld water eten school week maand nacht ochtend avond vrouw man
        kind kinderen vriend oud oude klein kleine groot grote hoog volgende laatste elke ieder beide vaak
        tijdens wereld land bedrijf kopen gekocht betalen betaald sturen nodig open gesloten eerste nieuw nieuwe
        iemand niemand kunt kon mooi hou houdt houd vindt vele tijd enkele waren hadden zeggen zei weet
        aangekomen komen komt staat zelf dus later beter echt helemaal naast zodat wilt sommige lezen schrijven
        bellen bel links rechts werkt kapot slecht slechte beste slechter koud koude warm warme heet snel
        langzaam goedkoop duur dure deur kamer straat winkel trein auto avondeten ontbijt brood kaas minuten
        uren uur persoon probleem vraag antwoord ding dingen slechts bijna binnenkort misschien binnen buiten
        dichtbij ver boven beneden laat vroeg gewonnen verloren zetten nemen vinden verliezen laten achter
        blijft blijven helaas natuurlijk precies juist mooie lekker lekkere jaren gelegd verwacht terug samen
        liever
    """,
}

FREQUENT_WORDS: dict[str, frozenset[str]] = {code: frozenset(words.split()) for code, words in _WORDS.items()}
