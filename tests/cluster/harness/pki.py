"""The cluster's certificates and keys: an authority, a server, a client for kubelet, a token signer."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LIFETIME = datetime.timedelta(days=30)


class Authority:
    """Signs what it is asked to; everything it writes lies in `folder` as NAME.crt and NAME.key."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._name = _named("pointsman-test")
        self._key = self._write_key("ca")
        basic = x509.BasicConstraints(ca=True, path_length=0)
        certificate = _unsigned(self._name, self._name, self._key).add_extension(basic, critical=True)
        self._write("ca.crt", certificate.sign(self._key, hashes.SHA256()))

    def path(self, file: str) -> str:
        return str(self._folder / file)

    def issue(self, name: str, addresses: list[str], organization: str | None = None) -> None:
        """Write a key and a certificate for `name`, valid for these addresses as a server and as a client."""
        key = self._write_key(name)
        alternatives = [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        certificate = _unsigned(_named(name, organization), self._name, key)
        if alternatives:
            certificate = certificate.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        self._write(f"{name}.crt", certificate.sign(self._key, hashes.SHA256()))

    def signer(self, name: str) -> None:
        """Write a key pair that signs tokens: NAME.key and NAME.pub."""
        public = self._write_key(name).public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        (self._folder / f"{name}.pub").write_bytes(public.public_bytes(serialization.Encoding.PEM, form))

    def _write(self, file: str, certificate: x509.Certificate) -> None:
        (self._folder / file).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def _write_key(self, name: str) -> ec.EllipticCurvePrivateKey:
        key = ec.generate_private_key(ec.SECP256R1())
        encoded = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = self._folder / f"{name}.key"
        file.touch(mode=0o600)
        file.write_bytes(encoded)
        return key


def _named(common: str, organization: str | None = None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)


def _unsigned(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
    )
