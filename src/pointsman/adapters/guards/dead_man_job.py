"""The dead-man switch as a Job `pointsman-<service>-dead-man` in the service's namespace.

Writes: jobs (get, create, delete). Looks at serviceaccounts (get) before the first write. The Job itself is in
`dead_man_manifest.py`; what runs in it is the command `dead-man`. It cannot tell whether the Job's pod ever starts:
an image that no node can pull shows only in the Job's own events.
"""

from __future__ import annotations

from pointsman.adapters.guards.dead_man_manifest import TOKEN, Post, job_name, job_of
from pointsman.adapters.kube.answers import ApiStatus
from pointsman.adapters.kube.api import Json, KubeApi, Manner
from pointsman.adapters.kube.kinds import JOB, SERVICE_ACCOUNT
from pointsman.model.errors import ConflictError, InputError
from pointsman.ports.clock import Clock

_TRIES, _BETWEEN_TRIES = 20, 0.5


class DeadManJob:
    """The guard of one run, which `token` tells from every other."""

    def __init__(self, api: KubeApi, post: Post, token: str, clock: Clock) -> None:
        self._api, self._post, self._token, self._clock = api, post, token, clock
        self._uid = ""

    @property
    def name(self) -> str:
        """The Job, for people."""
        return f"Job {job_name(self._post.service)}"

    def require_account(self) -> None:
        """Raises InputError when the account that the Job is to run as does not exist."""
        account = self._post.account
        if self._api.get(SERVICE_ACCOUNT, account) is None:
            raise InputError(
                f"there is no service account {account} in namespace {self._api.namespace} for the dead-man switch",
                "apply examples/kubernetes/dead-man.yaml there once, or name another one with --dead-man-account",
            )

    def post(self, release: str) -> None:
        """Replace the Job that is there, of this run or another, by one that guards `release`. Raises RemoteError,
        and ConflictError when another Job keeps its place."""
        body = job_of(self._post, self._api.namespace, release, self._token)
        self._remove(self._standing())
        for _ in range(_TRIES):
            if self._create(body):
                return
            self._clock.sleep(_BETWEEN_TRIES)
        raise ConflictError(f"{self.name} is still there, and not ours", "see what keeps it; then run again")

    def dismiss(self) -> None:
        """Delete the Job that this run has made; one that another run has made since is left alone."""
        if self._uid:
            self._remove({"metadata": {"uid": self._uid}}, Manner.PARTING)
            self._uid = ""

    def _create(self, body: Json) -> bool:
        """False while the name is taken by one that was deleted and is not gone yet."""
        try:
            made: Json | None = self._api.create(JOB, body)
        except ApiStatus as status:
            if status.code != 409:
                raise
            made = self._ours(body)
        self._uid = made["metadata"]["uid"] if made else ""
        return made is not None

    def _ours(self, body: Json) -> Json | None:
        """A retried create may have met its own first try."""
        found = self._standing()
        wanted = body["metadata"]["annotations"]
        return found if found and found["metadata"].get("annotations") == wanted and TOKEN in wanted else None

    def _standing(self) -> Json | None:
        return self._api.get(JOB, job_name(self._post.service))

    def _remove(self, job: Json | None, manner: Manner = Manner.CHANGE) -> None:
        if job is None:
            return
        try:
            preconditions = {"uid": job["metadata"]["uid"]}
            self._api.delete(JOB, job_name(self._post.service), preconditions, "Background", manner)
        except ApiStatus as status:
            if status.code != 409:
                raise
