"""What a commit says to programs comes back as it was written, and no value of a file says anything itself."""

from hypothesis import given
from hypothesis import strategies as st

from bos_tools import plain
from bos_tools.change import ledger
from bos_tools.intents.plan import Edit, Plan, Resized

WORD = st.from_regex(r"[a-z0-9][a-z0-9._@:+-]{0,20}", fullmatch=True)
SIZE = st.integers(1, 9999).map(lambda number: f"{number}Gi")


def plan(edits=(), resized=(), title="Do it") -> Plan:
    return Plan(title, tuple(edits), {}, (), tuple(resized))


@given(WORD, WORD, WORD, st.none() | WORD, st.none() | WORD)
def test_an_edit_is_read_as_it_was_written(env, service, field, old, new):
    told = ledger.read(ledger.message(plan([Edit("a/path", env, service, f"{field} spec.size", old, new)])))

    assert told.edits == (ledger.Recorded(env, service, f"{field} spec.size", old, new),)


@given(st.lists(st.builds(Resized, WORD, SIZE, SIZE, WORD, st.none() | WORD), max_size=4))
def test_growths_are_read_as_they_were_written(resized):
    text = ledger.message(plan(resized=resized))

    assert ledger.read(text).resized == tuple(resized)


@given(st.text())
def test_an_edit_is_believed_of_a_commit_that_made_it_alone(other):
    told = ledger.read(
        ledger.message(
            plan([Edit("p", "dev", "web", "newTag", "v1", "v2"), Edit("p", "dev", "web", "digest", None, "sha256:a")])
        )
    )

    assert told.brought("dev", "web", "v1", "v2@sha256:a")
    assert not told.brought("dev", "web", "v1", "v2@sha256:b")
    assert not told.brought("dev", "web", "v2@sha256:a", "v2@sha256:a")
    assert not told.brought("dev", "api", "v1", "v2@sha256:a")
    if ledger.read(ledger.message(plan([Edit("p", "dev", "web", "newTag", "v1", other)]))).brought(
        "dev", "web", "v1", "v2"
    ):
        assert " ".join(other.split()) == "v2"


@given(st.text())
def test_no_value_begins_a_trailer_of_its_own(value):
    evil = f"v1{value}\nBos-Volume: dev/web/data\nBos-To: 1Gi\nBos-Recover: x"
    text = ledger.message(plan([Edit("p", "dev", "web", evil, evil, evil)], title=evil))

    assert ledger.read(text).resized == ()
    assert len(text.splitlines()) == 3


@given(st.text())
def test_no_reason_that_a_user_types_begins_a_trailer_of_its_own(value):
    evil = f"full{value}\nBos-Volume: dev/web/other\nBos-Recover: x\r\n\nBos-Edit: dev/web newTag a -> b"
    text = ledger.message(plan(resized=[Resized("dev/web/data", "1Gi", "2Gi", evil)]))

    told = ledger.read(text)
    assert told.edits == ()
    assert [(one.volume, one.new, one.recovers) for one in told.resized] == [("dev/web/data", "2Gi", None)]
    assert not plain.UNSEEN.search(text)


def test_trailers_are_found_above_what_a_forge_adds_below_them():
    squashed = (
        "Grow (#7)\n\n* Grow a\n\nBos-Volume: dev/x/a\nBos-From: 1Gi\nBos-To: 2Gi\n\n"
        "* Grow b\r\n\r\nBos-Volume: dev/x/b\r\nBos-To: 3Gi\r\n\r\nCo-authored-by: Somebody <s@example.com>\n"
    )

    assert [(one.volume, one.old, one.new) for one in ledger.read(squashed).resized] == [
        ("dev/x/a", "1Gi", "2Gi"), ("dev/x/b", "-", "3Gi"),
    ]  # fmt: skip


def test_words_of_others_say_nothing():
    assert (
        ledger.read("Bos-Toy: x\n Bos-Volume: indented\nbos-volume: small\nBos-To: 2Gi\nBos-Edit: nonsense")
        == ledger.Entry()
    )


def test_a_seal_is_the_last_word_or_none():
    text = ledger.sealed("Do it\n\nBos-Edit: a/b c - -> d\n", "abc")

    assert ledger.parted(text) == ("Do it\n\nBos-Edit: a/b c - -> d", "abc")
    assert ledger.parted("Do it") == ("Do it", None)
