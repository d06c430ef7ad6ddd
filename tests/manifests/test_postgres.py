"""PostgreSQL with our settings and scripts as rendered for dev, which runs it without an operator.

Altered: the port, the folders of the data and of the socket, and the locale provider where the server is older than 17,
which brought `builtin`. The image trusts 127.0.0.1, for its own scripts; here that address stands for another pod.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import ROOT
from harness.servers import PATH, free_port
from harness.waiting import eventually

READER = """it's "a" $HOME \\ %s password"""
OTHER = "127.0.0.1"
SHOWN = {("wal_compression", "on"): "pglz"}
"""What the server calls by another word than the one it is given."""


class Postgres:
    """One server, as the image makes and starts it; root gives way to the package's user."""

    def __init__(self, folder: Path, files: dict[str, str], env: dict[str, str]) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        if not found:
            (pytest.fail if os.environ.get("CI") else pytest.skip)("postgres is missing: see `make test`")
        self.bin, self.folder, self.port = found[-1].parent, folder, free_port()
        self.who: dict[str, Any] = {"user": "postgres"} if os.geteuid() == 0 else {}
        self.env = {
            **env,
            "PATH": f"{self.bin}:{PATH}",
            "PGHOST": str(folder),
            "PGPORT": str(self.port),
            "LC_ALL": "C.UTF-8",
        }
        for name, text in {**files, "password": "owner", "grafana-password": READER}.items():
            (folder / name).write_text(text)
        self._make()
        argv = [
            "-D",
            str(folder / "data"),
            "-k",
            str(folder),
            "-p",
            str(self.port),
            "-c",
            f"config_file={folder}/postgresql.conf",
        ]
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen([str(self.bin / "postgres"), *argv], stdout=log, stderr=log, **self.who)

    def _make(self) -> None:
        """Do what the image's entry point does with an empty folder."""
        options = self.env["POSTGRES_INITDB_ARGS"]
        if int(self.bin.parts[-2]) < 17:
            assert "--locale-provider=builtin" in options
            options = options.replace("--locale-provider=builtin", "--locale-provider=libc")
        made = self.run(
            "initdb",
            "-D",
            "data",
            "-U",
            self.env["POSTGRES_USER"],
            "--auth-host=scram-sha-256",
            "--pwfile=password",
            *options.split(),
        )
        assert made.returncode == 0, made.stderr
        with (self.folder / "data/pg_hba.conf").open("a") as rules:
            rules.write("host all all all scram-sha-256\n")

    def run(self, *argv: str, text: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        given = {**self.env, **env}
        return subprocess.run(
            argv, input=text, cwd=self.folder, env=given, capture_output=True, text=True, check=False, **self.who
        )

    def sql(self, statement: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run statements as the owner by the socket, or as PGUSER and PGHOST say."""
        given = {"PGUSER": self.env["POSTGRES_USER"], "PGDATABASE": self.env["POSTGRES_DB"], **env}
        return self.run("psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", text=statement, **given)

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)  # the image's stop signal: a fast shutdown
        return self.process.wait(timeout=300)


@pytest.fixture(scope="module")
def postgres(config):
    files = config("overlays/dev/postgres", "postgres-config")
    pod = yaml.safe_load((ROOT / "base/postgres/statefulset.yaml").read_text())["spec"]["template"]["spec"]
    env = {one["name"]: one["value"] for one in pod["containers"][0]["env"] if "value" in one}
    folder = Path(tempfile.mkdtemp(prefix="bos-postgres-"))  # not in tmp_path, where root lets nobody else in
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    made = None
    try:
        made = Postgres(folder, files, env)
        probe = pod["containers"][0]["readinessProbe"]["exec"]["command"]
        eventually(lambda: made.process.poll() is not None or made.run(*probe).returncode == 0)
        assert made.process.poll() is None, (folder / "log").read_text()
        assert made.sql(f"CREATE DATABASE {env['POSTGRES_DB']}", PGDATABASE="postgres").returncode == 0
        script = files["grafana-reader.sh"].replace("/run/secrets/postgres", str(folder))
        assert str(folder) in script
        done = made.run("bash", "-euo", "pipefail", "-c", script)
        assert done.returncode == 0, done.stderr
        yield made
    finally:
        if made is not None and made.process.poll() is None:
            made.process.kill()
            made.process.wait()
        shutil.rmtree(folder)


def test_every_setting_that_we_ship_is_accepted_and_in_force(postgres):
    rows = postgres.sql(
        "SELECT name, setting, coalesce(error, '') FROM pg_file_settings WHERE sourcefile LIKE '%/postgresql.conf'"
    )
    ours = [row.split("|") for row in rows.stdout.splitlines()]

    shown = {name: postgres.sql(f"SHOW {name}").stdout.rstrip("\n") for name, _, _ in ours}

    assert len(ours) > 15
    assert {error for _, _, error in ours} == {""}
    assert shown == {name: SHOWN.get((name, setting), setting) for name, setting, _ in ours}


def test_the_database_is_made_as_the_pod_says(postgres):
    assert postgres.sql("SHOW data_checksums; SHOW server_encoding").stdout == "on\nUTF8\n"
    assert postgres.sql("SELECT datcollate FROM pg_database WHERE datname = current_database()").stdout == "C.UTF-8\n"
    assert postgres.sql(
        "CREATE EXTENSION pg_stat_statements; SELECT count(*) > 0 FROM pg_stat_statements"
    ).stdout.endswith("t\n")


def test_passwords_are_kept_as_scram_and_asked_for_from_everywhere_else(postgres):
    kept = postgres.sql("SELECT rolname FROM pg_authid WHERE rolcanlogin AND rolpassword LIKE 'SCRAM-SHA-256$%'").stdout

    assert set(kept.split()) == {"buildingos", "grafana"}
    assert postgres.sql("SELECT 1", PGHOST=OTHER, PGPASSWORD="owner").stdout == "1\n"
    for wrong in ("", "grafana"):
        refused = postgres.sql("SELECT 1", PGHOST=OTHER, PGPASSWORD=wrong)
        assert refused.returncode == 2
        assert "password" in refused.stderr


def test_the_reader_reads_everything_and_changes_nothing(postgres):
    assert postgres.sql("CREATE TABLE rooms (name text); INSERT INTO rooms VALUES ('lobby')").returncode == 0
    reader = {"PGUSER": "grafana", "PGPASSWORD": READER, "PGHOST": OTHER}

    assert postgres.sql("SELECT name FROM rooms", **reader).stdout == "lobby\n"
    assert "read-only transaction" in postgres.sql("INSERT INTO rooms VALUES ('x')", **reader).stderr
    for attempt in (
        "INSERT INTO rooms VALUES ('x')",
        "DELETE FROM rooms",
        "CREATE TABLE mine ()",
        "DROP TABLE rooms",
        "CREATE ROLE other",
    ):
        refused = postgres.sql(f"SET default_transaction_read_only = off; {attempt}", **reader)
        assert refused.returncode == 3, attempt
        assert "permission denied" in refused.stderr or "must be owner" in refused.stderr
    assert "statement timeout" in postgres.sql("SET statement_timeout = 50; SELECT pg_sleep(5)", **reader).stderr
    assert postgres.sql("SHOW statement_timeout", **reader).stdout == "1min\n"


def test_the_images_stop_signal_ends_it_within_the_grace_period_with_a_clean_database(postgres):
    assert postgres.end() == 0

    state = postgres.run(str(postgres.bin / "pg_controldata"), "-D", "data").stdout

    assert "shut down\n" in state.split("Database cluster state:")[1].splitlines(keepends=True)[0]
