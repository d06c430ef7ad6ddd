"""Quantities agree with the API server's own parser: number, canonical form and refusal."""

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bos_tools.tree.quantity import GIB, canonical, gibibytes, quantity, written
from harness import ROOT

GO = ROOT / "tools" / "sandbox" / "quantity"
SUFFIXES = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
WRONG = [
    "K",
    "ki",
    "gi",
    "i",
    "b",
    "GB",
    "GiB",
    "mi",
    "ee3",
    "e",
    "E+",
    "eE1",
    " ",
    "_",
    "e1.5",
    "e1k",
    "e+-1",
    "\n",
    "٣",
]

SPOILS = [" ", "-", "+", ".", "\t", "i", "٣", "1_0"]
ALPHABET = "0123456789.+-eEinumkKMGTP "
SEED, TEXTS = 11, 20_000


def text(chance: Random) -> str:
    """Return a quantity, one that was spoiled somewhere, or a heap of the characters that quantities are made of."""
    if chance.random() < 0.3:
        return "".join(chance.choices(ALPHABET, k=chance.randint(0, 12)))

    def digits() -> str:
        return "".join(chance.choices("0123456789", k=chance.choice([0, 1, 1, 2, 3, chance.randint(0, 24)])))

    number = digits() if chance.random() < 0.5 else f"{digits()}.{digits()}"
    exponent = f"{chance.choice('eE')}{chance.choice(['', '+', '-'])}{chance.choice([chance.randint(0, 30), chance.randint(0, 400)])}"
    suffix = chance.choice([chance.choice(SUFFIXES), exponent, chance.choice(WRONG)])
    whole = f"{chance.choice(['', '', '+', '-'])}{number}{suffix}"
    at = chance.randint(0, len(whole))
    return whole[:at] + chance.choice(SPOILS) + whole[at:] if chance.random() < 0.3 else whole


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Path:
    """The API server's parser as a program, built from the pinned module."""
    target = tmp_path_factory.mktemp("quantity") / "quantity"
    subprocess.run(["go", "build", "-o", str(target), "."], cwd=GO, check=True)
    return target


def asked(server: Path, lines: list[str]) -> list[tuple[Decimal, str] | None]:
    said = subprocess.run([server], input=json.dumps(lines)[1:-1].replace('", "', '" "'), capture_output=True, text=True, check=True)  # fmt: skip
    answers = [line.split(" ") for line in said.stdout.splitlines()]
    assert len(answers) == len(lines)
    return [None if answer == ["error"] else (Decimal(answer[0]), answer[1]) for answer in answers]


EDGES = [
    "", "0", "-0", "+", "-", ".", "-.", "Gi", ".5Gi", "1.", "1.Gi", "1.5.5", "1 Gi", " 1Gi", "1Gi ", "1e3", "1E3", "1E",
    "1e", "1Ee", "-1Gi", "+1Gi", "1000E", "1e19", "9223372036854775807", "9223372036854775808", "8Ei", "7Ei", "-8Ei",
    "9223372036854775807Ki", "0.1n", "0.0000000001", "-0.0000000001", "1.0000000001Ki", "0.5Ki", "0.0001Ki", "1023",
    "1024Ki", "1025Ki", "1e-400", "1e400", "123456789012345678901234567890", "0.9999999999", "1Kii", "Ei", ".Pi", "-Ti", "e-10", ".e-9", "0Ei", "1K", "01Gi", "1536Mi",
]  # fmt: skip


@pytest.mark.parametrize("start", range(0, TEXTS, 2000))
def test_every_text_is_read_and_written_as_the_api_server_does(server: Path, start: int):
    chance = Random(SEED + start)
    lines = [*EDGES, *(text(chance) for _ in range(2000))]

    ours = [None if (value := quantity(one)) is None else (value, canonical(one)) for one in lines]

    assert [(t, o, s) for t, o, s in zip(lines, ours, asked(server, lines), strict=True) if o != s] == []
    assert 0.2 < sum(one is None for one in ours) / len(lines) < 0.8


@given(st.integers(1, 999), st.sampled_from(SUFFIXES[4:]))
def test_what_is_written_is_read_as_the_same_number_and_is_canonical(number: int, suffix: str):
    value = quantity(f"{number}{suffix}")

    text = canonical(f"{number}{suffix}")
    assert quantity(text) == value
    assert canonical(text) == text


@given(st.integers(1, 2**62))
def test_whole_gibibytes_hold_the_number_and_are_written_canonically(number: int):
    size = gibibytes(Decimal(number))

    assert (size - 1) * GIB < number <= size * GIB
    assert quantity(written(Decimal(size * GIB))) == min(size * GIB, 2**63 - 1)


@pytest.mark.parametrize(
    ("number", "text"),
    [(GIB, "1Gi"), (1024 * GIB, "1Ti"), (1536 * 2**20, "1536Mi"), (1000**3, "1G"), (1500, "1500"), (512, "512")],
)
def test_a_number_of_bytes_is_written_in_the_shortest_canonical_form(number, text):
    assert written(Decimal(number)) == text


def test_an_exponent_that_no_size_has_is_refused():
    assert quantity("1e5000") is None
    assert canonical("1e5000") is None
