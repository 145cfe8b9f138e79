"""The kinds of personal data, and the placeholder that takes the place of each."""

from typing import Literal, get_args

__all__ = ["CARD", "EMAIL", "IBAN", "ID", "IP", "KINDS", "PHONE", "PLACEHOLDERS", "Kind"]

Kind = Literal["email", "ip", "phone", "id", "iban", "card"]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""Every kind, in the order of columns and codes."""

EMAIL, IP, PHONE, ID, IBAN, CARD = range(6)
"""The code of each kind in the kernels: its place in `KINDS`."""

PLACEHOLDERS: dict[Kind, str] = {
    "email": "<EMAIL>",
    "ip": "<IP_ADDRESS>",
    "phone": "<PHONE>",
    "id": "<ID_NUMBER>",
    "iban": "<IBAN>",
    "card": "<CARD>",
}
"""Kind to what stands in the text instead. A placeholder has no digit and no `@`, so it is never found again."""
