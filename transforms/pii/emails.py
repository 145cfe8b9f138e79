"""E-mail addresses: what stands around an `@`.

Taken: `local@label.….tld` with a top-level domain that exists, local part and domain in any script (RFC 6531), `＠`.
Left: `git@…` (a login, nobody's), users in URLs (`ssh://user@host.org`, `//user:secret@host.org`), paths of scp
(`user@host.org:/etc`), names of algorithms (`…@openssh.com`, `…@libssh.org`), `@handle`, `user@host`, `lodash@4.17.21`,
quoted local parts (`"a b"@c.org`), addresses that are written so as not to be found (`a (at) b.org`), ends of a format
(`%(user)s@example.org`), and expressions in source code (`expressions.py`).
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.pii.boundaries import after_placeholder, before_placeholder, step_back
from babelmill.transforms.pii.characters import is_alnum, is_unspaced, is_upper, point_at, point_before, width_at
from babelmill.transforms.pii.expressions import is_expression, is_version
from babelmill.transforms.pii.tables import AMBIGUOUS, DOMAIN, Tables, flags_of, root, step, value
from babelmill.transforms.text.unicode import DIGIT, IGNORED, LETTER

__all__ = ["email"]

Bytes = npt.NDArray[np.uint8]

_LOCAL_BYTES = 64
"""RFC 5321, section 4.5.3.1.1."""
_DOMAIN_BYTES = 255
_UNSPACED_LOCAL = 10
"""Characters of a local part in a script without spaces: a longer run is a sentence."""
_USERINFO_BYTES = 64
"""How far back the `//` of a URL is looked for in front of `secret@host`."""
_NOBODYS = (b"openssh.com", b"libssh.org")
_OPENSSH = np.frombuffer(_NOBODYS[0], np.uint8)
_LIBSSH = np.frombuffer(_NOBODYS[1], np.uint8)


@kernel
def _is_label(point: int, tables: Tables) -> bool:
    """Say whether a character is a letter, digit or mark: all that a domain has besides `-` and `.`."""
    if point < 0x80:
        return is_alnum(point)
    return (
        flags_of(point, tables) & (LETTER | DIGIT | IGNORED) != 0 and not 0x200B <= point <= 0x206F and point != 0xFEFF
    )


@kernel
def _local_start(data: Bytes, floor: int, at: int, tables: Tables) -> int:
    """Return where the local part that ends at `at` begins; `at` where there is none."""
    if at <= floor or data[at - 1] == 0x2E:
        return at
    unspaced = is_unspaced(point_before(data, floor, at))
    i, chars = at, 0
    while i > floor:
        point = point_before(data, floor, i)
        if is_unspaced(point) != unspaced:
            break
        dotted = point == 0x2E and data[i] != 0x2E
        if not (dotted or _is_label(point, tables) or point == 0x5F or point == 0x2D or point == 0x2B):
            break
        i = step_back(data, floor, i)
        chars += 1
        if at - i > _LOCAL_BYTES or (unspaced and chars > _UNSPACED_LOCAL):
            return at
    while i < at and (data[i] == 0x2E or data[i] == 0x2D or data[i] == 0x2B):
        i += 1
    return i


@kernel
def _in_url(data: Bytes, start: int, i: int) -> bool:
    """Say whether `i` stands behind the `//` of a URL: a user, or a secret behind a colon."""
    if i - start >= 2 and data[i - 1] == 0x2F and data[i - 2] == 0x2F:
        return True
    if i == start or data[i - 1] != 0x3A:
        return False
    for j in range(i - 2, max(start, i - _USERINFO_BYTES), -1):
        if data[j] <= 0x20:
            return False
        if data[j] == 0x2F and data[j - 1] == 0x2F:
            return True
        if data[j] == 0x3E:
            return after_placeholder(data, start, j + 1)
    return False


@kernel
def _top_level(data: Bytes, label: int, stop: int, tables: Tables) -> tuple[int, int]:
    """Return where the top-level domain that begins at `label` ends, and its value in the table; 0 for none.

    It is the whole label; in a script without spaces the longest one that the label begins with.
    """
    if stop - label > 4 and data[label] | 0x20 == 0x78 and data[label + 1] | 0x20 == 0x6E and data[label + 2] == 0x2D:
        return (stop, 1) if data[label + 3] == 0x2D else (0, 0)
    unspaced = is_unspaced(point_at(data, label, stop))
    node, found, sort = root(DOMAIN, tables), 0, 0
    for i in range(label, stop):
        node = step(node, data[i], tables)
        if node == 0:
            break
        if value(node, tables) and (unspaced or i + 1 == stop):
            found, sort = i + 1, value(node, tables)
    return found, sort


@kernel
def _begins_sentence(data: Bytes, before: int, label: int, stop: int) -> bool:
    """Say whether a label is the first word of a sentence behind a full stop without a space: `a@b.org.Then`."""
    if not is_upper(data[label]) or stop - label < 2 or is_upper(data[label + 1]):
        return False
    for i in range(before, label):
        if is_upper(data[i]):
            return False
    return True


@kernel
def _domain_end(data: Bytes, i: int, end: int, tables: Tables) -> tuple[int, int]:
    """Return where the domain that begins at `i` ends, and its top level's value; 0 where there is none."""
    limit = min(end, i + _DOMAIN_BYTES)
    label, last, last_stop = i, -1, -1  # the label being read; the last one behind a dot
    before = i
    j = i
    unspaced = is_unspaced(point_at(data, i, end))
    while True:
        point = point_at(data, j, end)
        if (
            point != 0
            and (_is_label(point, tables) or (point == 0x2D and j > label))
            and is_unspaced(point) == unspaced
        ):
            j += width_at(data, j)
            if j > limit:
                return 0, 0
            continue
        stop = j
        while stop > label and data[stop - 1] == 0x2D:
            stop -= 1
        if stop == label:
            break
        if label > i:
            if last >= 0 and _begins_sentence(data, before, label, stop):
                break
            before, last, last_stop = (label if last < 0 else last), label, stop
        if point != 0x2E or stop < j:
            break
        after = point_at(data, j + 1, end)
        if after == 0 or not _is_label(after, tables):
            break
        unspaced = is_unspaced(after)
        label = j = j + 1
    return _top_level(data, last, last_stop, tables) if last >= 0 else (0, 0)


@kernel
def _is_path(data: Bytes, i: int, end: int) -> bool:
    """Say whether a path of scp or of a repository begins at `i`: `/etc`, `~/x`, `group/name.git`."""
    if point_at(data, i, end) in (0x2F, 0x7E, 0x2E):
        return True
    j = i
    while j < min(end, i + _LOCAL_BYTES) and (is_alnum(data[j]) or data[j] in (0x2D, 0x2E, 0x5F)):
        j += 1
    return j > i and j < end and data[j] == 0x2F and point_at(data, j + 1, end) != 0x2F


@kernel
def _same(data: Bytes, i: int, stop: int, name: Bytes) -> bool:
    if stop - i != len(name):
        return False
    for k in range(len(name)):
        if data[i + k] != name[k]:
            return False
    return True


@kernel
def _nobodys(data: Bytes, begin: int, at: int, domain: int, stop: int) -> bool:
    """Say whether an address is a login or a name of an algorithm."""
    git = at - begin == 3 and data[begin] == 0x67 and data[begin + 1] == 0x69 and data[begin + 2] == 0x74
    return git or _same(data, domain, stop, _OPENSSH) or _same(data, domain, stop, _LIBSSH)


@kernel
def email(data: Bytes, start: int, end: int, floor: int, at: int, tables: Tables) -> tuple[int, int]:
    """Return the address around the `@` at `at`: where it begins and ends; (0, 0) where there is none.

    Args:
        data: the text's bytes.
        start: where the text begins.
        end: where the text ends.
        floor: where the last find ended; an address begins there at the earliest.
        at: where the `@` stands.
        tables: lookups.
    """
    begin = _local_start(data, floor, at, tables)
    if begin == at:
        return 0, 0
    before = point_before(data, start, begin)
    if before in (0x40, 0x5C, 0x24, 0x25, 0x29, 0xFF20) or _in_url(data, start, begin):
        return 0, 0
    if before in (0x2E, 0x2D, 0x2B, 0x5F) and is_unspaced(point_at(data, begin, end)):
        return 0, 0
    domain = at + width_at(data, at)
    stop, sort = _domain_end(data, domain, end, tables)
    if stop == 0 or _nobodys(data, begin, at, domain, stop):
        return 0, 0
    after = point_at(data, stop, end)
    if after in (0x40, 0x5F, 0xFF20) or before_placeholder(data, stop, end):
        return 0, 0
    if after == 0x2E and before_placeholder(data, stop + 1, end):
        return 0, 0
    if after == 0x3A and _is_path(data, stop + 1, end):
        return 0, 0
    if sort != AMBIGUOUS:
        return begin, stop
    code = is_version(data, domain, stop) or is_expression(data, start, end, begin, at, domain, stop)
    return (0, 0) if code else (begin, stop)
