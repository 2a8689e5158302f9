"""One way to run a program of ours in a process of its own, to ask it and to end it.

Holds: starting a child with the environment that its user chooses, an answer within a time limit, the end of a child
with its pipes. Does not hold: what a child does, or its limits of memory (a script sets them on itself).

A child that reads its pipe ends when its parent is gone, since the pipe does; one that works long besides calls
`end_with_parent`.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

NARROW: Mapping[str, str] = {"PATH": os.defpath, "LANG": "C.UTF-8"}
"""Environment of a script that opens what strangers made."""
_PIECE = 1 << 20
_LENGTHS = 16
_WATCH_SECONDS = 0.5


def module(name: str, *arguments: str) -> list[str]:
    """Command of a module of ours. Nothing is imported from the working directory."""
    return [sys.executable, "-P", "-m", name, *arguments]


def same_code(**more: str) -> dict[str, str]:
    """This process's environment and `more`, for a module of ours: it is found where this process finds its own code,
    whatever PYTHONPATH is relative to."""
    places = [str(Path(place).absolute()) for place in sys.path if place and os.pathsep not in place]
    return os.environ | {"PYTHONPATH": os.pathsep.join(places)} | more


def end_with_parent() -> None:
    """Called by a child: end soon after its parent is gone, whatever this process is doing then."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Child:
    """A process of ours; leaving the block ends it."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        log: BinaryIO | None = None,
        told: bool = False,
        pipe_bytes: int = -1,
    ) -> None:
        """log: where all that it says goes; then it cannot be asked. told: its complaints are kept for `ask_once`."""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if log else subprocess.PIPE,
            stdout=log or subprocess.PIPE,
            stderr=log or (subprocess.PIPE if told else subprocess.DEVNULL),
            env=dict(environment),
            close_fds=True,
            pipesize=pipe_bytes,
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: bytes, is_whole: Callable[[bytearray], bool], seconds: float) -> bytearray:
        """Send a request and take its answer, never blocking beyond the time limit; the child can be asked again.

        Raises TimeoutError at the limit, EOFError or OSError where the child died; then it is of no more use.
        """
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        sink, source = process.stdin.fileno(), process.stdout.fileno()
        os.set_blocking(sink, False)
        os.set_blocking(source, False)
        deadline = time.monotonic() + seconds
        outgoing, incoming = memoryview(request), bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(sink, selectors.EVENT_WRITE)
            selector.register(source, selectors.EVENT_READ)
            while not is_whole(incoming):
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise TimeoutError
                for key, _ in ready:
                    if key.fd == sink:
                        outgoing = outgoing[os.write(sink, outgoing[:_PIECE]) :]
                        if not outgoing:
                            selector.unregister(sink)
                    else:
                        piece = os.read(source, _PIECE)
                        if not piece:
                            raise EOFError
                        incoming += piece
        return incoming

    def ask_once(self, request: bytes, seconds: float) -> tuple[int, bytes, bytes]:
        """Send the only request, and take exit code, answer and complaints when the child has ended.

        Raises TimeoutError at the limit, OSError or ValueError where the child cannot be reached; the child is ended.
        """
        try:
            answer, complaints = self._process.communicate(request, timeout=seconds)
        except subprocess.TimeoutExpired:
            self.close()
            raise TimeoutError from None
        except (OSError, ValueError):
            self.close()
            raise
        return self._process.returncode, answer, complaints or b""

    def wait(self, seconds: float) -> int | None:
        """Exit code of a child that ends by itself; None where it did not in time and was ended."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.close()
            return None

    def end(self) -> None:
        """End the child and leave its pipes open to another thread that asks it, which meets EOFError."""
        self._process.kill()

    def close(self) -> None:
        """End the child if it still lives and close its pipes; harmless when it does not."""
        if self.is_alive:
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()


class Worker:
    """A script that answers one request after another, in a narrow environment. It is started when it is asked first,
    and anew after it died or was ended.

    Request: 8 bytes length, then the bytes. Answer: 8 bytes length of the head, 8 bytes length of the body, both.
    Lengths are little-endian.
    """

    def __init__(self, script: Path, *arguments: str, seconds: float) -> None:
        self._command = [sys.executable, "-I", "-B", str(script), *arguments]
        self._seconds = seconds
        self._child: Child | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Process that answers; None where there is none now."""
        return self._child.pid if self._child is not None and self._child.is_alive else None

    def ask(self, data: bytes) -> tuple[memoryview, memoryview]:
        """Head and body of the answer.

        Raises TimeoutError where the script needs more than `seconds`, EOFError where it dies; both end it.
        """
        if self._child is None or not self._child.is_alive:
            self.close()
            self._child = Child(self._command, NARROW, pipe_bytes=_PIECE)
        try:
            answer = self._child.ask(len(data).to_bytes(8, "little") + data, _is_whole, self._seconds)
        except TimeoutError:
            self.close()
            raise
        except (OSError, EOFError) as error:
            self.close()
            raise EOFError from error
        size = int.from_bytes(answer[:8], "little")
        whole = memoryview(answer)
        return whole[_LENGTHS : _LENGTHS + size], whole[_LENGTHS + size :]

    def close(self) -> None:
        """End the script, if it runs."""
        if self._child is not None:
            self._child.close()
            self._child = None


def _is_whole(answer: bytearray) -> bool:
    if len(answer) < _LENGTHS:
        return False
    head, body = int.from_bytes(answer[:8], "little"), int.from_bytes(answer[8:_LENGTHS], "little")
    return len(answer) >= _LENGTHS + head + body
