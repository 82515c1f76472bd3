"""From a kubeconfig (or a pod's service account) to something that can send requests.

The official client reads the configuration and keeps its credentials fresh (exec plugins, OIDC, token files);
requests go through its urllib3 pool as plain JSON, so that no model class stands between us and what users wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pointsman.model.errors import InputError, RemoteError

_KUBECONFIG_ADVICE = "give --kubeconfig FILE, set KUBECONFIG, or run `kubectl config view` to see what is wrong with it"


@dataclass(frozen=True)
class KubeSource:
    """Where the connection comes from: kubeconfig paths (joined with `:` as KUBECONFIG is) and a context name."""

    kubeconfig: str = ""
    context: str = ""
    in_cluster: bool = False


class Connection:
    """An API server with our identity, as `login` (which reads the configuration) gives it. Thread-safe."""

    def __init__(self, login: Callable[[], Any]) -> None:
        self._login = login
        self._take(login())

    def _take(self, client: Any) -> None:
        self._configuration = client.configuration
        self._pool = client.rest_client.pool_manager

    def renew(self) -> None:
        """Log in again: tokens run out, and whoever wrote the configuration may have put a new one there."""
        self._take(self._login())

    @property
    def host(self) -> str:
        """The API server's address, for messages."""
        return str(self._configuration.host)

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: tuple[float, float],
        stream: bool = False,
    ) -> Any:
        """One HTTP request (`target` is path and query); the urllib3 response. Raises urllib3 errors as they are."""
        import urllib3

        token = self._configuration.auth_settings().get("BearerToken", {}).get("value")
        return self._pool.request(
            method,
            self._configuration.host + target,
            headers={**headers, **({"authorization": token} if token else {})},
            body=body,
            timeout=urllib3.Timeout(connect=timeout[0], read=timeout[1]),
            retries=False,
            redirect=False,
            preload_content=not stream,
        )


def connect(source: KubeSource) -> Connection:
    """The connection `source` describes. Raises InputError for a configuration that cannot be used and
    RemoteError when a credential plugin fails."""
    return Connection(lambda: _client(source))


def _client(source: KubeSource) -> Any:
    from kubernetes import client, config

    configuration = client.Configuration()
    try:
        if source.in_cluster:
            config.load_incluster_config(client_configuration=configuration)
        else:
            config.load_kube_config(
                config_file=source.kubeconfig,
                context=source.context or None,
                client_configuration=configuration,
                persist_config=False,
            )
    except config.ConfigException as wrong:
        raise _explained(str(wrong), source) from wrong
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise InputError(f"the kubeconfig {source.kubeconfig} cannot be read: {wrong}", _KUBECONFIG_ADVICE) from wrong
    except Exception as wrong:  # yaml errors have no common base that is cheap to import
        raise InputError(f"the kubeconfig {source.kubeconfig} is malformed: {wrong}", _KUBECONFIG_ADVICE) from wrong
    return client.ApiClient(configuration)


def _explained(message: str, source: KubeSource) -> InputError | RemoteError:
    if "exec" in message:
        return RemoteError(f"the kubeconfig's credential plugin failed: {message}", "log in again, then run again")
    where = source.kubeconfig or "the service account of this pod"
    return InputError(f"the kubeconfig {where} cannot be used: {message}", _KUBECONFIG_ADVICE)
