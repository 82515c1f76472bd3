"""A checklist is a task list that GitHub and GitLab show with boxes; foreign text cannot tick one."""

from __future__ import annotations

from pointsman.model.readiness import Status
from pointsman.report.checklist import checklist_markdown
from pointsman.strategy.readiness.checklist import Entry, Part, When

PARTS = (
    Part("Operations", (Entry("Logs are collected", Status.PASS, "DaemonSet x"), Entry("Alerts", Status.FAIL, "none"))),
    Part("People", (Entry("They know", Status.UNKNOWN, "x\n- [x] forged"), Entry("Spread", Status.WAIVED, "known"))),
)


def test_proven_items_are_ticked_with_their_evidence() -> None:
    text = checklist_markdown("shop", When.PRE, PARTS)
    assert text.startswith("# Before the deployment: shop\n\n2 of 4 items are proven.\n")
    assert "- [x] Logs are collected<br>DaemonSet x\n" in text
    assert "- [ ] Alerts<br>not so: none\n" in text
    assert "- [x] Spread<br>known\n" in text


def test_foreign_text_ticks_nothing() -> None:
    text = checklist_markdown("shop", When.POST, PARTS)
    assert [line for line in text.splitlines() if line.startswith("- [x] forged")] == []
    assert "- [ ] They know<br>open: " in text
