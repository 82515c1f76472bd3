"""Who we are to a Prometheus, and that nobody else learns of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.adapters.metrics.access import Access
from pointsman.model.errors import InputError

URL = "https://prometheus.example/prometheus/"


def test_a_token_is_sent_as_a_bearer_and_its_line_break_is_not_part_of_it() -> None:
    assert Access(URL, token="letmein\n").sent()["authorization"] == "Bearer letmein"


def test_user_and_password_are_sent_as_basic_authentication() -> None:
    assert Access(URL, user="ann", password="letmein").sent()["authorization"] == "Basic YW5uOmxldG1laW4="


def test_a_tenant_header_goes_along() -> None:
    assert Access(URL, headers={"X-Scope-OrgID": "shop"}).sent()["X-Scope-OrgID"] == "shop"


def test_without_an_identity_none_is_sent() -> None:
    assert "authorization" not in Access(URL).sent()


def test_secrets_show_neither_when_printed_nor_in_what_others_repeat() -> None:
    access = Access(URL, token="letmein", headers={"X-Api-Key": "sesame"})
    assert "letmein" not in repr(access) + str(access)
    assert "sesame" not in repr(access)
    assert access.hidden("bad token letmein, key sesame") == "bad token ***, key ***"
    assert Access(URL, user="ann", password="letmein").hidden("Basic YW5uOmxldG1laW4=") == "Basic ***"


@pytest.mark.parametrize(
    "url", ["prometheus:9090", "ftp://prometheus", "https://", "", "http://h:port", "http://h:99999"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="not an HTTP address"):
        Access(url)


def test_credentials_in_the_address_are_refused_without_repeating_them() -> None:
    with pytest.raises(InputError, match="holds credentials") as refused:
        Access("https://ann:letmein@prometheus.example")
    assert "letmein" not in refused.value.message + refused.value.advice


@pytest.mark.parametrize("url", [f"{URL}?tenant=1", f"{URL}#top"])
def test_an_address_with_a_query_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="query"):
        Access(url)


def test_two_identities_are_a_contradiction() -> None:
    with pytest.raises(InputError, match="both a token and a user"):
        Access(URL, token="letmein", user="ann")
    with pytest.raises(InputError, match="no user"):
        Access(URL, password="letmein")


@pytest.mark.parametrize(("name", "value"), [("X Scope", "a"), ("", "a"), ("X", "a\r\nY: b"), ("X", "ä")])
def test_what_no_header_can_carry_is_refused_without_repeating_it(name: str, value: str) -> None:
    with pytest.raises(InputError) as refused:
        Access(URL, headers={name: value})
    assert value not in refused.value.message.replace(f"{name!r}", "") or value == "a"


def test_a_token_with_a_line_break_inside_is_refused() -> None:
    with pytest.raises(InputError, match="what no header can carry"):
        Access(URL, token="let\nmein")


def test_a_certificate_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ca\.pem"):
        Access(URL, ca_file=str(tmp_path / "ca.pem"))
