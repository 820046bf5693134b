"""Words of names that are also something else, in the languages that no dictionary here covers; by general knowledge."""

# ruff: noqa: E501, SIM905 - a list is easier to read in long lines
from __future__ import annotations

PARTICLES = frozenset(
    "van von der den de del della di da do dos das du des la le les el los las y e i ten ter te op in zu zum bin al abu san santa st "
    "ibn ben ap o mac mc le' der' d' l' jr sr dr mr mrs ms".split()
)
# In some country's list of names, and never one where these languages are spoken.
NEVER = frozenset(
    "danish german english french spanish italian dutch portuguese chinese japanese easter christmas monday tuesday wednesday thursday friday saturday sunday "
    "tage tagen visa klarna paypal ikea ikaros lumera bluetooth android windows".split()
)
WORDS = frozenset(
    # months, days, feasts
    "april may june august avril juin août mai juni juli januar mars märz maio agosto abril mayo junio julio enero natal noël noel pascual pasqua domingo sabato "
    "sonntag freitag montag dezember oktober november september "
    # places and makers
    "paris london berlin wien florence vienna sydney adelaide victoria georgia virginia carolina dakota austin dallas houston orlando jackson lincoln washington madison "
    "israel jordan chad china india asia america africa kenya cuba chile panama holland deutschland france italia españa brasil portugal europa lorraine alba "
    "milan roma siena verona trento palermo sevilla valencia toledo granada córdoba león burgos ávila santiago asunción merced lourdes fátima "
    "mercedes ford bosch siemens philips dyson braun miele canon nike adidas puma dell apple amazon google samsung lumera aurora visa klarna paypal alexa siri cortana "
    "lidl aldi otto zara mango prada gucci chanel dior boss tesla ferrari porsche audi opel honda suzuki toyota mazda yamaha kawasaki nokia sony lego barbie disney "
    "netflix nintendo windows word excel outlook oracle adobe ikaros northlamp luna nova iris stella halo beacon nordic vega orion phoenix atlas apollo venus diana "
    # German
    "koch fischer schneider weber wolf stein könig lang lange klein groß gross schwarz weiß weiss jung winter sommer herbst vogel busch berg frank ernst sonne "
    "stern wind wald bach feld haus hof horn kaiser herzog fürst graf ritter richter schmidt müller bäcker metzger schäfer jäger bauer gärtner maurer zimmermann "
    "keller kellner schuster krämer kraft reich arm stark kurz roth rot blau grün gelb braun fuchs hase hahn adler falk sperling hecht krebs lamm ochs "
    "engel teufel bischof pfaff mönch vogt schulz schulze schreiber kaufmann kramer seiler sattler wagner heiland blum blume rose linde birke eiche busche "
    "kern kirsch apfel birne nuss korn weizen hafer salz pfeffer zucker butter brot fleisch knecht magd mann frau kind vater mutter sohn bruder freund "
    "gast wirt meister geselle lehrling hirsch bär zeit jahr tag morgen abend nacht hans peter lampe licht glas schirm fuß hand kopf haar herz heil glück will wohl gut "
    "bald hier dort alles nichts viel neu alt ost west nord süd stahl eisen gold silber kupfer blech draht kabel nagel hammer beil säge ring kette schatz geld "
    "marie-luise-straße probst förster böhm preuß sachs schwab frankfurt hess hesse ulm kranz bolz riegel schloss schloß burg thurm turm tor brücke weg steg "
    "anger moor teich brunnen quell see fluss ufer insel strand mai heide klee rosen lilie melissa erika jasmin minze salbei fee mehr "
    # French
    "petit grand blanc noir roux rose roi leroy le la marine pierre olive fleur claire reine prince ange clémence prudence constance aurore océane perle ambre "
    "rousseau lebrun brun gris vert bleu rouge jaune leblanc lenoir legrand lepetit moulin fontaine rivière dupont dubois bois forêt champ champs prairie mont montagne "
    "vallée colline lac mer île plage soleil lune étoile nuage pluie neige vent hiver printemps été automne chevalier marchand boucher boulanger fournier berger "
    "meunier charpentier tailleur tisserand maréchal maçon pasteur évêque moine benoît bonnet chapeau manteau robe gilet brochet renard lefèvre poulain mouton "
    "martin merle pinson colin gros gras bon bonne beau belle joli jolie vrai franc gentil heureux parfait noble sage juste marchal camus collet gaillard "
    "voisin cousin legendre parent royer meyer guerre paix victoire amour espoir foi charité gloire honneur patience solange france "
    # Spanish
    "rosa luz mar sol cruz flores león ángel dolores pilar paz gracia consuelo esperanza caridad fe nieves rocío remedios socorro amparo ángeles reyes concepción "
    "rey moreno rubio blanco negro rojo verde castaño delgado gordo calvo bravo bueno malo santo santos campo campos calle prado monte montes sierra vega ríos río "
    "fuente fuentes puente torre torres castillo iglesia casas casa palacio molina molino herrero zapatero pastor cabello cabeza mano manos pie gallo gallego "
    "lobo cordero toro vaca caballo palma parra manzano peral cerezo naranjo olmo roble pino rama hoja flor jardín huerta viña trigo cebolla "
    "guerra guerrero paz victoria soledad estrella luna cielo blanca clara alba mercedes virtudes milagros asunción encarnación trinidad salvador jesús maría perla "
    "plata oro hierro acero cobre piedra arena marina linda bella inocencio clemente prudencia vicente justo leal franco fiel salud lago valle domínguez "
    "mayor menor alto bajo largo corto ancho redondo serrano valiente cano pardo rico pobre sastre barbero conde duque marqués caro dulce salas sala marca cobo "
    # Italian
    "fiore fiori gatti gatto leone leoni marina viola serena chiara stella gemma bianca bianco bianchi nero neri rossi rosso verdi verde bruno biondi grassi magri "
    "monti monte valle villa ville costa mare riva fontana torre chiesa palazzo castello ponte piazza ferrari fabbri sartori barbieri pastore conti marchesi "
    "conte re regina papa vescovo monaco santi santo angelo angeli grazia grazie pace gioia fede speranza carità luce alba aurora perla ambra oriana pia vera "
    "allegra benedetta celeste italia europa rosa margherita viola ortensia lupo volpe orso cavallo agnello galli gallo colombo merlo longo lungo corti corto "
    "basso alto grande piccolo piccoli vecchio giovane bello belli ricco ricci forte forti amato felice fortunato pisano romano napolitano greco turco franco "
    "palla campo campi bosco prato fiume pietra sasso ferro oro argento marmo testa mano bocca barba capelli monaldo guerra vittoria milani sala sole luna domenica "
    # Portuguese
    "flor rosa cruz costa silva pereira oliveira carvalho pinheiro nogueira figueira moreira ribeiro ribeira rios rio lagos lago mar praia ilha monte serra vale "
    "campos campo prado jardim horta casa torre castelo ponte fonte rocha pedra ferro ferreira prata ouro leão lobo raposo coelho carneiro cordeiro pinto galo pombo "
    "branco preto verde vermelho azul amarelo gordo magro alto baixo grande pequeno bravo santo santos anjos anjo reis rei rainha guerra paz vitória esperança glória "
    "luz sol lua estrela céu nascimento natividade conceição jesus maria graça aparecida belo bela linda clara leal melo macedo mata matos neves lima cunha "
    "salvador viana porto brandão barros faria amaral fogaça machado correia cardoso marques barbosa moura frade freitas pires serrano abreu caldeira caldas vaz "
    "íris yara serra maia sales telles fernando isto este esta "
    # Dutch
    "jong groot klein wit zwart bruin rood blauw groen bakker visser kok smit smid kuiper molenaar mulder meijer koning keizer prins graaf hertog ridder bisschop "
    "boer jager schipper timmerman metselaar schilder kramer koster schoenmaker kleermaker wolf vos beer leeuw haan vogel duif valk arend snoek vis bos berg dal "
    "dijk dam sluis brug poort toren kerk huis hof veld weide akker tuin bloem roos lelie tulp linde eik beuk appel peer noot dag nacht zomer winter lente herfst "
    "vrolijk goed beter best lief mooi fijn sterk zwaar licht hoog laag lang kort rijk arm oud nieuw noord zuid oost west goud zilver ijzer steen zand water "
    "vuur lucht maan zon ster wind regen sneeuw hemel hand hart hoofd vlam baas man vrouw kind sam mees fee roos sterre bas bart ties tijn pier post bel beek lamp "
    # English that dictionaries give as names too
    "will mark rose grace hope faith joy art bill frank grant chase page price young long short white black brown green gray grey king cook baker smith miller taylor "
    "carter mason hunter fisher gardner archer turner walker rich noble sage rusty sandy cliff dale glen heath lane brook brooks ray dean earl duke baron bishop "
    "pope abbott church hall park parks hill wood woods field fields rivers lake stone steel gold silver star sky summer autumn winter spring dawn eve crystal ruby "
    "pearl amber jade opal ginger basil olive ivy lily daisy violet heather holly iris poppy rosemary cherry candy honey angel chance destiny journey trinity "
    "charity mercy patience constance prudence verity honor major sergeant judge justice day weeks moon love best good sharp strong wise moody savage small little "
    "power powers light lamp bolt case potts house homes marsh wells bush bird fox wolf lamb drake crane swan hawk hawkins rod guy gene jack jean jimmy bob pat "
    "sue drew miles max pro mini home office express standard premium classic lane street road avenue van royal ocean solar prime ultra travel gift card set kit hub "
    "bundle cable stand club sale station studio market bank airport museum cup award festival black monday bay bell berry booth bond branch bright "
    "case casey cash christian chip clay dash deal ernest fay forest gale harmony jewel kit kitty lee lori melody mercury merry misty norm penny peg porter ryder "
    "skip sonny sterling story sunny tab tad tanner teal terry trace tripp ward wade wren zen zip royce paige carol pierce reed rob robin ross scout shay val bud "
    "but the and for not you all can her was one our out they him his she who did get let say too use man two how its now say any new from with have this that "
    "guten gut hallo hello dear hola ciao bonjour merci danke gracias grazie obrigado bedankt salut salve sie ihr ich wir bitte ja nein yes no non oui si sim nee".split()
)
# Given names that a dictionary or an atlas knows as something else, too, and that are a name nearly always.
SURE = frozenset(
    "adolfo adrian adriana alexandria alice aline alvin albertina andrew antonina antony arnold augusta barbara barry benton bethany beverley beverly billy bobby bradford brandon "
    "brian bryan carmel catarina charlotte christen christian clement clementina clinton cláudia cláudio cristina custódia clive dalton damião davie denise derrick dexter diego dieter "
    "dirk dominica dominik dominika dominique donna dorotea douglas duarte dudley duncan eddy edmond elizabeth emmerich enid eugene eugenia eusébio everett fanny fernão floriano "
    "franklin frederick gary gaspar gilbert gillian glendora godfrey griffin gyula hannibal harrison harry harvey helena henna hector howard hudson hyacinth "
    "iracema irvine jarosław jay joy kendal kenia ken keith kyle lauren laurel laurentino lavínia lawrence leander leopoldina lester logan lorena lucrécia lynn madalena marco margarita mariana "
    "marietta marilena marion marshall matt maurice mauricio melle mickey mike miranda monserrate morgan nancy nick nora norman oscar osório parker preston priscilla "
    "quincy ramsey randy raúl remígio rex rhea ronda rosana rosário rosette ross roy sally sander sara scarlet sebastian serenity sergio sheridan sherman sidney silvan susan sylvania sylvia "
    "teresina terezinha terrell theodore till tilde tim timon timóteo tom tomazina tracy tristan troy tyler ulrika valentine vernon victor vilhelmina vitorino warren wayne "
    "wilson willow zacarias águeda áurea åsa maria marie peter john michael david anna mary karen james george martin thomas henry".split()
)  # fmt: skip
