"""Tables speak of everything there is, in users' words."""

import yaml

from pointsman.entry import needs
from pointsman.entry.roles import WITHOUT_PODS, role_yaml, rules_of
from pointsman.entry.spec import STEPS, step_named
from pointsman.gen.exit_codes import MEANINGS, meanings_for
from pointsman.gen.tables import inputs_table, outputs_table, permissions_table, steps_table, table
from pointsman.model import errors
from pointsman.model.result import Outcome


def test_every_input_has_a_row() -> None:
    for step in STEPS:
        text = inputs_table(step)
        assert [one.name for one in step.inputs if f"| `{one.name}` |" not in text] == []


def test_a_bar_stays_in_its_cell() -> None:
    assert table(("a",), [("x|y",)]).splitlines()[-1] == "| x&#124;y |"


def test_a_default_a_choice_and_a_requirement_are_shown() -> None:
    text = inputs_table(step_named("blue-green-switch"))
    assert "| `bake` | duration, like `90s` or `10m` | `60s` |" in text
    assert "| `cleanup` | `keep`, `scale-down`, `update` | `keep` |" in text
    assert "| `namespace` | name | **required** |" in text


def test_what_only_steps_have_is_said_to_be_no_option() -> None:
    text = inputs_table(step_named("rollback"))
    assert next(line for line in text.splitlines() if "`runner`" in line).endswith("For steps only, no option. |")


def test_every_output_has_a_row() -> None:
    assert "| `active` | The colour that serves now. |" in outputs_table(step_named("blue-green-switch"))


def test_every_command_is_listed_with_its_page() -> None:
    assert steps_table().count("](docs/steps/") == len(STEPS)


def test_every_exit_code_of_the_model_has_a_meaning() -> None:
    known = {one.exit_code for one in vars(errors).values() if isinstance(one, type) and hasattr(one, "exit_code")}
    assert set(MEANINGS) == known | {one.exit_code for one in Outcome}


def test_a_check_that_changes_nothing_never_needs_a_person() -> None:
    assert 20 not in meanings_for("verify-health")
    assert 20 in meanings_for("rollback")


def test_a_job_needs_no_more_rights_than_its_step_uses() -> None:
    assert "statuses: write" in permissions_table(step_named("verify-health"))
    assert "statuses" not in permissions_table(step_named("status"))


def test_the_role_grants_exactly_what_is_checked_and_wished_for() -> None:
    for name, checked in needs.OF_STEP.items():
        rules = yaml.safe_load(role_yaml(name))["rules"]
        granted = {(g, r, v) for one in rules for g in one["apiGroups"] for r in one["resources"] for v in one["verbs"]}
        wished = () if name in WITHOUT_PODS else needs.WISHED
        wanted = {(one.group, one.resource, verb) for one in (*checked, *wished) for verb in one.verbs}
        assert granted == wanted


def test_resources_with_the_same_verbs_share_a_rule() -> None:
    (rule,) = rules_of([one for one in needs.WISHED if one.resource == "pods/log"] * 2)
    assert rule["verbs"] == ["get"]
