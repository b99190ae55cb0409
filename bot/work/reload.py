"""Takes over changed curated files while the bot runs; whatever is wrong with them, the last good version stays in force."""

from __future__ import annotations

import gc
import hashlib
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from typing import Generic, TypeVar

from bot.errors import InvalidFiles, LedgerError, Problem
from bot.library.routing_includes import include_patterns, included_in
from bot.model import Event, FilesChanged
from bot.work.clock import Clock
from bot.work.curated import Curated, InForce

EVERY = 0.25
"""Seconds between two looks at the files: taking over, with the building, should be done within two."""

SAID = 3
"""Problems that the curators are told of; ``xiaoshao check`` lists all."""

Stamp = tuple[tuple[str, int, int], ...]
Read = TypeVar("Read")

log = logging.getLogger(__name__)


class CuratedFiles:
    """The places that curators edit: the files of the knowledge folder, and routing.yaml with the files that it includes."""

    def __init__(self, folder: Path, routing: Path) -> None:
        self._folder = folder
        self._routing = routing
        self._includes: tuple[tuple[int, int], tuple[str, ...]] = ((0, 0), ())

    def stamp(self) -> Stamp:
        """Return name, time of change and size of each file; equal as long as nobody touches any of them."""
        found = []
        for path in self._paths():
            try:
                state = path.stat()
            except OSError:
                continue  # taken away since it was listed
            found.append((str(path), state.st_mtime_ns, state.st_size))
        return tuple(found)

    def digest(self) -> str:
        """Return a name for what the files hold."""
        whole = hashlib.sha256()
        for path in self._paths():
            try:
                content = path.read_bytes()
            except OSError:
                content = b""
            whole.update(f"{path.name}\0{len(content)}\0".encode())
            whole.update(content)
        return whole.hexdigest()[:16]

    def _paths(self) -> list[Path]:
        try:
            inside = sorted(path for path in self._folder.iterdir() if path.is_file())
        except OSError:
            inside = []
        # Editors and the import keep half-written files under such names.
        return [path for path in (*inside, self._routing, *self._included()) if path.name[:1] not in (".", "~", "#")]

    def _included(self) -> tuple[Path, ...]:
        """Return the files that routing.yaml includes; it is read again only when it was changed."""
        try:
            state = self._routing.stat()
        except OSError:
            return ()
        touched = (state.st_mtime_ns, state.st_size)
        if touched != self._includes[0]:
            self._includes = (touched, include_patterns(self._routing))
        return included_in(self._routing, self._includes[1])


class Watcher(Generic[Read]):
    """Looks at the files, and puts in force what was changed.

    ``read`` raises ``InvalidFiles`` for files that can't be used. ``build`` makes of what was read, and of what is in force, the
    versions to be put in force one after the other. ``taken`` is called once the last of them is in force, and again at the next
    look if it raised ``LedgerError``. ``tell`` takes the events for the curators.
    """

    def __init__(
        self,
        files: CuratedFiles,
        read: Callable[[], Read],
        build: Callable[[Read, Curated], Iterable[Curated]],
        in_force: InForce,
        taken: Callable[[Curated], object],
        tell: Callable[[Event], object],
        clock: Clock,
    ) -> None:
        self._files = files
        self._read = read
        self._build = build
        self._in_force = in_force
        self._taken = taken
        self._tell = tell
        self._clock = clock
        self._seen: Stamp | None = None  # what changed between the start and the first look is found at the first look
        self._untold: FilesChanged | None = None
        self._refused = ""
        self._unkept = False
        self._stop = Signal()
        self._thread = Thread(target=self._run, name="reload", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the look that is going on and end the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def look(self) -> bool:
        """Look once and tell whether something new was put in force; raises ``LedgerError``, after which to look again.

        A fault is told when it is still there at the next look: an editor may have been in the middle of writing.
        """
        stamp = self._files.stamp()
        if stamp == self._seen:
            self._catch_up()
            return False
        try:
            read = self._read()
        except InvalidFiles as fault:
            self._refuse(fault.problems, stamp)
            return False
        except Exception as fault:
            log.exception("改过的文件读不了")
            self._refuse((_accident(fault),), stamp)
            return False
        if self._files.stamp() != stamp:
            return False  # written to while it was read
        try:
            taken = self._take_over(read)
        except LedgerError:
            raise
        except Exception as fault:
            log.exception("改过的文件用不了")
            self._refuse((_accident(fault),), stamp)
            return False
        self._seen = stamp
        self._mended()
        self._catch_up()
        return taken

    def _take_over(self, read: Read) -> bool:
        before = self._in_force.current
        try:
            for version in self._build(read, before):
                self._in_force.current = version
        except BaseException:
            self._in_force.current = before
            raise
        changed = self._in_force.current is not before
        self._unkept = self._unkept or changed
        if changed:
            gc.freeze()  # as at the start: it stays, and need not be looked through for garbage
        return changed

    def _refuse(self, problems: tuple[Problem, ...], stamp: Stamp) -> None:
        if self._files.stamp() != stamp:
            return
        self._seen = stamp
        self._refused = self._files.digest()
        said = tuple(_shown(problem) for problem in problems[:SAID])
        self._untold = FilesChanged(self._refused, said, len(problems), self._clock.now())

    def _mended(self) -> None:
        if self._refused:
            told = self._untold is None
            self._untold = FilesChanged(f"{self._refused}/mended", (), 0, self._clock.now()) if told else None
            self._refused = ""

    def _catch_up(self) -> None:
        """Do what needs the ledger: keep the history of what was taken over, and tell the curators."""
        if self._unkept:
            self._taken(self._in_force.current)
            self._unkept = False
        if self._untold is not None:
            self._tell(self._untold)
            self._untold = None

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                self.look()
            except LedgerError:
                log.exception("改过的文件还没有记进账本，稍后再试")
            except Exception:
                # A fault in one look must not end the thread: later edits would never be taken over.
                log.exception("这一次没有看成知识文件，稍后再试")


def _accident(fault: Exception) -> Problem:
    mend = "把最近的修改退回去，并告诉管理员"
    return Problem("知识文件", 0, f"读新内容时程序出错（{type(fault).__name__}：{fault}）", mend)


def _shown(problem: Problem) -> str:
    """Word a problem for a chat, where the folders before the file's name only cost room."""
    return str(Problem(Path(problem.file).name, problem.line, problem.message, problem.mend))
