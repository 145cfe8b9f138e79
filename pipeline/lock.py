"""One writer at a time: the lock of an output folder.

    with hold(output):
        prepare(plan)
        execute(plan)

On this machine it is a lock of the system (flock) on `work/lock`: it dies with the process that holds it, however that
dies. In an object store it is the object `work/lock`, made only where there is none. What a process of this machine
that is no more has left there is recognised and taken over, and so is that of a Dataflow job that has committed, or of
which the service can be asked and says that it is over; what another machine has left is not, and needs `--take-over`.
"""

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from transforms.durable import make_folder
from transforms.errors import ConfigError, WorldError
from transforms.storage import exists, is_local, join, read_bytes, remove, swap
from transforms.work import WorkFolder
from transforms.write.manifest_file import MANIFEST

__all__ = ["Hold", "Owner", "hold"]

_TRIES = 100
"""A lock file that was removed between opening and locking is opened again."""


@dataclass(frozen=True)
class Owner:
    """Who holds a lock: a process of a machine, or a Dataflow job.

    Args:
        host: the machine's name.
        process: its number there.
        born: when the process began, as the system counts (boot and clock ticks): numbers are used again.
        since: when the lock was taken, UTC.
        job: the Dataflow job that it was left to; empty for none.
    """

    host: str
    process: int
    born: str
    since: str
    job: str = ""

    @classmethod
    def here(cls) -> "Owner":
        """Return this process, now."""
        now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        return cls(socket.gethostname(), os.getpid(), _born(os.getpid()), now)

    @classmethod
    def load(cls, content: bytes) -> "Owner":
        """Read an owner back; one whose lock cannot be read is somebody unknown."""
        try:
            return cls(**orjson.loads(content))
        except (ValueError, TypeError):
            return cls("an unknown host", 0, "", "an unknown time")

    def dump(self) -> bytes:
        """Return the owner as a lock's content."""
        return orjson.dumps(self)

    @property
    def gone(self) -> bool:
        """Say whether it is a process of this machine that is no more."""
        if self.job or self.host != socket.gethostname() or self.process == 0:
            return False
        born = _born(self.process)
        # Without a time of birth of either, a living process of that number counts as the owner.
        return not born or (self.born != "" and born != self.born)

    def __str__(self) -> str:
        who = f"Dataflow job {self.job}" if self.job else f"process {self.process or '?'} on {self.host}"
        return f"{who} since {self.since}"


def _born(process: int) -> str:
    """Return when a process began; `alive` where the system does not say, nothing for one that is not there."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # Behind the name, which may hold anything: state, …, and the start as the 20th. (`man proc_pid_stat`)
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else f"{boot}/{fields[19]}"
    except OSError:
        pass
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        pass
    return "alive"


class Hold:
    """A lock that is held."""

    def __init__(self, path: str, owner: Owner) -> None:
        self._path, self._owner = path, owner
        self.left = False

    def leave_to(self, job: str) -> None:
        """Leave an object store's lock to a Dataflow job: it stays when this process ends."""
        owner = replace(self._owner, job=job)
        if not swap(self._path, owner.dump(), self._owner.dump()):
            raise WorldError(f"{self._path} was taken over by somebody else in the meantime")
        self.left = True


@contextlib.contextmanager
def hold(
    output: str, take_over: bool = False, ended: Callable[[str], bool] = lambda job: False, writing: str = "output"
) -> Iterator[Hold]:
    """Hold an output folder's lock for the time of the block.

    Args:
        output: the folder.
        take_over: take it from whoever left it in an object store; a lock of a living local process stays.
        ended: says of a Dataflow job that it is over.
        writing: the configuration's key, or the argument, that names the folder.

    Raises:
        ConfigError: if somebody else holds it, naming who and since when; or if it cannot be taken.
    """
    path = WorkFolder(output).lock
    if is_local(output):
        with _locked(path, output, writing):
            yield Hold(path, Owner.here())
        return
    try:
        owner = _taken(path, output, take_over, ended, writing)
    except WorldError as error:
        raise ConfigError(writing, str(error)) from error
    held = Hold(path, owner)
    try:
        yield held
    finally:
        with contextlib.suppress(WorldError):
            if not held.left and read_bytes(path) == owner.dump():
                remove([path])


@contextlib.contextmanager
def _locked(path: str, output: str, writing: str) -> Iterator[None]:
    """Hold the system's lock on a file, whose content says who does."""
    handle = _open_locked(path, output, writing)
    try:
        os.ftruncate(handle, 0)
        os.write(handle, Owner.here().dump())
        yield
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)
        os.close(handle)


def _open_locked(path: str, output: str, writing: str) -> int:
    try:
        make_folder(Path(path).parent)
        for _ in range(_TRIES):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Whoever held it before may have removed the file that we have opened.
                if os.path.exists(path) and os.path.samestat(os.fstat(handle), os.stat(path)):
                    return handle
            except BlockingIOError as error:
                owner = Owner.load(os.pread(handle, 1 << 16, 0))
                os.close(handle)
                raise ConfigError(writing, _refusal(output, owner)) from error
            except FileNotFoundError:
                pass
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
    except OSError as error:
        raise ConfigError(writing, f"cannot lock {path}: {error}") from error
    raise ConfigError(writing, f"cannot lock {path}: others take it all the time")


def _refusal(output: str, owner: Owner) -> str:
    return f"{output} is being written by {owner}; wait for it, or choose another output"


def _taken(path: str, output: str, take_over: bool, ended: Callable[[str], bool], writing: str) -> Owner:
    """Put our lock into an object store, in the place of none or of one that is nobody's any more."""
    owner = Owner.here()
    for _ in range(_TRIES):
        if swap(path, owner.dump(), None):
            return owner
        if not exists(path):
            continue
        content = read_bytes(path)
        other = Owner.load(content)
        # A job's lock is older than its manifest, which a submission takes back before it leaves the lock to the job.
        over = other.job and (exists(join(output, MANIFEST)) or ended(other.job))
        if not (take_over or other.gone or over):
            raise ConfigError(writing, f"{_refusal(output, other)}; if it is certain that it is no more: --take-over")
        if swap(path, owner.dump(), content):
            return owner
    raise ConfigError(writing, f"cannot lock {path}: others take it all the time")
