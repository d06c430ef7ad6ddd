"""What is put down of a sandbox: its ports, which no other has, and its state."""

import socket
import stat

import pytest

from bos_tools.errors import OutsideError, Usage
from bos_tools.sandbox import folder, ports, state


def test_ports_are_free_different_and_nobodys():
    first = ports.choose([f"p{n}" for n in range(40)])

    assert len(set(first.values())) == 40
    assert all(ports.is_free(port) for port in first.values())
    assert set(ports.choose(["a", "b"], taken=first.values()).values()).isdisjoint(first.values())


def test_a_port_is_none_that_the_system_gives_to_connections():
    first, last = map(int, ports.PASSING.read_text().split())

    assert not [port for port in ports.choose([f"p{n}" for n in range(40)]).values() if first <= port <= last]


def test_where_the_system_leaves_no_port_to_servers_it_chooses_itself(tmp_path, monkeypatch):
    (tmp_path / "range").write_text("1024\t65535\n")
    monkeypatch.setattr(ports, "PASSING", tmp_path / "range")

    assert min(ports.choose(["a", "b"]).values()) >= 1024


def test_a_port_that_somebody_listens_on_is_not_free():
    with socket.socket() as server:
        server.bind((ports.LOOPBACK, 0))
        server.listen()
        port = server.getsockname()[1]

        assert not ports.is_free(port)
        assert ports.answers(port)
    assert ports.is_free(port)
    assert not ports.answers(port)


@pytest.fixture
def made() -> state.State:
    return state.State("default", "dev", argocd=True, forge=False, ports={"etcd": 1}, argocd_token="secret")


def test_a_state_is_read_as_it_was_saved_and_only_by_its_owner(made, tmp_path):
    made.save(tmp_path)

    assert state.load(tmp_path) == made
    assert stat.S_IMODE((tmp_path / state.FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [state.FILE]


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "x"}', "\xff"])
def test_a_state_that_is_none_is_told(tmp_path, text):
    (tmp_path / state.FILE).write_bytes(text.encode("latin-1"))

    with pytest.raises(OutsideError, match="state can't be read"):
        state.load(tmp_path)


def test_where_no_state_is_there_is_no_sandbox(tmp_path):
    assert state.load(tmp_path / "nowhere") is None


def test_the_ports_of_other_sandboxes_are_known_wherever_they_lie(tmp_path, monkeypatch):
    monkeypatch.setenv("BOS_TOOLS_CACHE", str(tmp_path / "cache"))
    places = {name: tmp_path / name for name in ("one", "two", "broken", "gone")}
    for number, (name, place) in enumerate(places.items(), 1):
        with folder.turn(place, lambda _: None):
            folder.make(place, state.State(name, "dev", argocd=False, forge=False, ports={"etcd": number}))
    (places["broken"] / state.FILE).write_text("{")
    folder.remove(places["gone"])

    assert state.ports_of_others(places["one"]) == {2}


@pytest.mark.parametrize("name", ["", "A", "a b", "../x", "-x", "x" * 64])
def test_a_name_that_could_be_a_path_is_refused(name):
    with pytest.raises(Usage):
        state.folder_of(name)
