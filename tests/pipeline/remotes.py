"""Remotes for tests of sharing, each on this machine: a folder, a real SSH server, a stand-in for S3."""

import getpass
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SSHD = "/usr/sbin/sshd"


@contextmanager
def folder_remote(place: Path) -> Iterator[list[list[str]]]:
    """Arguments of `dvc remote` that lead to an empty folder."""
    yield [["add", "--default", "store", str(place / "store")]]


@contextmanager
def ssh_remote(place: Path) -> Iterator[list[list[str]]]:
    """OpenSSH's server on loopback, with keys of its own, that lets in who has the test's."""
    if not (Path(SSHD).exists() and shutil.which("ssh-keygen") and importlib.util.find_spec("dvc_ssh")):
        pytest.skip("no OpenSSH server or no dvc-ssh here: apt install openssh-server, make test-slow")
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / key], check=True)
    shutil.copyfile(place / "user.pub", place / "authorized")
    port = free_port()
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": place / "host",
        "AuthorizedKeysFile": place / "authorized",
        "PidFile": place / "pid",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "Subsystem": "sftp internal-sftp",
    }
    (place / "sshd_config").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen([SSHD, "-D", "-e", "-f", place / "sshd_config"], stderr=subprocess.DEVNULL)
    with stopped_after(server, port):
        url = f"ssh://{getpass.getuser()}@127.0.0.1:{port}{place / 'store'}"
        yield [["add", "--default", "store", url], ["modify", "store", "keyfile", str(place / "user")]]


@contextmanager
def s3_remote(place: Path) -> Iterator[list[list[str]]]:
    """moto's server, which speaks S3 over HTTP and keeps objects in memory: a stand-in, no real store."""
    if not (importlib.util.find_spec("dvc_s3") and importlib.util.find_spec("moto")):
        pytest.skip("no dvc-s3 or no moto here: make test-slow")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with stopped_after(server, port):
        url = f"http://127.0.0.1:{port}"
        import boto3

        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=url, **keys).create_bucket(Bucket="store")
        yield [
            ["add", "--default", "store", "s3://store/oddreel"],
            ["modify", "store", "endpointurl", url],
            ["modify", "--local", "store", "access_key_id", "a"],
            ["modify", "--local", "store", "secret_access_key", "b"],
        ]


REMOTES = {"folder": folder_remote, "ssh": ssh_remote, "s3": s3_remote}


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


@contextmanager
def stopped_after(server: subprocess.Popen, port: int) -> Iterator[None]:
    """Waits until the server listens; stops it in the end."""
    try:
        begun = time.monotonic()
        while True:
            assert server.poll() is None, f"the server ended with {server.returncode}"
            assert time.monotonic() - begun < 60, "the server does not listen"
            with socket.socket() as door:
                if door.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(timeout=30)
