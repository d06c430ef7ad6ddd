"""The way to an API server: whose proxy, and when a certificate ended."""

from datetime import UTC, datetime

from bos_tools.doors.kubernetes.plugin import ended
from bos_tools.doors.kubernetes.transport import environment_proxy


def test_a_proxy_of_the_environment_is_used_and_never_for_this_machine(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    monkeypatch.setenv("no_proxy", "inside.example.com")

    assert environment_proxy("https://api.example.com:6443") == "http://proxy.example.com:3128"
    assert environment_proxy("https://inside.example.com") is None
    assert environment_proxy("https://127.0.0.1:6443") is None


def test_the_end_of_a_certificate_is_read():
    assert ended(ENDED.encode()) == datetime(2020, 1, 2, tzinfo=UTC)
    assert ended(b"no certificate") is None


ENDED = """\
-----BEGIN CERTIFICATE-----
MIH/MIGmAgEBMAoGCCqGSM49BAMCMAwxCjAIBgNVBAMMAWEwHhcNMjAwMTAxMDAw
MDAwWhcNMjAwMTAyMDAwMDAwWjAMMQowCAYDVQQDDAFhMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAENr1xI+Ojp09PVDN9ZR6b0jv+L+q2Qobh0bsRSyNqWHL3UNkF
ws6SwfMAilqpxR1mvx2U7859Myc2Pxa/TsOPujAKBggqhkjOPQQDAgNIADBFAiBk
Rks4mUnpT46X8/2f7KHbvjDRsPRe0Nq4CNSx6KhofQIhAKSptrFiUlhj4PTjtJm0
70KOJmhbHRQEmumEjijBfCTF
-----END CERTIFICATE-----
"""
