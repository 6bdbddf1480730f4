"""PostgreSQL's own programs on this machine, and a server of our own made with them."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from mall.ops.opensearch.reach import is_reachable

INSTALL = "Debian: apt-get install postgresql"
ACCOUNT = "postgres"
OWNER = "mall"
DATABASE = "mall"


class NotInstalled(Exception):
    """A program is missing, or cannot be run here; the message names the remedy."""


def server_programs() -> Path:
    """The folder of `initdb` and `postgres`, newest version first. Raises NotInstalled."""
    return _folder_with("initdb", "postgres")


def dump_programs() -> Path:
    """The folder of `pg_dump` and `pg_restore`, newest version first. Raises NotInstalled."""
    return _folder_with("pg_dump", "pg_restore")


def _folder_with(*names: str) -> Path:
    on_path = shutil.which(names[0])
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    for folder in [*packaged, *([Path(on_path).resolve().parent] if on_path else [])]:
        if all((folder / name).exists() for name in names):
            return folder
    raise NotInstalled(f"PostgreSQL's {' and '.join(names)} are not installed ({INSTALL})")


def server_user() -> int | None:
    """The account's id to run the server as, for a root, which it refuses; None: who we are."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(ACCOUNT).pw_uid
    except KeyError:
        raise NotInstalled(f"PostgreSQL does not run as root, and there is no account {ACCOUNT} ({INSTALL})") from None


def make_cluster(folder: Path, password: str) -> None:
    """Files of a new server in `folder`, whose owner has this password; nothing when they are there.

    Raises NotInstalled, also where a root's `folder` lies in one that others cannot enter.
    """
    data = folder / "data"
    if (data / "PG_VERSION").exists():
        return
    programs, user = server_programs(), server_user()
    folder.mkdir(parents=True, exist_ok=True)
    if user is not None:
        if not is_reachable(folder.parent):
            raise NotInstalled(
                f"PostgreSQL does not run as root, and others cannot enter {folder.parent}: choose another"
            )
        os.chown(folder, user, -1)
    shutil.rmtree(data, ignore_errors=True)  # of a first start that was interrupted
    with tempfile.NamedTemporaryFile("w", prefix="mall-", suffix=".password") as file:
        file.write(password)
        file.flush()
        if user is not None:
            os.chown(file.name, user, -1)
        words = [str(programs / "initdb"), "-D", str(data), "-U", OWNER, "-E", "UTF8", "--locale=C.UTF-8"]
        words += ["-A", "scram-sha-256", f"--pwfile={file.name}"]
        made = subprocess.run(words, cwd="/", user=user, capture_output=True, text=True, check=False)
    if made.returncode:
        raise NotInstalled(f"PostgreSQL's initdb failed: {made.stderr.strip()[-500:]}")


def server_command(folder: Path, port: int) -> list[str]:
    """What runs the server in the foreground, on the loopback address."""
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder / "data",
        "shared_buffers": "128MB",
        "log_min_messages": "warning",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [str(server_programs() / "postgres"), "-D", str(folder / "data"), *options]


def make_database(port: int, password: str) -> bool:
    """Make the mall's database where it is missing. False while the server does not answer yet."""
    import psycopg

    address = {"host": "127.0.0.1", "port": port, "user": OWNER, "password": password, "dbname": "postgres"}
    try:
        with psycopg.connect(**address, autocommit=True, connect_timeout=2) as connection:  # type: ignore[arg-type]
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f'CREATE DATABASE "{DATABASE}" TEMPLATE template0')
    except psycopg.OperationalError:
        return False
    return True
