"""Measure bos-tools against what a user does by hand: `make bench`, or `PYTHONPATH=tests python -m bench.run NAME …` for some of the measurements.

Only ratios are judged, and only of things measured in turns within one run: the machine's speed cancels out.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from bench.generate import generate, service
from harness import ROOT
from harness.git import WHO, git

BIN = Path(sys.executable).parent
TOOL = str(BIN / "bos-tools")
KUSTOMIZE = os.environ.get("BOS_TOOLS_KUSTOMIZE") or str(BIN / "kustomize")


@dataclass(frozen=True)
class Row:
    """One measured ratio and the number that it may not pass."""

    name: str
    ours: float
    theirs: float
    target: float
    note: str = ""

    @property
    def ratio(self) -> float:
        """Return ours over theirs."""
        return self.ours / self.theirs


def run(words: list[str], cwd: Path, **env: str) -> None:
    """Run a command to its end."""
    done = subprocess.run(words, cwd=cwd, env={**os.environ, **WHO, **env}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words[:6])}: exit code {done.returncode}\n{done.stderr}")


def in_turns(repetitions: int, *jobs: Callable[[], object]) -> list[float]:
    """Return the median seconds of each job, run in turns so that a slow moment hits all of them.

    The first turn is not counted.
    """
    times: list[list[float]] = [[] for _ in jobs]
    for turn in range(repetitions + 1):
        for job, seconds in zip(jobs, times, strict=True):
            started = time.perf_counter()
            job()
            if turn:
                seconds.append(time.perf_counter() - started)
    return [statistics.median(seconds) for seconds in times]


@contextmanager
def folder() -> Iterator[Path]:
    """Lend a folder and remove it."""
    made = Path(tempfile.mkdtemp(prefix="bos-bench-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def ours(target: Path) -> Path:
    """Copy this repository's manifests into a repository of their own."""
    target.mkdir()
    for name in ("base", "overlays"):
        shutil.copytree(ROOT / name, target / name, symlinks=True)
    shutil.copy(ROOT / "pyproject.toml", target)
    git(target, "init", "-q", "-b", "main")
    git(target, "add", "-A")
    git(target, "commit", "-qm", "Start")
    return target


def bump(repetitions: int) -> Iterator[Row]:
    """`bump --commit` with its proof, against build, edit set image, build, commit."""
    with folder() as work:
        repos = [ours(work / name) for name in ("hand", "cold", "warm")]
        versions = [count(1) for _ in repos]
        unit = "overlays/dev/backend"

        def by_hand() -> None:
            script = (
                f"{KUSTOMIZE} build {unit} >../before.yaml && "
                f"(cd {unit} && {KUSTOMIZE} edit set image backend=*:v1.1.{next(versions[0])}) && "
                f"{KUSTOMIZE} build {unit} >../after.yaml && git commit -qam 'Bump backend'"
            )
            run(["sh", "-c", script], repos[0])

        def cold() -> None:
            cache = work / "cache"
            shutil.rmtree(cache, ignore_errors=True)
            words = [TOOL, "bump", "backend", f"v1.1.{next(versions[1])}", "--commit"]
            run(words, repos[1], BOS_TOOLS_CACHE=str(cache))

        def warm() -> None:
            words = [TOOL, "bump", "backend", f"v1.1.{next(versions[2])}", "--commit"]
            run(words, repos[2], BOS_TOOLS_CACHE=str(work / "warm-cache"))

        hand_s, cold_s, warm_s = in_turns(repetitions, by_hand, cold, warm)
        yield Row("bump --commit with proof, cold cache / by hand", cold_s, hand_s, 4)
        yield Row("bump --commit with proof, warm cache / by hand", warm_s, hand_s, 4)


def hundred(repetitions: int) -> Iterator[Row]:
    """A hundred bumps in one commit, against one bump."""
    with folder() as work:
        repos = [generate(work / name, 100, ("dev", "prod")) for name in ("one", "all")]
        versions = [count(1) for _ in repos]

        def bump_of(index: int, services: int) -> Callable[[], None]:
            def job() -> None:
                version = f"v1.1.{next(versions[index])}"
                words = [f"{service(number)}={version}" for number in range(services)]
                run([TOOL, "bump", *words, "--commit"], repos[index], BOS_TOOLS_CACHE=str(work / f"cache-{index}"))

            return job

        one, all_ = in_turns(repetitions, bump_of(0, 1), bump_of(1, 100))
        yield Row("100 bumps in one commit / one bump", all_, one, 10)


READ = """
import os, sys
for top in sys.argv[1:]:
    for folder, _, names in os.walk(top):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                file.read()
"""
PARSE = """
import os, sys, yaml
for top in sys.argv[1:]:
    for folder, _, names in os.walk(top):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                list(yaml.load_all(file, yaml.CSafeLoader))
"""


def status(repetitions: int) -> Iterator[Row]:
    """`status` of 500 services in 4 environments, against reading the files that it reads: overlays and bases."""
    with folder() as work:
        repo = generate(work / "repo", 500)
        folders = [str(repo / "overlays"), str(repo / "base")]
        status_s, json_s, read_s, parse_s = in_turns(
            repetitions,
            lambda: run([TOOL, "status"], repo),
            lambda: run([TOOL, "status", "--output", "json"], repo),
            lambda: run([sys.executable, "-c", READ, *folders], repo),
            lambda: run([sys.executable, "-c", PARSE, *folders], repo),
        )
        yield Row("status of 500 x 4 / reading and parsing its files", status_s, parse_s, 2)
        yield Row("status --output json / reading and parsing its files", json_s, parse_s, 2)
        yield Row("status of 500 x 4 / reading the bytes alone", status_s, read_s, float("inf"), "for the record")


def writers(_: int) -> Iterator[Row]:
    """Sixty `bump --push` at once, against sixty one after the other."""
    with folder() as work:
        seconds = []
        for name in ("one-by-one", "at-once"):
            repo = generate(work / name, 60, ("dev",))
            bare = work / f"{name}.git"
            git(work, "clone", "-q", "--bare", str(repo), str(bare))
            clones = [work / f"{name}-{number}" for number in range(60)]
            for clone in clones:
                git(work, "clone", "-q", str(bare), str(clone))
            env = {**os.environ, **WHO, "BOS_TOOLS_CACHE": str(work / f"cache-{name}")}
            started = time.perf_counter()
            running = []
            for number, clone in enumerate(clones):
                words = [TOOL, "bump", service(number), "v1.0.1", "--push"]
                process = subprocess.Popen(
                    words, cwd=clone, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
                )
                running.append(process)
                if name == "one-by-one":
                    process.wait()
            said = [process.communicate()[1] for process in running]
            seconds.append(time.perf_counter() - started)
            landed = int(git(bare, "rev-list", "--count", "main")) - 1
            if landed != 60:
                refused = [text for process, text in zip(running, said, strict=True) if process.returncode]
                raise SystemExit(
                    f"{60 - landed} of 60 writers did not land: {refused[:1] or 'and none of them says so'}"
                )
        tries = sorted(int(text.rpartition(", try ")[2].split()[0]) if ", try " in text else 1 for text in said)
        note = f"{seconds[1]:.1f} s; tries: median {tries[30]}, most {tries[-1]}, all {sum(tries)}"
        yield Row("60 writers at once / one after the other", seconds[1], seconds[0], 3, note)


def start(repetitions: int) -> Iterator[Row]:
    """The processor time of `--help`, against a bare Python."""

    def cpu(words: list[str]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(words, ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    helps, pythons = [], []
    for _ in range(repetitions + 1):
        helps.append(cpu([TOOL, "--help"]))
        pythons.append(cpu([sys.executable, "-c", "pass"]))
    ours_s, theirs_s = min(helps[1:]), min(pythons[1:])  # what else the machine does only adds
    yield Row(
        "--help, processor time / python -c pass", ours_s, theirs_s, 0.150 / theirs_s, f"{ours_s * 1000:.0f} ms of CPU"
    )


MEASUREMENTS = {"start": start, "bump": bump, "hundred": hundred, "status": status, "writers": writers}


def main() -> int:
    """Measure, print a table, write `.bench/results.json`, and fail where a ratio passes its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *MEASUREMENTS], default=[])
    parser.add_argument("--repetitions", type=int, default=11)
    wanted = parser.parse_args()
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(ROOT / "tools")], check=True)
    rows: list[Row] = []
    for name in wanted.names or MEASUREMENTS:
        repetitions = wanted.repetitions if name in ("start", "bump") else max(3, wanted.repetitions // 2)
        for row in MEASUREMENTS[name](repetitions):
            rows.append(row)
            verdict = "ok" if row.ratio <= row.target else "TOO SLOW"
            measured = f"{row.ours:7.3f} s {row.theirs:7.3f} s  {row.ratio:5.2f}x  of {row.target:4.1f}x"
            sys.stdout.write(f"{row.name:55} {measured}  {verdict}  {row.note}\n")
            sys.stdout.flush()
    results = ROOT / ".bench" / "results.json"
    results.parent.mkdir(exist_ok=True)
    entries = [{**asdict(row), "ratio": row.ratio, "target": min(row.target, 1e9)} for row in rows]
    results.write_text(json.dumps(entries, indent=2) + "\n")
    return int(any(row.ratio > row.target for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
