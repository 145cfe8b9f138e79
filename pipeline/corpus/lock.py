"""One writer at a time: the lock of an output folder.

    with hold(output):
        prepare(plan)
        execute(plan)

On this machine it is a lock of the system (flock) on `work/lock`: it dies with the process that holds it, however that
dies. In an object store it is the object `work/lock`, made only where there is none. What a process of this machine
that is no more has left there is recognised and taken over; what another machine has left is not, and needs
`--take-over`.

A lock can be left to a job that other machines do, wherever the output is. It is the job's until the job has committed,
or the service that runs it says that it is over, however the launcher ends.
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

from babelmill.transforms.errors import ConfigError, WorldError
from babelmill.transforms.files.durable import make_folder
from babelmill.transforms.files.storage import exists, is_local, join, read_bytes, remove, swap
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.manifest_file import MANIFEST

__all__ = ["Hold", "Owner", "hold", "is_lock", "owner_of"]

_IF_CERTAIN = "; if that run is known to be dead: --take-over"
_UNKNOWN_TIME = "an unknown time"
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
        job: the job that it was left to: `project/region/id` on Dataflow, `beam://endpoint/id` of a Job API; empty for
            none.
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
            return cls("an unknown host", 0, "", _UNKNOWN_TIME)

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
        kind = "job" if "://" in self.job else "Dataflow job"
        who = f"{kind} {self.job}" if self.job else f"process {self.process or '?'} on {self.host}"
        return f"{who} since {self.since}"


def is_lock(content: bytes) -> bool:
    """Say whether a file's content is a lock's: an owner, or nothing yet."""
    return not content or Owner.load(content).since != _UNKNOWN_TIME


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
    """A lock that is held.

    Args:
        path: of the lock.
        owner: who holds it.
        handle: of a local lock's open file.
    """

    def __init__(self, path: str, owner: Owner, handle: int | None = None) -> None:
        self._path, self._owner, self._handle = path, owner, handle
        self.left = False
        """Whether it is a job's now, and stays when the block ends."""

    def leave_to(self, job: str) -> None:
        """Leave the lock to a job: it stays when this process ends.

        Raises:
            WorldError: if somebody else has taken it over.
        """
        owner = replace(self._owner, job=job)
        if self._handle is not None:
            _write(self._handle, owner)
        elif not swap(self._path, owner.dump(), self._owner.dump()):
            raise WorldError(f"{self._path} was taken over by somebody else in the meantime")
        self._owner, self.left = owner, True

    @property
    def content(self) -> bytes:
        """What the lock says."""
        return self._owner.dump()

    def take_back(self) -> None:
        """Take the lock back from a job that is over: it goes when the block ends."""
        self.left = False


def _write(handle: int, owner: Owner) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, owner.dump(), 0)
    os.fsync(handle)


@contextlib.contextmanager
def hold(
    output: str, take_over: bool = False, ended: Callable[[str], bool] = lambda job: False, writing: str = "output"
) -> Iterator[Hold]:
    """Hold an output folder's lock for the time of the block.

    Args:
        output: the folder.
        take_over: take it from whoever left it; a lock that a living local process holds stays.
        ended: says of a job that it is over.
        writing: the configuration's key, or the argument, that names the folder.

    Raises:
        ConfigError: if somebody else holds it, naming who and since when; or if it cannot be taken.
    """
    path = WorkFolder(output).lock
    if is_local(output):
        with _locked(path, output, take_over, ended, writing) as held:
            yield held
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
            if not held.left and read_bytes(path) == held.content:
                remove([path])


@contextlib.contextmanager
def _locked(path: str, output: str, take_over: bool, ended: Callable[[str], bool], writing: str) -> Iterator[Hold]:
    """Hold the system's lock on a file, whose content says who does; a job holds it by the content alone."""
    handle = _open_locked(path, output, writing)
    held = Hold(path, Owner.here(), handle)
    try:
        other = Owner.load(os.pread(handle, 1 << 16, 0))
        if other.job and not (take_over or _is_over(other, output, ended)):
            held.left = True
            raise ConfigError(writing, f"{_refusal(output, other)}{_IF_CERTAIN}")
        _write(handle, Owner.here())
        yield held
    finally:
        with contextlib.suppress(OSError):
            # Whoever removed it meanwhile has made way for another's lock, which is not ours to remove.
            if not held.left and os.path.samestat(os.fstat(handle), os.stat(path)):
                os.unlink(path)
        os.close(handle)


def _is_over(owner: Owner, output: str, ended: Callable[[str], bool]) -> bool:
    """Say whether the job that a lock was left to has committed, or is over.

    A job's lock is older than its manifest, which a launcher takes back before it leaves the lock to the job.
    """
    return bool(owner.job) and (exists(join(output, MANIFEST)) or ended(owner.job))


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
        if not (take_over or other.gone or _is_over(other, output, ended)):
            raise ConfigError(writing, f"{_refusal(output, other)}{_IF_CERTAIN}")
        if swap(path, owner.dump(), content):
            return owner
    raise ConfigError(writing, f"cannot lock {path}: others take it all the time")


def owner_of(output: str) -> Owner | None:
    """Return who holds an output folder's lock, without taking it; None for nobody, or a process that is gone.

    A job, or another machine's process that has left its lock in an object store, may be gone too.
    """
    path = WorkFolder(output).lock
    try:
        owner = Owner.load(read_bytes(path)) if exists(path) else None
    except WorldError:
        return None
    if owner is None or owner.gone:
        return None
    known = owner.job or not is_local(output) or (owner.process and owner.host == socket.gethostname())
    return owner if known or _is_locked(path) else None


def _is_locked(path: str) -> bool:
    """Say whether a local file is locked by anybody, in another container too. Shares the lock for an instant."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False
