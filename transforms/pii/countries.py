"""Tables by country: telephone calling codes, lengths of IBANs, prefixes of cards.

Sources: ITU-T E.164 and the national numbering plans that are filed under it (lengths of geographic and mobile
numbers); SWIFT's IBAN registry, release 101; ISO/IEC 7812 issuer ranges as the networks publish them.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["CALLING", "CARD_LENGTHS", "IBAN_LENGTH"]

_CALLING = """
1:10 7:10 20:8-10 27:9 30:10 31:9 32:8-9 33:9 34:9 36:8-9 39:6-11 40:9 41:9 43:7-12 44:9-10 45:8 46:7-9 47:8 48:9
49:6-11 51:8-9 52:10 53:6-10 54:10-11 55:10-11 56:9 57:8-10 58:10 60:8-10 61:9 62:7-12 63:8-10 64:8-10 65:8 66:8-9
81:9-10 82:8-10 84:9-10 86:9-11 90:10 91:10 92:9-10 93:9 94:9 95:7-10 98:10
211:9 212:9 213:8-9 216:8 218:9 220:7 221:9 222:8 223:8 224:8-9 225:10 226:8 227:8 228:8 229:8-10 230:7-8 231:7-9
232:8 233:9 234:8-10 235:8 236:8 237:9 238:7 239:7 240:9 241:7-8 242:9 243:7-9 244:9 245:7-9 246:7 248:7 249:9
250:8-9 251:9 252:7-9 253:8 254:7-9 255:9 256:9 257:8 258:8-9 260:9 261:9 262:9 263:8-9 264:8-9 265:7-9 266:8 267:7-8
268:8 269:7 291:7 297:7 298:6 299:6 350:8 351:9 352:6-11 353:7-9 354:7 355:8-9 356:8 357:8 358:6-10 359:7-9
370:8 371:8 372:7-8 373:8 374:8 375:9 376:6 377:8-9 378:6-10 380:9 381:8-9 382:8 383:8 385:8-9 386:8 387:8-9 389:8
420:9 421:9 423:7 501:7 502:8 503:8 504:8 505:8 506:8 507:7-8 508:6 509:8 590:9 591:8 592:7 593:8-9 594:9 595:7-9
596:9 597:6-7 598:8 599:7-8 670:7-8 673:7 674:7 675:7-8 676:7 679:7 685:7 687:6 689:8 850:8-10 852:8 853:8 855:8-9
856:8-10 880:8-10 886:8-9 960:7 961:7-8 962:8-9 963:8-9 964:8-10 965:8 966:9 967:7-9 968:8 970:8-9 971:8-9 972:8-9
973:8 974:8 975:8 976:8 977:8-10 992:9 993:8 994:9 995:9 996:9 998:9
"""

CALLING: npt.NDArray[np.int8] = np.zeros((1000, 2), np.int8)
"""Calling code → fewest and most digits of a number behind it, without the trunk 0; (0, 0) for no country."""
for _entry in _CALLING.split():
    _code, _, _lengths = _entry.partition(":")
    CALLING[int(_code)] = [int(_lengths.partition("-")[0]), int(_lengths.rpartition("-")[2])]

_IBAN = """
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24
FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32
LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24
RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
"""

IBAN_LENGTH: npt.NDArray[np.int8] = np.zeros((26, 26), np.int8)
"""Two letters of a country (A is 0) → characters of its IBANs, 0 where it has none."""
for _entry in _IBAN.split():
    IBAN_LENGTH[ord(_entry[0]) - 65, ord(_entry[1]) - 65] = int(_entry[2:])

_CARDS = (
    ("4", (13, 16, 19)),  # Visa
    *((str(prefix), (16,)) for prefix in range(51, 56)),  # Mastercard
    *((str(prefix), (16,)) for prefix in range(2221, 2721)),
    *((prefix, (15,)) for prefix in ("34", "37")),  # American Express
    *((prefix, (14,)) for prefix in ("300", "301", "302", "303", "304", "305", "36", "38", "39")),  # Diners Club
    *((prefix, (16, 19)) for prefix in ("6011", "644", "645", "646", "647", "648", "649", "65")),  # Discover
    *((str(prefix), (16, 19)) for prefix in range(3528, 3590)),  # JCB
    *((prefix, (16, 17, 18, 19)) for prefix in ("62", "81")),  # UnionPay
    *((prefix, (13, 15, 16, 18, 19)) for prefix in ("5018", "5020", "5038", "5893", "6304", "6759", "6761", "6762")),
    ("6763", (13, 15, 16, 18, 19)),  # Maestro
    *((str(prefix), (16, 17, 18, 19)) for prefix in range(2200, 2205)),  # Mir
)


def _networks() -> npt.NDArray[np.int32]:
    table = np.zeros(10_000, np.int32)
    for prefix, lengths in _CARDS:
        width = 10 ** (4 - len(prefix))
        first = int(prefix) * width
        for length in lengths:
            table[first : first + width] |= 1 << length
    return table


CARD_LENGTHS: npt.NDArray[np.int32] = _networks()
"""First four digits of a card → bit n for every length n of that network's cards: int32[10000]."""
