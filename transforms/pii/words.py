"""Words in front of a number that say what the number is, in all 26 languages.

Each word is written as it is found: for most scripts it must begin where a word begins, in Chinese, Japanese and Korean
it may end a longer run. Case does not matter. What stands between word and number may be spaces, a colon, a full stop,
quotes and brackets, and up to three fillers: `Tel. no.:`, `phone number is`.
"""

from babelmill.transforms.pii.kinds import PLACEHOLDERS

__all__ = ["ADDRESS", "COUNTER", "FILLER", "IDENTITY", "MASKED", "OTHER", "TELEPHONE", "VERSION", "WORDS"]

TELEPHONE, FILLER, COUNTER, OTHER, VERSION, ADDRESS, IDENTITY, MASKED = range(1, 9)
"""What a word says of the number behind it: a telephone number; nothing yet; some number (`No.`); a number of another
kind (`ISBN`, `order`); a version or section; an IP address; an identity number. MASKED: a placeholder ends here."""

_TELEPHONE = """
    tel tel. telephone telephones phone phones ph. cellphone mobile mob. mob fax telefax whatsapp viber téléphone
    téléphones tél tél. télécopie mobiles telefon telefonnummer telefonnr telefonnr. tel.-nr. tel.-nr telefax
    rufnummer handy handynummer mobilnummer mobiltelefon festnetz mobil fernruf hotline teléfono teléfonos telefono
    telefoni tfno tfno. tlf tlf. telf telf. móvil celular cellulare recapito telefone telefones telemóvel fone
    telefonu telefony telefonem komórka komórkowy kom. faks infolinia telefoon telefoonnummer telefoonnr telefoonnr.
    mobiel gsm gsm-nummer telefonní telefonu mobilní telefonszám telefonszáma telefonszámon mobilszám telefonja
    telefonos telefoane telefonul mobilul telefonnummret telefonen mobilen mobiltel mobilnr mobilnr. telefonnumer
    mobiltlf mobiltlf. tlf.nr. tlf.nr puhelin puhelinnumero puh puh. matkapuhelin faksi gsm-numero telefonu
    telefonunuz telefonları cep faks gsm điện_thoại thoại đt sđt đtdđ hotline τηλ τηλ. τηλέφωνο τηλέφωνα τηλεφώνου
    κινητό κιν κιν. φαξ φάξ тел тел. телефон телефона телефону телефоны телефоном телефоне факс моб моб. мобильный
    моб.тел моб.тел. сотовый т/ф тел/факс телефони телефонът телефонен мобилен мобільний мобільного телефонів ватсап
    вайбер هاتف الهاتف هاتفه هاتفي هاتفنا تلفون التلفون تليفون التليفون جوال الجوال موبايل الموبايل محمول المحمول
    فاكس الفاكس تلفن تلفنی موبایل همراه فکس نمابر دورنگار تماس 电话 電話 手机 手機 电话号码 電話番号 電話號碼 手机号
    手机号码 手機號碼 手機號 传真 傳真 热线 熱線 座机 联系方式 聯絡電話 固话 携帯 携帯番号 ファックス ファクス
    ファックス番号 ダイヤル テレホン 直通 フリーダイヤル 行動電話 专线 전화 전화번호 휴대폰 핸드폰 휴대전화 팩스
    연락처 대표전화 문의전화 휴대폰번호 핸드폰번호
"""

_FILLER = """
    number numbers is are at numero número numéro nummer nummers номер номера номеру номером є е е: это është numer
    numeru numerem číslo číslem numărul numar număr numarası numara numaram numaraları numerot numero αριθμός είναι
    رقم الرقم شماره on är er ist sind est es è é jest je sú este van száma szám or and und oder et ou y o e и или
    lub és sau ve và và: of en och og eller ja tai vagy और και ή או و أو یا office home work direct main private
    privat toll free toll-free business contact contacto contato 号码 号碼 號碼 番号 号 是 为 為 は も 和 或 번호 는
    은 및
"""

_COUNTER = """
    no no. nos nr nr. nº n° n.º # № num num. č č. č.p. sz. бр. ном. ср. нр nro
"""

_OTHER = """
    isbn isbn-10 isbn-13 issn doi pmid pmcid arxiv ean upc gtin asin oclc lccn ppn isni orcid rfc cve imei imsi vin
    order orders invoice bug bugs ticket issue serial account acct ref ref. reference case patent item part sku
    model id ids uid gid pid qq icq uin code zip plz postcode timestamp epoch usd eur gbp rub rmb cny jpy krw inr
    chf pln huf czk sek nok dkk brl rs rs. bestellnummer kundennummer artikelnummer rechnungsnummer auftragsnummer
    aktenzeichen az. postleitzahl pedido factura fatura referencia expediente commande facture référence ordine
    fattura zamówienie zamówienia faktura nip regon krs ičo ič dič cnpj cvr kvk siret siren rcs hrb btw tva vat
    uid-nr ust-idnr steuernummer cif p.iva piva заказ заказа счет счёт счета счёта артикул инн огрн огрнип бик кпп
    снилс окпо еик єдрпоу рахунок замовлення 订单号 订单编号 訂單編號 编号 編號 序列号 序號 序号 账号 帐号 帳號 賬號
    邮编 郵編 学号 工号 流水号 单号 證號 证号 号段 注文番号 品番 型番 郵便番号 口座番号 会員番号 管理番号 주문번호
    우편번호 계좌번호 사업자등록번호 등록번호 계좌
"""

_VERSION = """
    v version versions ver ver. vers. release releases rev revision build update upgrade patch section sections sec.
    chapter appendix paragraph clause figure table fig. § §§ oid versión sección capítulo versão seção secção
    versione versioni sezione capitolo paragrafo révision chapitre abschnitt kapitel versie sectie paragraaf
    hoofdstuk wersja wersji sekcja rozdział verze verzi sekce kapitola verzió szakasz fejezet versiune versiunea
    versiuni secțiunea secțiune capitolul avsnitt seksjon avsnittet afsnit versio osio luku versionen sürüm sürümü
    bölüm phiên_bản bản mục έκδοση έκδοσης ενότητα κεφάλαιο версия версии версію версія версії релиз раздел разделе
    глава розділ розділі раздела секция الإصدار إصدار القسم قسم نسخه‌ی نسخه بخش 版本 版 第 章 节 節 バージョン 버전
    절 장
"""

_ADDRESS = """
    ip ipv4 ip-address ip-adresse ip-адрес ip-адреса ip-adress ip-adres address addresses addr host hosts server
    servers nameserver dns gateway router ping traceroute tracert whois peer client from inet adresse adressen
    adresa adres adresy adresi adreso dirección direcciones endereço endereços indirizzo indirizzi osoite osoitteen
    địa_chỉ διεύθυνση διευθύνσεις serveur servidor servera serwer szerver сервер сервера хост адрес адреса адресу
    адресом адреси адресът عنوان العنوان آدرس نشانی ip地址 地址 アドレス ipアドレス 주소
"""

_IDENTITY = """
    ssn dni nif nie pesel peselu
"""

WORDS: dict[str, int] = {
    **{
        word.replace("_", " "): meaning
        for words, meaning in (
            (_FILLER, FILLER),
            (_COUNTER, COUNTER),
            (_OTHER, OTHER),
            (_VERSION, VERSION),
            (_ADDRESS, ADDRESS),
            (_TELEPHONE, TELEPHONE),
            (_IDENTITY, IDENTITY),
        )
        for word in words.split()
    },
    **dict.fromkeys(PLACEHOLDERS.values(), MASKED),
}
"""Word to meaning; where lists disagree, the later one holds."""
