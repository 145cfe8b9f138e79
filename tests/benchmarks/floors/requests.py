"""Requests to valgrind from Python: counting starts and stops around a stage, and its count is written under its name.

Valgrind's requests are a sequence of instructions that does nothing on a processor and that its translator knows:
four rotations of rdi, by 128 bits together, and an exchange of rbx with itself; rax points to six words, the request
and its arguments, and rdx has the answer (valgrind.h, VALGRIND_DO_CLIENT_REQUEST_EXPR for x86-64).
"""

import ctypes
import mmap
import platform
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["counting"]

_CODE = bytes.fromhex(
    "4889f8"  # mov rax, rdi
    "31d2"  # xor edx, edx: the answer where nobody listens
    "48c1c703" "48c1c70d" "48c1c73d" "48c1c733"  # rol rdi by 3, 13, 61, 51
    "4887db"  # xchg rbx, rbx
    "4889d0"  # mov rax, rdx
    "c3"  # ret
)  # fmt: skip
_CALLGRIND = (ord("C") << 24) | (ord("T") << 16)
_ZERO, _DUMP_AS, _START, _STOP = (_CALLGRIND + number for number in (1, 3, 4, 5))

_page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
_page.write(_CODE)
_call = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)(ctypes.addressof(ctypes.c_char.from_buffer(_page)))


def _request(number: int, *arguments: int) -> None:
    if platform.machine() != "x86_64":
        raise OSError(f"no requests to valgrind on {platform.machine()}")
    words = (ctypes.c_uint64 * 6)(number, *arguments)
    _call(ctypes.addressof(words))


@contextmanager
def counting(name: str) -> Iterator[None]:
    """Have callgrind count what is done in the block, in all threads, and write the count under this name.

    Callgrind must have been started with `--instr-atstart=no`; outside of it nothing happens.
    """
    text = ctypes.create_string_buffer(name.encode())
    _request(_START)
    _request(_ZERO)
    try:
        yield
    finally:
        _request(_DUMP_AS, ctypes.addressof(text))
        _request(_STOP)
