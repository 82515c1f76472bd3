"""What a trial amounts to at this moment: one verdict, its reason, and the evidence behind it.

The ladder, in order: rejected, source down, no data, too many looks dropped, then the gravest of the objectives,
then the dwell. Only when every objective is proven harmless is the answer a pass.
"""

from __future__ import annotations

from pointsman.judge.case import Case, Tally
from pointsman.judge.claims import NEVER, below_gains, blocks_until, no_worse_gains
from pointsman.judge.interval import rate_interval
from pointsman.judge.report import Line, Proof, Rate, Report
from pointsman.judge.settings import Settings
from pointsman.judge.tolerance import PROMOTION
from pointsman.judge.trial import Trial, total_log_evidence
from pointsman.model.duration import words_of
from pointsman.model.evidence import Check, Verdict, verdict_of
from pointsman.model.objective import Objective


def report_of(settings: Settings, trial: Trial, source_down: str = "") -> Report:
    """The verdict and its evidence. `source_down` says why the source cannot be asked; empty when it can."""
    lines = tuple(
        _line(settings, objective, case, trial)
        for objective, case in zip(settings.objectives, trial.cases, strict=True)
    )
    verdict, why = _overall(settings, trial, lines, source_down)
    return Report(
        verdict=verdict,
        why=why,
        lines=lines,
        tolerance=settings.tolerance,
        judged=trial.judged,
        looks=trial.looks.count,
        dropped=trial.looks.dropped,
        why_dropped=trial.looks.why,
        log_e=total_log_evidence(settings, trial) + settings.whole_bound,
        log_bound=settings.whole_bound,
    )


def _overall(settings: Settings, trial: Trial, lines: tuple[Line, ...], source_down: str) -> tuple[Verdict, str]:
    if trial.rejected:
        return Verdict.FAIL, _worst(lines)
    if source_down:
        return Verdict.SOURCE_DOWN, source_down
    missing = _missing(settings, trial)
    if missing:
        return Verdict.NO_DATA, missing
    if trial.looks.too_many_dropped:
        return Verdict.INCONCLUSIVE, trial.looks.complaint
    verdict = verdict_of(Check(line.metric, line.verdict, line.why) for line in lines)
    why = next(line.why for line in lines if line.verdict is verdict)
    if verdict is Verdict.PASS and trial.judged < settings.dwell:
        left = words_of(settings.dwell - trial.judged)
        return Verdict.INCONCLUSIVE, f"proven harmless, to be watched at this weight for {left} more"
    return verdict, "proven harmless on every objective" if verdict is Verdict.PASS else why


def _missing(settings: Settings, trial: Trial) -> str:
    quiet = trial.silent + trial.looks.unread
    if trial.age and quiet >= settings.silence:
        return f"the candidate has answered no request for {words_of(quiet)}"
    if trial.judged:
        return ""
    nothing = "nothing was judged yet at this weight" if trial.age else "the candidate has answered no request yet"
    return "; ".join(filter(None, [nothing, trial.looks.complaint]))


def _worst(lines: tuple[Line, ...]) -> str:
    worst = max(lines, key=lambda line: max(line.relative.excess, line.gate.excess))
    return _accusation(worst.metric, worst.relative, worst.gate, worst.candidate, worst.stable)


def _accusation(metric: str, relative: Proof, gate: Proof, candidate: Rate, stable: Rate) -> str:
    if gate.excess > relative.excess:
        return f"{metric}: the candidate breaks its limit beyond doubt ({candidate.words} at this weight)"
    return f"{metric}: the candidate is worse than stable beyond doubt ({candidate.words}, stable {stable.words})"


def _line(settings: Settings, objective: Objective, case: Case, trial: Trial) -> Line:
    needed = _needed(settings, objective, case)
    relative = Proof(case.log_relative, settings.relative_bound)
    gate = Proof(case.log_gate, settings.gate_bound)
    verdict, why = _finding(settings, objective, case, relative, gate, needed, trial)
    per_second = case.ok.candidate / trial.judged if trial.judged else 0.0
    return Line(
        metric=objective.metric,
        verdict=verdict,
        why=why,
        candidate=_rate(case.ok.candidate, case.ok.candidate_bad),
        stable=_rate(case.ok.stable, case.ok.stable_bad),
        relative=relative,
        gate=gate,
        below=Proof(case.log_below, settings.promote_bound),
        no_worse=Proof(case.log_no_worse, settings.promote_bound),
        clumping=case.dispersion.clumping,
        needed=needed,
        seconds=needed / per_second if per_second else NEVER,
        note=_note(objective, case),
    )


def _finding(
    settings: Settings, objective: Objective, case: Case, relative: Proof, gate: Proof, needed: float, trial: Trial
) -> tuple[Verdict, str]:
    name = objective.metric
    candidate = _rate(case.ok.candidate, case.ok.candidate_bad)
    if relative.met or gate.met:
        stable = _rate(case.ok.stable, case.ok.stable_bad)
        return Verdict.FAIL, _accusation(name, relative, gate, candidate, stable)
    if not case.ok.candidate:
        return Verdict.NO_DATA, f"{name}: {_unmeasured(objective, case)}"
    if case.shared:
        return Verdict.INCONCLUSIVE, f"{name}: stable breaks the limit as well, a shared incident"
    if settings.speedup and case.log_faster >= settings.whole_bound:
        return Verdict.INCONCLUSIVE, f"{name}: the candidate answers far sooner than stable, as if it gave up early"
    if not case.ok.stable and not settings.without_stable:
        return Verdict.INCONCLUSIVE, f"{name}: stable answers no requests, so there is nothing to compare with"
    if needed == 0:
        return Verdict.PASS, f"{name}: proven harmless"
    return Verdict.INCONCLUSIVE, f"{name}: {_lacking(objective, candidate, needed, case, trial)}"


def _lacking(objective: Objective, candidate: Rate, needed: float, case: Case, trial: Trial) -> str:
    if candidate.share >= objective.ok.share:
        return f"{candidate.words} bad, in the zone between ok and rollback"
    if needed == NEVER:
        return f"{candidate.words} bad, which proves nothing however long it goes on"
    time = words_of(needed * trial.judged / case.ok.candidate)
    return f"not enough requests yet: about {needed:.0f} more of the candidate, {time} at the present traffic"


def _needed(settings: Settings, objective: Objective, case: Case) -> float:
    """Further candidate requests until both claims are proven, if all goes on as at this weight so far."""
    seen: Tally = case.ok
    if not seen.candidate:
        return NEVER
    candidate, stable = (seen.candidate, seen.candidate_bad), (seen.stable, seen.stable_bad)
    claims = [(case.below, below_gains(candidate, objective.ok.share))]
    if seen.stable or not settings.without_stable:
        claims.append((case.no_worse, no_worse_gains(candidate, stable, PROMOTION)))
    clumping, bound = case.dispersion.clumping, settings.promote_bound
    return seen.candidate * max(blocks_until(logs, gains, bound, clumping) for logs, gains in claims)


def _rate(requests: int, bad: int) -> Rate:
    return Rate(requests, bad, *rate_interval(requests, bad))


def _unmeasured(objective: Objective, case: Case) -> str:
    if case.bounds is None:
        return "there is no histogram whose bounds can answer it"
    return "no slow requests were counted" if objective.is_latency else "no bad requests were counted"


def _note(objective: Objective, case: Case) -> str:
    bounds = case.bounds
    if bounds is None or bounds.ok is None or bounds.rollback is None:
        return ""
    if (bounds.ok, bounds.rollback) == (objective.ok.slower_than, objective.rollback.slower_than):
        return ""
    ok, rollback = words_of(bounds.ok), words_of(bounds.rollback)
    return f"judged at the histogram's own bounds: ok at {ok}, rollback at {rollback}"
