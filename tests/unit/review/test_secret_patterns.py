"""Searching a file for secrets costs time that grows with its size, whatever the file."""

import time

import pytest

from bos_tools.review.rules.secrets import revealed

UNITS = [
    b"a.", b"-eyJ", b"eyJaaaaaaaaaaa.", b"TOKEN=", b"TOKEN ", b"TOKEN:\n", b"PASSWORD", b"\n", b" \n", b"a:", b"://a", b"://a:",
    b"-----BEGIN ", b'"auths": ', b"kind: Secret  x\n", b"TOKEN=aaaaaaaaaaaaaaaa", b"ghp_", b"xox", b"secretGenerator ", b"A_=",
]  # fmt: skip


def _cost(data: bytes) -> float:
    start = time.process_time()
    revealed.__wrapped__(data)  # what is kept from an earlier time costs nothing
    return time.process_time() - start


@pytest.mark.parametrize("repeated", UNITS)
def test_twice_the_file_costs_about_twice_the_time(repeated: bytes) -> None:
    size = 4_000 // len(repeated)
    small = min(_cost(repeated * size) for _ in range(3))
    large = min(_cost(repeated * size * 8) for _ in range(3))

    assert large < 24 * small + 0.05, (small, large)  # with the square of it, it would be 64 times


@pytest.mark.parametrize(
    "text",
    [
        b"url: https://bot:s3cr3tcanary@git.example.com/x", b"  api_token: 'q8Zr1Lw0Pb7Yx4Km'", b"x_PASSWORD=hunter2",
        b"Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.", b"secretGenerator:\n- name: x", b"my.access-key = Q8zR1lW0pB7yX4kM",
    ],
)  # fmt: skip
def test_a_secret_is_found_as_before(text: bytes) -> None:
    assert list(revealed(b"a: b\n" + text + b"\n"))
