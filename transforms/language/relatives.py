"""Relatives: languages for which the models have no label of their own, and the words that only they write.

Each is taken for the language of the corpus that it is nearest to, often with .99: Silesian for Polish, Scots for
English, Mazanderani for Persian. The words are those most frequent in MediaWiki's messages in that language (GPL-2.0,
1.39, from Debian) that occur in none of its nearest relative's, nor in its manuals, help pages and books; names of
things and what both might write were taken out by hand, and general words put
in, of Scots and Ladino some that are in the Universal Declaration of Human Rights.
"""

from typing import NamedTuple

__all__ = ["RELATIVES", "Relative"]


class Relative(NamedTuple):
    """A language `code` that is taken for `of`, and its words, in small letters and with blanks between."""

    of: str
    code: str
    words: str


RELATIVES = (
    Relative(
        "pl",
        "szl",
        "ńy zajty abo coby śe tyj kere sům niy pozůr zajtůw idźe uod strōny brif uo tyn kej kery sōm "
        "użytkowńika mjano ôd tyż dej terozki żeś tygo twůj sprowjyń mosz aże niyma ftory "
        "bōł bōła bōło kerŏ ino jejigo majōm żŏdyn kaj inkszy inksze mŏ",
    ),
    Relative(
        "pl",
        "csb",
        "starnë abò jeżlë ni mòże zjinaczi lopka abë bë niżi sã dlô mòżesz bëc blós wszëtczé zmianë pò nen "
        "negò starnã jes starna biéj lopk ùzérónëch starnów zjinaków edicëji brëkòwników ji wicy jich "
        "jaczi żebë "
        "bëła bëło téż leno òd mô gôdka chtëren chtërna jaczé",
    ),
    Relative(
        "en",
        "sco",
        "tae haes uiser fae hae wis canna wab uise ither follaein nae oan micht deletit chynges "
        "uisers nou uisername chynge blockit aen uised awreadie anely trystwird mistak dinna whit thir "
        "thay frae whaur sic gin wisna didna isnae wasnae didnae cannae dinnae auld "
        "hes richt richts awbody ony nane oot throu mair ane ower naebody weel warld aince aboot doun toun "
        "maist twa thaim sae",
    ),
    Relative(
        "fa",
        "mzn",
        "دله ونه ئون جه اتا شمه نوم وه دمبال کاروری ین اینتا کارورون وس دارنه بخاستنی هاکرده دچی هارشین هاکنین "
        "هنتا وانه وسه بنویشته هادین حیساب بنویسین ئونی بیه بورین بساتن ننشنه",
    ),
    Relative(
        "fa",
        "lrc",
        "بیه بلگه بکیت اؽ بٱلگٱ بٱکؽت نوم هنی بیٱ جانیا پاکسا هوم یٱ کاریاری آلشت هاری هان ڤا ایسنی خوتو نبوئه "
        "ڤیرایش تیرنشون ڤٱن رازینٱ ونه گرته ڤٱ تونیت انجوم مؽ پیم",
    ),
    Relative(
        "fa",
        "bqi",
        "ڤا کونین ایسا یٱ بٱلگا رازینا بٱل ڤابیڌا نوم گوڌٱشتن کاریاری بۊ یٱل ڤامی هساو تیرنشوݩ نٱترین ڤیکی "
        "چونو ٱنجوماناما ٱنجوم تٱموم ڤۊها آلشد بیائین راسد دیٱ یٱلی آڤیڌا آلشدکاری نۉ ٱر",
    ),
    Relative(
        "de",
        "bar",
        "dé néd voh vo wern worn seitn ned hod óder wean enthoit bittschee werd koane adress deih zua wia "
        "vawendt éndarungan ois wánn biddschen kenner daatei bittscheh ower danoch posswort oda saiten koa "
        "gwen nimma",
    ),
    Relative(
        "de",
        "gsw",
        "isch syte vu nit uf wu wore chasch nid däm vo chenne hesch wänn ere scho adräss vum kei alli dateie "
        "gsperrt worde zue lueg vun eme versuech glescht brucht bearbeite nume nöd öppis gsi hät",
    ),
    Relative(
        "de",
        "ksh",
        "nit för sigg heh mer vun ene metmaacher ze sigge däm och udder hät esu han donn öm ävver kanns dattei "
        "weed enem ald övver wells künne wikki noh vum ens künnt",
    ),
    Relative(
        "de",
        "nds",
        "nich vun disse siet för warrn ännern warrt worrn sieden sünd bruukt wiest hett hest över gifft kiek "
        "bruken blot wedder dit köönt angeven üm versöök maakt dissen naam hoochladen aver wohrschau ik",
    ),
    Relative(
        "nl",
        "li",
        "neet veur dees nao gebroek zeen gein bestandj det gebroeker höbs verangeringe weurt haet meugelik óm "
        "gebroekers pazjena wachwaord kins oppernuuj ouch dae bestenj bie perbeer wils ómdet dich hie "
        "verangere gegaeves",
    ),
    Relative(
        "nl",
        "zea",
        "deêze voe gebruuk worn ei mie jen hin aolle gebruker wachtwoôrd vò bladzie uut hehevens gebruukt kunn "
        "aore mè eên wiezigiengen verwiezienge wor opeheven volhende deu onderstaende maeken dezen "
        "waerschuwieng lieste lèste",
    ),
    Relative(
        "nl",
        "nds",
        "wörden zied veur naor syde ziejen gien joew neet gebruker dee vortedaon allinnig üm egeven aandere "
        "bint vöär gebruuk ku steet nao bie uut netpostadres opniej bekieken bewarken juw besteet hef "
        "verwiezing",
    ),
    Relative(
        "it",
        "nap",
        "nun pe dint na paggene ccà ncopp stu nomme cu cagnà cchiù abbascio ponno avite cuntrullate "
        "cagnamiente ffà pecché vuosto riggistro putite ausà vota vedite vedé quanno vuje ati verziona vulite "
        "sulamente",
    ),
    Relative(
        "it",
        "scn",
        "nun lu pàggina dû na dî pàggini nu dâ nomu nta virsioni cu canciari èssiri canciamenti comu ntô ponnu "
        "favuri sunnu elittrònica àutri nnirizzu ccassutta riggistru sulu cchiù lijami pussìbbili àutra vìdiri",
    ),
    Relative(
        "es",
        "lad",
        "trocamientos ke pajina usador kon dosya kambios uza trocar esconder akavidamiento anyadir atamiento "
        "usadores kuando enkontra sigiente teksto egziste abaxo sos hazer parâ "
        "kada komo kontra kualkier dinguno djente ombre muestro muestra tyene publiko komun puevlo paiz",
    ),
    Relative(
        "fr",
        "frp",
        "pâge fichiér avouéc dedens étre cél pués plét pâges utilisator voutron sus étâye changiér adrèce étâ "
        "pôt pouede éd vouiqui fâre cen èlèctronica fichiérs vèrsion contresegno desot utilisators vêre "
        "contint gins éte",
    ),
    Relative(
        "fr",
        "pcd",
        "poin pache chés éd paches aveuc lisse eune uzeu canjemints pou pèr foaire éq eutes loïen édseur ète "
        "ech ches seulemint suire éj ètes adrèche teske ichi afute fichié protécchon nouvieus cangemints",
    ),
    Relative(
        "uk",
        "rue",
        "ся сторінкы была тота сьте кідь лем тот едітованя уж хоснователя просиме тоту ниже зміны жебы было "
        "сторінцї суть пошты єй котры обсягує слїдованых одказ едітовати екзістує вшыткы быв детайлы "
        "наставлїня переменовати",
    ),
    Relative(
        "ar",
        "arz",
        "اللى مش دى علشان سمحت الصفحه بس تانى بتاعك ده اليوزر عايز لستة بتاعة دلوقتى تشوف المسح كمان يوزر "
        "الويكى بتاعتك كدا انك اليوزرز بعدين الايميل الصفح التانيه ماينفعش ليها ايميل اكتر",
    ),
    Relative(
        "ru",
        "koi",
        "оз ті медбы вӧлі абу корам сійӧ тіян понда лоны листбок колӧ вылӧ этія листбокыс этӧ позь кӧ мый "
        "пыртны электроннӧй вермас мыля одӧ вежны вермӧ листбоксӧ дзир листбоккез лоас сія позьӧ",
    ),
    Relative(
        "fi",
        "olo",
        "iäre sendäh pidäy sidä sinul täl olemas tädä alemba tiijoston sit sivuu täs opi käyttiä niškoi kudai "
        "sistiemah ollah sivul endizeh ottua kundoh kudamat uvvessah tiijostuo luadie kohendua "
        "käyttäjäntunnuksen kačo voijah kaččuo",
    ),
    Relative(
        "el",
        "pnt",
        "σελίδαν ατό απές αρχείον επορείτε αβούτεν ίνεται ντο ασό επορούν σημάδιν αούτον γράψιμον οπίς εφτάτε "
        "ντ τερέστεν αβούτη ασ έχ όνεμαν όνομαν ασπάλιγμαν σύνδεσμον αφκά πορείτε άμα εφορτώθεν ατο αέτς "
        "εκαικά επίπεδον",
    ),
)
"""At most 32 of them."""
