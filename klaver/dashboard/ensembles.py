"""The runs behind every picture: one :class:`Ensembles` for the whole server, shared by all sessions.

A session asks for an ensemble, and gets a :class:`~klaver.dashboard.asked.Filling` that fills while it is looked at. What was
run before comes from memory; the rest goes out to the lanes (``lanes.py``) in errands: small ones for the seeds of the first
picture, larger ones after, but none so long that outdated work is in the way for more than a moment. Sessions take turns,
errand by errand, and first pictures go before the rest. A session that asks anew on the same subject drops what it asked
before.

    ask() ---> Filling ---> turns ---> errand ---> lane ---> runs ---> memory, and every Filling that lacks them ---> tell()

One thread hands out errands and takes what they bring; the functions to be told are called from a few others, so that a page
that takes its time holds up nobody.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from klaver.dashboard import lanes as inside
from klaver.dashboard.asked import COLUMNS, FIRST_SEEDS, Asked, Failure, Filling, Pending
from klaver.dashboard.bell import Bell
from klaver.dashboard.kept import Kept
from klaver.dashboard.lanes import Answer, Brought, Lane, has_died, safe_cause

if TYPE_CHECKING:
    from analysis.experiment import Job

FIRST_SECONDS, LEAST_SECONDS, MOST_SECONDS = 0.05, 0.03, 0.15
"""Work in an errand: for a first picture; at the end of an ensemble, so that the lanes end together; and at most."""
UNKNOWN_SECONDS = 0.02  # of a run, while none of that park was made
FIRST_TELL_SECONDS = 0.3  # before the first word that there is more, where the first picture takes longer
TRIES = 2  # times that an errand may take its lane with it
TURN_ERRANDS, TURN_SECONDS = 6, 0.5
"""A first picture that takes no more work than this is finished in one turn: whoever is next waits no longer for it, and most
sessions see something sooner."""
REST_EVERY = 4  # of so many errands, one is not for a first picture: who drags a slider does not stop the others
WAITING_RUNS = 6000  # of one session
MOST_KEPT_MB = 200
"""Most that runs and results of calls take in memory together, besides what sessions hold."""
LONGEST_SECONDS = 180.0
"""Of an errand. The largest park over the longest horizon that a page takes on stays below half of it on a busy machine; what
takes longer hangs, and others wait for its lane."""
CLOSE_SECONDS = 10.0  # that the end waits for the lanes

_log = logging.getLogger(__name__)


@dataclass
class _Errand:
    """What a lane works on: runs of one filling, or a call."""

    of: Filling | Pending
    keys: tuple[str, ...]
    job: Job | None = None
    by_place: dict[tuple[int, int], str] = field(default_factory=dict)


@dataclass
class _Session:
    """What one session waits for: at most one filling a subject, and calls."""

    fillings: dict[str, Filling] = field(default_factory=dict)
    calls: list[Pending] = field(default_factory=list)
    turn: int = 0
    """Errands that it had in this turn."""


class Ensembles:
    """Runs ensembles and single calls for all sessions.

    Parameters
    ----------
    lanes
        Processes; one a core, at most two, if None.
    memory_mb
        Most that runs and results of calls take in memory together, besides what sessions hold.
    per_session
        Most runs that one session may have waiting.
    longest
        Seconds after which an errand is given up, and its lane replaced.
    """

    def __init__(self, lanes: int | None = None, memory_mb: int = MOST_KEPT_MB, per_session: int = WAITING_RUNS,
                 longest: float = LONGEST_SECONDS) -> None:  # fmt: skip
        self._lock = threading.RLock()
        self._kept = Kept(memory_mb * 1_000_000)
        self._per_session, self._longest = per_session, longest
        self._sessions: OrderedDict[str, _Session] = OrderedDict()  # in the order in which it is their turn
        self._under_way: set[str] = set()
        self._lost: Counter[str] = Counter()
        self._seconds: dict[str, float] = {}  # of a run, by park
        self._errands = 0
        self._closed = False
        self.made = 0
        """Runs that the lanes have made."""
        self._lanes = [Lane(number) for number in range(lanes or min(2, os.cpu_count() or 1))]
        self._bell = Bell()
        self._events: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="klaver-ensembles", daemon=True)
        self._thread.start()

    # --- for a page --------------------------------------------------------------------------------------------------

    def ask(self, session: str, subject: str, asked: Asked, tell: Callable[[], None]) -> Filling:
        """Ask for an ensemble; what is in memory is there at once, the rest fills in.

        Parameters
        ----------
        session
            Who asks.
        subject
            What it is for. What the session asked before on the same subject is outdated: it is dropped, and tells no more.
        asked
            The ensemble.
        tell
            Called without arguments, from another thread, when there is more: when the first picture is complete, then some
            ten times a second at most, and at the end. Not called where all was in memory.

        Returns
        -------
        Filling
            Where the session has too much waiting, it has failed already.
        """
        filling = Filling(asked, tell, self._lock)
        with self._lock:
            older = self._session(session).fillings.pop(subject, None)
            for key in list(filling.lacking):
                run = self._kept.get(key) or (older.known(key) if older is not None else None)
                if run is not None:
                    filling.take(key, *run)
            waiting = sum(one.waiting for one in self._session(session).fillings.values()) + len(filling.lacking)
            if self._closed:
                filling.failed = Failure("ensembles.no_lanes")
            elif waiting > self._per_session:
                filling.failed = Failure("ensembles.too_much", {"runs": waiting, "most": self._per_session})
            elif filling.lacking:
                self._session(session).fillings[subject] = filling
                self._bell.hang(filling, tell, time.monotonic() + FIRST_TELL_SECONDS)
                self._events.put(self._revive)
            if older is not None:
                self._bell.take_down(older)
        return filling

    def call(self, session: str, function: Callable[..., Any], *arguments: Any, tell: Callable[[], None],
             subject: str | None = None, key: str | None = None) -> Pending:  # fmt: skip
        """Call a function in a lane; a result that is in memory is there at once.

        Parameters
        ----------
        function
            Of a module, so that it can be sent; pure, as its result is kept.
        *arguments
            What it is called with.
        tell
            Called without arguments, from another thread, when it is over. Not called where the result was in memory.
        subject
            As :meth:`ask` has it; a call without subject outdates nothing.
        key
            Says what the result is; by default the function and its arguments.
        """
        pickled = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
        name = key or hashlib.sha256(pickled).hexdigest()
        pending = Pending(f"call {function.__module__}.{function.__qualname__} {name}", pickled, tell, subject)
        with self._lock:
            found = self._kept.get(pending.key)
            if found is not None:
                pending.result, pending.complete = found[0], True
            if subject is not None:
                self._drop_calls(session, subject)
            if self._closed:
                pending.failed = Failure("ensembles.no_lanes")
            elif not pending.complete:
                self._session(session).calls.append(pending)
                self._bell.hang(pending, tell, time.monotonic())
                self._events.put(self._revive)
        return pending

    def forget(self, session: str) -> None:
        """Drop what a session waits for: it has left."""
        with self._lock:
            left = self._sessions.pop(session, None)
            if left is not None:
                for one in (*left.fillings.values(), *left.calls):
                    self._bell.take_down(one)

    def close(self) -> None:
        """End the lanes; what was waiting never comes."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._sessions.clear()
        self._events.put(None)
        self._thread.join(timeout=CLOSE_SECONDS)  # it may be waiting for a compiler
        self._bell.close()

    @property
    def ready(self) -> bool:
        """Whether a lane is warm."""
        return any(lane.ready for lane in self._lanes)

    @property
    def processes(self) -> tuple[int, ...]:
        """Process ids of the lanes."""
        return tuple(pid for lane in self._lanes if (pid := lane.process) is not None)

    @property
    def bytes(self) -> int:
        """What is kept in memory."""
        return self._kept.bytes

    def _session(self, name: str) -> _Session:
        return self._sessions.setdefault(name, _Session())

    def _drop_calls(self, session: str, subject: str) -> None:
        calls = self._session(session).calls
        for call in [call for call in calls if call.subject == subject]:
            calls.remove(call)
            self._bell.take_down(call)

    def _fillings(self) -> Iterator[tuple[_Session, str, Filling]]:
        for session in list(self._sessions.values()):
            for subject, filling in list(session.fillings.items()):
                yield session, subject, filling

    # --- the thread that hands out errands ---------------------------------------------------------------------------

    def _work(self) -> None:
        self._start_lanes()
        _import_here()
        while self._handle_event():
            pass
        for lane in self._lanes:
            lane.close()

    def _handle_event(self) -> bool:
        """Wait for what happens next, and act on it; return whether that was not the end.

        A function of its own, so that a thread that waits holds on to nothing that a session left.
        """
        try:
            event = self._events.get(timeout=self._patience())
        except Empty:
            event = _nothing
        if event is None:
            return False
        try:
            event()
            self._stop_overdue()
            self._hand_out()
        except Exception:  # nobody else would ever be served
            _log.exception("handing out an errand")
        return True

    def _start_lanes(self) -> None:
        """Start the lanes, one after the other where rules have to be compiled first."""
        try:
            from sim.warm_up import compile_rules

            compile_rules()
        except Exception:
            _log.exception("compiling")  # a lane tries it again, and fails with what is wrong
        for lane in self._lanes:
            lane.start(self._over)

    def _revive(self) -> None:
        """Start lanes again that had been given up: somebody asks for something."""
        if all(lane.stillborn >= TRIES for lane in self._lanes):
            for lane in self._lanes:
                lane.stillborn = 0
                lane.start(self._over)

    def _over(self, lane: Lane, over: Future[Any]) -> None:
        """Note, from a thread of the lane, that its errand is over."""
        self._events.put(lambda: self._take(lane, over))

    def _patience(self) -> float | None:
        """Return how long it is until an errand has taken too long, in seconds; None where none is under way."""
        ends = [lane.since + self._longest for lane in self._lanes if lane.errand is not None]
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def _stop_overdue(self) -> None:
        """End what takes too long, with its lane; whoever waits for it is told, and does not get it tried again."""
        for lane in self._lanes:
            errand = lane.errand
            if errand is None or time.monotonic() - lane.since < self._longest:
                continue
            _log.error("an errand took longer than %g seconds", self._longest)
            failure = Failure("ensembles.took_too_long", {"seconds": round(self._longest)})
            with self._lock:
                self._under_way.difference_update(errand.keys)
                if isinstance(errand.of, Pending):
                    self._fail_calls(errand.keys[0], failure)
                else:
                    for _, _, filling in self._fillings():
                        if not filling.lacking.keys().isdisjoint(errand.keys):
                            self._fail(filling, failure)
                self._put_back(errand)
            lane.start(self._over)  # which ends its process first

    def _take(self, lane: Lane, over: Future[Any]) -> None:
        if over is not lane.future:
            return  # of a process that was ended
        errand, lane.errand = lane.errand, None
        if errand is not None:
            with self._lock:
                self._under_way.difference_update(errand.keys)
                self._take_errand(errand, over)
        elif over.cancelled() or over.exception() is not None:
            lane.stillborn += 1
            _log.error("a lane does not start", exc_info=None if over.cancelled() else over.exception())
        else:
            lane.ready, lane.stillborn = True, 0
        if has_died(over) or not lane.ready:
            self._replace(lane)

    def _take_errand(self, errand: _Errand, over: Future[Any]) -> None:
        if has_died(over):
            self._lose(errand)
        elif over.exception() is not None:
            self._break(errand, over.exception())
        elif isinstance(errand.of, Pending):
            self._answer(errand, over.result())
        else:
            self._fill(errand, over.result())

    def _replace(self, lane: Lane) -> None:
        """Start a lane anew; where none of them starts at all, say so to all who wait."""
        if lane.stillborn < TRIES:
            lane.start(self._over)
            return
        lane.close()
        if all(one.stillborn >= TRIES for one in self._lanes):
            with self._lock:
                waiting: list[Filling | Pending] = [filling for _, _, filling in self._fillings()]
                waiting += [call for session in self._sessions.values() for call in session.calls]
                for one in waiting:
                    self._fail(one, Failure("ensembles.no_lanes"))

    def _fill(self, errand: _Errand, brought: Brought) -> None:
        self.made += len(brought.runs)
        for place, run in zip(brought.places, brought.runs, strict=True):
            key = errand.by_place[place]
            self._lost.pop(key, None)
            self._kept.put(key, (run, brought.names), run.bytes)
            for session, subject, filling in self._fillings():
                if filling.take(key, run, brought.names):
                    self._more(session, subject, filling)
        job = errand.job
        assert job is not None
        tried = len(brought.places) + len(brought.raised)
        before = self._seconds.get(job.park.hash, brought.seconds / tried)
        self._seconds[job.park.hash] = max(0.5 * before + 0.5 * brought.seconds / tried, 1e-4)
        for seed, place, cause in brought.raised:
            key = errand.by_place[seed, place]
            failure = Failure("ensembles.run_failed", {"park": job.park.name, "strategy": job.strategies[place].name,
                                                       "seed": seed, "cause": cause})  # fmt: skip
            for _, _, filling in self._fillings():
                if key in filling.lacking:
                    self._fail(filling, failure)

    def _more(self, session: _Session, subject: str, filling: Filling) -> None:
        if filling.complete:
            session.fillings.pop(subject, None)
            self._bell.ring(filling, last=True)
        elif not filling.pictured and filling.first_is_there():
            filling.pictured = True
            self._bell.ring(filling, now=True)
        else:
            self._bell.ring(filling)

    def _answer(self, errand: _Errand, answer: Answer) -> None:
        (key,) = errand.keys
        self._lost.pop(key, None)
        if answer.pickled is not None:
            result = pickle.loads(answer.pickled)
            self._kept.put(key, (result,), len(answer.pickled))
        for session in self._sessions.values():
            for call in [call for call in session.calls if call.key == key]:
                if answer.cause is not None:
                    self._fail(call, Failure("ensembles.call_failed", {"cause": answer.cause}))
                    continue
                call.result, call.complete = result, True
                session.calls.remove(call)
                self._bell.ring(call, last=True)

    def _lose(self, errand: _Errand) -> None:
        """Let what died with its lane be tried again; whose it was has failed when it has taken a lane with it twice."""
        self._lost.update(errand.keys)
        if max(self._lost[key] for key in errand.keys) >= TRIES:
            for key in errand.keys:
                del self._lost[key]
            if isinstance(errand.of, Pending):
                self._fail_calls(errand.keys[0], Failure("ensembles.call_died"))
            else:
                self._fail(errand.of, Failure("ensembles.lane_died", {"park": errand.of.asked.park.name}))
        self._put_back(errand)

    def _break(self, errand: _Errand, cause: BaseException | None) -> None:
        """Fail whatever an errand was for that raised beside its runs: the model has changed, or something is wrong here."""
        from analysis.experiment import AnotherModel

        if isinstance(cause, AnotherModel):
            failure = Failure("ensembles.another_model")
        else:
            _log.error("an errand failed", exc_info=cause)
            failure = Failure("ensembles.call_failed", {"cause": safe_cause(f"{type(cause).__name__}: {cause}")})
        if isinstance(errand.of, Pending):
            self._fail_calls(errand.keys[0], failure)
        else:
            self._fail(errand.of, failure)
        self._put_back(errand)

    def _put_back(self, errand: _Errand) -> None:
        """Let those who still lack what an errand did not bring ask for it again."""
        wanted = {call.key for session in self._sessions.values() for call in session.calls}
        for _, _, filling in self._fillings():
            wanted.update(filling.again(errand.keys))
        for key in set(errand.keys) - wanted:
            self._lost.pop(key, None)

    def _fail(self, one: Filling | Pending, failure: Failure) -> None:
        """Let an ensemble or a call fail, if it still waits for anything."""
        for session in self._sessions.values():
            for subject in [subject for subject, filling in session.fillings.items() if filling is one]:
                session.fillings.pop(subject)
                one.failed = failure
                self._bell.ring(one, last=True)
            if isinstance(one, Pending) and one in session.calls:
                session.calls.remove(one)
                one.failed = failure
                self._bell.ring(one, last=True)

    def _fail_calls(self, key: str, failure: Failure) -> None:
        for session in self._sessions.values():
            for call in [call for call in session.calls if call.key == key]:
                self._fail(call, failure)

    # --- whose turn it is --------------------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        for lane in self._lanes:
            if lane.ready and lane.errand is None:
                with self._lock:
                    errand = self._next_errand(lane.number)
                if errand is None:
                    continue
                if isinstance(errand.of, Pending):
                    lane.carry_out(errand, self._over, inside.answer, errand.of.pickled)
                else:
                    lane.carry_out(errand, self._over, inside.make, errand.job, errand.of.asked.drawn)

    def _next_errand(self, lane: int) -> _Errand | None:
        """Return what a lane does next: a call or a first picture of the session whose turn it is, else other work."""
        self._errands += 1
        for early in (True, False) if self._errands % REST_EVERY else (False, True):
            for name, session in self._sessions.items():
                errand = self._errand_of(session, lane, early)
                if errand is not None:
                    self._under_way.update(errand.keys)
                    self._pass_turn(name, session, errand)
                    return errand
        return None

    def _pass_turn(self, name: str, session: _Session, errand: _Errand) -> None:
        """Let the next session have its turn, unless this one is at a small first picture."""
        session.turn += 1
        if isinstance(errand.of, Filling) and errand.of.first and session.turn < TURN_ERRANDS:
            a_run = self._seconds.get(errand.of.asked.place.hash, UNKNOWN_SECONDS)
            if errand.of.left_of_first() * a_run <= TURN_SECONDS:
                return
        session.turn = 0
        self._sessions.move_to_end(name)

    def _errand_of(self, session: _Session, lane: int, early: bool) -> _Errand | None:
        if early:
            for call in session.calls:
                if call.key not in self._under_way:
                    return _Errand(call, (call.key,))
        for filling in reversed(session.fillings.values()):  # the user looks at what was asked last
            errand = self._runs_of(filling, lane, early)
            if errand is not None:
                return errand
        return None

    def _runs_of(self, filling: Filling, lane: int, early: bool) -> _Errand | None:
        queue = filling.first if early else filling.rest
        if not early and filling.first:
            return None
        a_run = self._seconds.get(filling.asked.place.hash, UNKNOWN_SECONDS)
        if early:
            seconds, most = FIRST_SECONDS, -(-FIRST_SEEDS // len(self._lanes))
        else:
            left = len(filling.lacking) * a_run / (2 * len(self._lanes))
            seconds, most = min(max(left, LEAST_SECONDS), MOST_SECONDS), len(queue)
        chosen: list[tuple[int, tuple[int, ...]]] = []
        runs = 0
        for seed in self._by_lane(queue, lane):
            if chosen and (len(chosen) >= most or (runs + 1) * a_run > seconds):
                break
            queue.remove(seed)
            places = filling.places(seed, self._under_way)
            if places:
                chosen.append((seed, places))
                runs += len(places)
        return self._errand(filling, chosen) if chosen else None

    def _by_lane(self, queue: Any, lane: int) -> list[int]:
        """Return the waiting seeds whose worlds this lane keeps; where there are none those of others, the last first."""
        own = [seed for seed in queue if seed % len(self._lanes) == lane]
        return own or list(reversed(queue))

    def _errand(self, filling: Filling, chosen: list[tuple[int, tuple[int, ...]]]) -> _Errand:
        from analysis.experiment import Job
        from analysis.identity import model_version
        from analysis.store import Indicators

        asked = filling.asked
        by_place = {(seed, place): filling.keys[seed][place] for seed, places in chosen for place in places}
        job = Job(asked.place, asked.approaches, tuple(chosen), asked.length, model_version(), Indicators(COLUMNS, 1))
        return _Errand(filling, tuple(by_place.values()), job, by_place)


def _nothing() -> None:
    """Stand for an event where none came."""


def _import_here() -> None:
    """Import what the first ensemble needs, while the lanes start: over a second, which the first page need not wait for."""
    import analysis.compare  # noqa: F401


__all__ = ["COLUMNS", "FIRST_SEEDS", "Asked", "Ensembles", "Failure", "Filling", "Pending"]
