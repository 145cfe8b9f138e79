"""Secrets in addresses: signatures and keys in a query, a password before the host. Found, so that they go nowhere.

>>> redacted("https://me:pw@host/a.gz?X-Goog-Signature=0a1b&part=2")
'https://***@host/a.gz?X-Goog-Signature=***&part=2'
"""

import re

__all__ = ["SECRET_IN_PATH", "has_secret", "redacted"]

SECRET_IN_PATH = (
    "the path carries a signature, a key or a password, which would end in logs and manifest; "
    "give the account that runs this access to the bucket"
)

_KEYS = (
    r"x-goog-signature|x-goog-credential|x-amz-signature|x-amz-credential|x-amz-security-token|awsaccesskeyid|"
    r"googleaccessid|signature|sig|token|access_token|id_token|refresh_token|sas_token|password|passwd|pwd|secret|"
    r"secret_access_key|secret_key|access_key|account_key|api_?key|credentials?|key"
)
"""Query parameters of the signed URLs of Google Cloud Storage (V2, V4), Amazon S3 (V2, V4) and Azure (SAS), and what
keys are called elsewhere."""
_QUERY = re.compile(rf"((?:[?&;]|%3F|%26)(?:{_KEYS})(?:=|%3D))[^&;#\s'\"]+", re.IGNORECASE)
"""Also in an address that has been quoted to be part of another, as a client of a store does it."""
_OPTION = re.compile(
    r"((?<![^\s'\"])--?[\w-]*(?:password|secret|token|signature|credential|(?:access|account|api|private)[_-]?key)"
    r"[\w-]*[= ])[^\s'\"]+",
    re.IGNORECASE,
)
_USER = re.compile(r"(\w://)[^/@\s'\"]+@")


def redacted(text: str) -> str:
    """Return a text with `***` for every secret in its addresses and command-line options."""
    return _USER.sub(r"\1***@", _OPTION.sub(r"\1***", _QUERY.sub(r"\1***", text)))


def has_secret(path: str) -> bool:
    """Say whether a path or an address carries a secret."""
    return bool(_QUERY.search(path) or _USER.search(path))
