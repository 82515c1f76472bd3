"""The judge's memory of a release, from the first look to the last; a plain value that survives the process.

    trial = opened_trial(settings)
    trial = looked(settings, trial, metrics.read())      # every few seconds
    trial = at_new_weight(settings, trial)               # after each change of the weight
    report = report_of(settings, trial)                  # verdict.py

`msgspec.json` writes and reads a Trial; a later process goes on with the same test and the same error budget.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import reduce

from pointsman.judge import case as cases
from pointsman.judge.block import NOBODY, Arm, Block
from pointsman.judge.case import Case
from pointsman.judge.latency import bounds_of
from pointsman.judge.logs import log_sum
from pointsman.judge.looks import Looks, after_look, begun_anew
from pointsman.judge.settings import Pace, Settings
from pointsman.model.errors import InputError
from pointsman.model.measurement import Reading


@dataclass(frozen=True)
class Trial:
    """Everything that was heard, and how far the blocks have come.

    `asked` names the settings that must not change under way; `pending` is the block of each pace that is not full
    yet; `history` what stable did before the candidate was judged; `age` seconds since the candidate's first request,
    over the whole release; `judged` seconds judged, and `silent` since the candidate's last request, at this weight.
    `rejected` is for ever.
    """

    asked: str
    cases: tuple[Case, ...]
    pending: tuple[Block | None, ...]
    looks: Looks = field(default_factory=Looks)
    history: Arm = field(default_factory=Arm)
    age: float = 0.0
    judged: float = 0.0
    silent: float = 0.0
    rejected: bool = False


def opened_trial(settings: Settings) -> Trial:
    """The trial before the first look."""
    paces = len(settings.paces)
    opened = (cases.opened(bounds_of(one, (), NOBODY), paces) for one in settings.objectives)
    return Trial(_asked(settings), tuple(opened), (None,) * paces)


def resumed(settings: Settings, trial: Trial) -> Trial:
    """`trial` as another process left it. Raises InputError when it was begun with other settings, for evidence
    about one question is none about another."""
    if trial.asked != _asked(settings):
        raise InputError(
            "the release under way was begun with other objectives or tolerances",
            f"give the same ones again, or undo the release first; it was begun with: {trial.asked}",
        )
    return trial


def looked(settings: Settings, trial: Trial, reading: Reading) -> Trial:
    """`trial` after one more look at the counters."""
    looks, block = after_look(trial.looks, reading, settings.silence)
    trial = replace(trial, looks=looks)
    return fed(settings, trial, block) if block else trial


def fed(settings: Settings, trial: Trial, block: Block) -> Trial:
    """`trial` after `block`, for callers that count requests themselves."""
    trial = _aged(trial, block)
    if trial.age <= settings.warm_up:
        return replace(trial, history=trial.history + block.stable)
    return _judged(settings, _knowing_bounds(settings, trial, block), block)


def with_history(settings: Settings, trial: Trial, stretches: Iterable[Arm]) -> Trial:
    """`trial` knowing what stable did before the release, in stretches about as long as a block: it decides where
    times are compared, and how much proof a promotion needs from the beginning."""
    arms = list(stretches)
    history = reduce(Arm.__add__, arms, trial.history)
    known = _knowing_bounds(settings, replace(trial, history=history), Block(0.0, history, NOBODY))
    return replace(known, cases=tuple(reduce(cases.learned, arms, one) for one in known.cases))


def at_new_weight(settings: Settings, trial: Trial) -> Trial:
    """`trial` at a new weight; nothing is compared across the change, so the next look is the first one again."""
    return replace(
        trial,
        cases=tuple(cases.at_new_weight(one) for one in trial.cases),
        pending=(None,) * len(settings.paces),
        looks=begun_anew(trial.looks),
        judged=0.0,
        silent=0.0,
    )


def without_counters(trial: Trial) -> Trial:
    """`trial` without the raw counters, which grow with the number of pods; the next look is a first one."""
    return replace(trial, looks=replace(trial.looks, known=None))


def total_log_evidence(settings: Settings, trial: Trial) -> float:
    """The logarithm of all evidence against the candidate over its bound: 0 or more means roll back.

    The weighted sum of the parts is at least as strong as any part against its own bound, and as valid, whatever
    the parts have to do with each other.
    """
    parts = [one.log_relative - settings.relative_bound for one in trial.cases]
    parts += [one.log_gate - settings.gate_bound for one in trial.cases]
    return log_sum(parts)


def _asked(settings: Settings) -> str:
    kept = "; ".join(f"{one.metric} ok {one.ok} rollback {one.rollback}" for one in settings.objectives)
    return f"{kept}; {settings.tolerance}; alpha {settings.alpha}; paces {settings.paces}; {settings.spare_shared}"


def _aged(trial: Trial, block: Block) -> Trial:
    begun = trial.age > 0 or block.candidate.requests > 0
    silent = 0.0 if block.candidate.requests else trial.silent + block.seconds
    return replace(trial, age=trial.age + block.seconds if begun else 0.0, silent=silent)


def _knowing_bounds(settings: Settings, trial: Trial, block: Block) -> Trial:
    """`trial` with its histogram bounds fixed, once there are any; only what came before the block decides which."""
    if all(one.bounds for one in trial.cases):
        return trial
    offered = block.stable.within or block.candidate.within
    opened = tuple(
        one if one.bounds else cases.opened(bounds_of(objective, offered, trial.history), len(settings.paces))
        for one, objective in zip(trial.cases, settings.objectives, strict=True)
    )
    return replace(trial, cases=opened)


def _judged(settings: Settings, trial: Trial, block: Block) -> Trial:
    heard = [cases.counted(one, block) for one in trial.cases]
    pending = list(trial.pending)
    for pace, length in enumerate(settings.paces):
        begun = pending[pace]
        grown = block if begun is None else begun + block
        full = _full(grown, length)
        pending[pace] = None if full else grown
        if full:
            each = zip(heard, settings.objectives, strict=True)
            heard = [cases.heard(one, objective, settings, grown, pace) for one, objective in each]
    judged = replace(trial, cases=tuple(heard), pending=tuple(pending), judged=trial.judged + block.seconds)
    return replace(judged, rejected=True) if total_log_evidence(settings, judged) >= 0 else judged


def _full(block: Block, pace: Pace) -> bool:
    # Looks come a little early or late. A block with one version only may be half of a scrape, so it waits, once.
    both = block.candidate.requests > 0 and block.stable.requests > 0
    return block.seconds >= pace.seconds * (0.9 if both else 1.9)
