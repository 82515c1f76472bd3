"""Files as evidence: lines are kept, limits hold, links are not followed, and what is broken is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pointsman.adapters.evidence.junit_files import JUnitFiles, name_of, suites_of
from pointsman.adapters.evidence.manifest_files import ManifestFiles, items_of
from pointsman.adapters.evidence.repository_files import LARGEST, MOST_FILES, RepositoryFiles
from pointsman.adapters.evidence.sarif_files import SarifFiles, scans_of
from pointsman.model.errors import InputError

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: NAME}\n"


def service(name: str) -> str:
    return SERVICE.replace("NAME", name)


def test_every_object_knows_its_line() -> None:
    text = f"# first\n{service('a')}---\n---\n{service('b')}---\njust text\n---\n[1, 2]\n"
    assert [(one.name, one.place.line) for one in items_of("f.yaml", text)] == [("a", 2), ("b", 7)]


def test_lists_are_what_is_in_them() -> None:
    text = (
        "apiVersion: v1\nkind: List\nitems:\n"
        "  - apiVersion: v1\n    kind: Service\n    metadata: {name: a}\n"
        "  - apiVersion: v1\n    kind: Service\n    metadata: {name: b}\n"
    )
    assert [(one.name, one.place.line) for one in items_of("f.yaml", text)] == [("a", 4), ("b", 7)]


def test_json_is_yaml_too(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}))
    assert [one.name for one in ManifestFiles([str(tmp_path)]).objects(["Service"])] == ["a"]


def test_values_and_kustomizations_are_no_objects() -> None:
    text = "replicas: 3\n---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a]\n"
    assert list(items_of("f.yaml", text)) == []


@pytest.mark.parametrize(
    ("text", "line", "advice"),
    [
        pytest.param("kind: Service\n  bad: indent\n", 2, "correct the YAML", id="no YAML"),
        pytest.param(f"{service('a')}---\na: {{{{ .Values.x }}}}\n", 5, "helm template", id="a template"),
        pytest.param("a: !!python/object:os.system x\n", 1, "correct the YAML", id="no tags of Python"),
    ],
)
def test_what_is_no_yaml_is_named_with_its_line(text: str, line: int, advice: str) -> None:
    with pytest.raises(InputError, match=rf"^f.yaml:{line}: ") as wrong:
        list(items_of("f.yaml", text))
    assert advice in wrong.value.advice


def test_files_folders_and_globs(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.yaml").write_text(service(name))

    def names(*patterns: str) -> list[str]:
        given = [str(tmp_path / one) for one in patterns]
        return [one.name for one in ManifestFiles(given).objects(["Service"])]

    assert names("a/x.yaml") == ["a"]
    assert names("a", "b/*.yaml") == ["a", "b"]
    assert names(".", "a/x.yaml") == ["a", "b", "c"]
    assert names("*/x.yaml") == ["a", "b", "c"]
    with pytest.raises(InputError, match="no such file"):
        names("d")


def test_files_without_a_single_object_are_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("replicas: 3\n")
    with pytest.raises(InputError, match="no Kubernetes object"):
        ManifestFiles([str(tmp_path)]).objects(["Service"])


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"a\.yaml: cannot be read"):
        ManifestFiles([str(tmp_path / "a.yaml")]).objects(["Service"])


def test_a_checkout_is_read_within_bounds_and_no_link_is_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in ("docs", ".git", "node_modules", ".github/workflows", ".github/ISSUE_TEMPLATE"):
        (root / folder).mkdir(parents=True)
        (root / folder / "a.md").write_text("x" * (LARGEST + 10))
    outside.mkdir()
    (outside / "secret.md").write_text("secret")
    (root / "docs/link.md").symlink_to(outside / "secret.md")
    (root / "linked").symlink_to(outside)
    (root / "docs/picture.png").write_text("x")
    found = RepositoryFiles(str(root)).pages()
    assert [(one.path, len(one.text)) for one in found] == [
        (".github/workflows/a.md", LARGEST), ("docs/a.md", LARGEST),
    ]  # fmt: skip


def test_a_checkout_of_too_many_files_is_read_in_part(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 5):
        (tmp_path / f"{number:05}.md").touch()
    assert len(RepositoryFiles(str(tmp_path)).pages()) == MOST_FILES


def test_a_checkout_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        RepositoryFiles(str(tmp_path / "nowhere")).pages()


REPORT = """<testsuites><testsuite name="unit" tests="99" failures="0">
<testcase/><testcase><failure/><error/></testcase><testcase><skipped/></testcase></testsuite>
<testsuite name="other"><testcase/></testsuite></testsuites>"""


def test_junit_is_counted_by_its_cases_not_by_what_it_claims() -> None:
    assert [(one.name, one.tests, one.bad, one.skipped) for one in suites_of("r.xml", REPORT.encode())] == [
        ("unit", 3, 1, 1), ("other", 1, 0, 0),
    ]  # fmt: skip


def test_a_junit_file_and_each_of_its_suites_are_results(tmp_path: Path) -> None:
    file = tmp_path / "r.xml"
    file.write_text(REPORT)
    runs = [run for run in JUnitFiles([str(tmp_path)]).runs() if not isinstance(run, str)]
    assert [(run.name, run.state) for run in runs[1:]] == [("unit", "failure"), ("other", "success")]
    assert (runs[0].state, runs[0].place.file) == ("failure", file.as_posix())


def test_where_a_checkout_lies_says_nothing_about_its_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`/builds/security/shop/reports/unit.xml` holds unit tests and no others, from wherever it is read."""
    home = tmp_path / "security" / "shop"
    (home / "reports").mkdir(parents=True)
    (home / "reports" / "unit.xml").write_text(REPORT)
    whole = str(home / "reports" / "unit.xml")
    assert name_of(Path(whole)) == "reports/unit.xml"
    monkeypatch.chdir(home)
    assert {name_of(Path(whole)), name_of(Path("reports/unit.xml"))} == {"reports/unit.xml"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("<testsuite>", "r.xml:1: not XML", id="cut off"),
        pytest.param("<html/>", "no testsuite", id="another file"),
        pytest.param(
            '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><testsuite name="&b;"/>', "document type",
            id="entities that grow",
        ),
        pytest.param(
            '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite name="x">&a;</testsuite>',
            "document type", id="entities of other files",
        ),
    ],
)  # fmt: skip
def test_what_is_no_junit_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        suites_of("r.xml", text.encode())


def test_sarif_levels_come_from_the_result_the_rule_or_are_warnings() -> None:
    rules = [{"id": "r", "defaultConfiguration": {"level": "error"}}]
    results = [
        {"ruleId": "r"},
        {"ruleId": "r", "level": "note"},
        {"ruleId": "s"},
        {"ruleId": "r", "suppressions": [{"kind": "inSource"}]},
        {"ruleId": "r", "kind": "pass"},
    ]
    run = {"tool": {"driver": {"name": "X", "rules": rules}}, "results": results}
    (scan,) = scans_of("f", {"runs": [run]})
    assert (scan.tool, scan.errors, scan.results) == ("X", 1, 3)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"runs": 1}', '{"runs": [1]}'])
def test_what_is_no_sarif_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.sarif").write_text(text)
    with pytest.raises(InputError, match="no SARIF"):
        SarifFiles([str(tmp_path)]).scans()


def test_reports_that_are_not_there_are_a_mistake(tmp_path: Path) -> None:
    for source in (lambda: SarifFiles([str(tmp_path)]).scans(), lambda: JUnitFiles([str(tmp_path / "x*")]).runs()):
        with pytest.raises(InputError, match="no such file"):
            source()
