"""The certificates that compose uses, and the front of the tests: who is let in, and who is not."""

from __future__ import annotations

import stat
from pathlib import Path

import opensearchpy
import pytest

from mall.ops.opensearch.certificates import CertificateError, make_certificates
from tests.secured_front import Secured, secured_front


def client(secured: Secured, *, password: str | None = None, ca_file: Path | None = None) -> opensearchpy.OpenSearch:
    return opensearchpy.OpenSearch(
        secured.url,
        http_auth=(secured.user, password or secured.password),
        ca_certs=str(ca_file or secured.ca_file),
        max_retries=0,
    )


def test_with_the_password_and_the_authority_the_real_server_answers(secured_opensearch: Secured) -> None:
    with client(secured_opensearch) as allowed:
        assert allowed.info()["version"]["number"] == "3.6.0"
        assert not allowed.indices.exists(index="passage-none")


def test_another_password_is_refused(secured_opensearch: Secured) -> None:
    with client(secured_opensearch, password="guessed") as refused, pytest.raises(opensearchpy.AuthenticationException):
        refused.info()


def test_the_certificate_of_another_authority_is_not_trusted(secured_opensearch: Secured, tmp_path: Path) -> None:
    make_certificates(tmp_path, hosts=["localhost"])

    with client(secured_opensearch, ca_file=tmp_path / "ca.pem") as refused, pytest.raises(opensearchpy.SSLError):
        refused.info()


def test_an_expired_certificate_is_not_trusted(opensearch_url: str, tmp_path: Path) -> None:
    with (
        secured_front(opensearch_url, tmp_path, days=-1) as expired,
        client(expired) as refused,
        pytest.raises(opensearchpy.SSLError, match="expired"),
    ):
        refused.info()


def test_keys_are_for_their_owner_only_and_the_authoritys_is_not_kept(tmp_path: Path) -> None:
    make_certificates(tmp_path, hosts=["opensearch"])

    assert {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("*-key.pem")} == {
        "node-key.pem": 0o600,
        "admin-key.pem": 0o600,
    }
    assert not list(tmp_path.glob(".*"))


def test_without_openssl_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CertificateError, match="openssl is not installed"):
        make_certificates(tmp_path / "certificates", hosts=["opensearch"])
    assert not list((tmp_path / "certificates").iterdir())
