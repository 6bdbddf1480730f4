"""`python3 mall/ops/opensearch/certificates.py FOLDER --host opensearch`: who the nodes are, for TLS.

Makes an authority of the mall's own and what it signs: `ca.pem`, which the mall trusts (MALL_OPENSEARCH_CA_FILE);
`node.pem` and `node-key.pem` for the nodes; `admin.pem` and `admin-key.pem` for who loads changed security files.
Needs the program openssl; the standard library only, so it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

VALID_DAYS, AUTHORITY_DAYS = 825, 3650
NODE_NAME, ADMIN_NAME = "passage-node", "passage-admin"
AUTHORITY = """basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
"""
LEAF = """basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature,keyEncipherment
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""


class CertificateError(Exception):
    """openssl is missing or refused; the message is for a person."""


def make_certificates(folder: Path, *, hosts: Sequence[str], days: int = VALID_DAYS) -> None:
    """Write the five files into the folder; keys are readable by their owner only. What is there is replaced.

    hosts: names and addresses under which the nodes are reached. days: negative ones make certificates that expired.
    Raises CertificateError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as work:
        made = Path(work)
        names = ",".join(f"{'IP' if _is_address(host) else 'DNS'}:{host}" for host in hosts)
        _sign(made, "ca", "passage-authority", AUTHORITY, days=AUTHORITY_DAYS)
        _sign(
            made,
            "node",
            NODE_NAME,
            f"{LEAF}extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName={names}\n",
            days=days,
        )
        _sign(made, "admin", ADMIN_NAME, f"{LEAF}extendedKeyUsage=clientAuth\n", days=days)
        for name in ("ca.pem", "node.pem", "node-key.pem", "admin.pem", "admin-key.pem"):
            (made / name).rename(folder / name)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _sign(folder: Path, name: str, subject: str, extensions: str, *, days: int) -> None:
    """A key and certificate of this name: the authority's own, or signed by the authority in the folder."""
    key, request, extension_file = (folder / f"{name}{ending}" for ending in ("-key.pem", ".csr", ".ext"))
    # PKCS#8, which is all that the server reads
    _openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(key))
    key.chmod(0o600)
    _openssl("req", "-new", "-key", str(key), "-subj", f"/CN={subject}", "-out", str(request))
    extension_file.write_text(extensions, encoding="ascii")
    signer = ["-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca-key.pem"), "-CAcreateserial"]
    signer = ["-signkey", str(key)] if name == "ca" else signer
    signing = ["-req", "-in", str(request), *signer, "-days", str(days), "-extfile", str(extension_file)]
    _openssl("x509", *signing, "-out", str(folder / f"{name}.pem"))


def _openssl(*words: str) -> None:
    try:
        done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise CertificateError("openssl is not installed (Debian: apt-get install openssl)") from error
    if done.returncode:
        raise CertificateError(f"openssl {words[0]} refused: {done.stderr.strip()[-500:]}")


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Certificates for the OpenSearch nodes of a mall.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", action="append", default=[], help="name or address of a node; may be repeated")
    parser.add_argument("--owner", type=int, help="user id that the nodes run as, in OpenSearch's image 1000")
    options = parser.parse_args(words)
    hosts = [*options.host, "localhost", "127.0.0.1"]
    try:
        make_certificates(options.folder, hosts=hosts)
    except CertificateError as error:
        print(error, file=sys.stderr)
        return 2
    if options.owner is not None:
        for name in ("node.pem", "node-key.pem"):
            os.chown(options.folder / name, options.owner, -1)
    print(f"Certificates for {', '.join(hosts)} are in {options.folder}, good for {VALID_DAYS} days.")
    print("The authority's key was not kept: to renew them, run this again and restart nodes and mall.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
