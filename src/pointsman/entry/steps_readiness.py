"""readiness-check in the table of steps. `spec.py` is the table; `wiring_readiness.py` makes values of it."""

from __future__ import annotations

from pointsman.entry.shared_inputs import NAMESPACE, OUTCOME, SERVICE, TAIL, required
from pointsman.entry.table import Input, Output, Step, Type

REPOSITORY = Input("repository", "Folder of the checkout, for documents and workflows.", Type.TEXT, ".")
MANIFESTS = Input(
    "manifests",
    "Rendered manifests: files, folders or globs, one a line or apart by commas. Then the cluster is asked only when "
    "a namespace is given too; what is in a file outranks what is in the cluster.",
    Type.PATHS,
)
JUNIT = Input("junit", "JUnit reports of the tests: files, folders or globs.", Type.PATHS)
SARIF = Input("sarif", "SARIF reports of security scanners: files, folders or globs.", Type.PATHS)
CI_CHECKS = Input(
    "ci-checks",
    "Whether results of this commit are read from GitHub (check runs, commit statuses) or GitLab (jobs, commit "
    "statuses); auto: where there is a token.",
    Type.CHOICE,
    "auto",
    ("auto", "true", "false"),
)
WORKLOAD = Input(
    "workload",
    "Workload to look at, as deployment/NAME, statefulset/NAME or daemonset/NAME; what is behind the service unless "
    "told.",
)
WHAT = (required(SERVICE), NAMESPACE, WORKLOAD, MANIFESTS, REPOSITORY, JUNIT, SARIF, CI_CHECKS)

READINESS_CHECK = Step(
    "readiness-check",
    "Prove that a service is ready for production by evidence from manifests, cluster, repository and CI.",
    "Asks every check of a policy and finds the evidence itself: in rendered manifests, in the cluster, in the "
    "repository, in what CI proved on this commit. What nobody could look at is unknown, and unknown is no pass. A "
    "person may answer for what no object shows, with a reason and an end. Changes nothing.",
    (
        *WHAT,
        Input(
            "fail-on",
            "Which checks without proof stop the pipeline; with never the report says so, and the exit code is 0.",
            Type.CHOICE,
            "required",
            ("required", "any", "never"),
        ),
        Input("min-score", "Score (0 to 100) below which the service is not ready.", Type.NUMBER, "0"),
        *TAIL,
    ),
    (
        *OUTCOME,
        Output("score", "Percent of the checks that pass or are waived; required ones count three times."),
        Output("failed", "The checks that fail, apart by commas."),
        Output("unknown", "The checks that nobody could answer."),
        Output("waived", "The checks that are waived."),
        Output("sarif", "Path of readiness.sarif, when a report folder was given."),
    ),
)
