"""The runbook of a volume, on the manifests as they are."""

import pytest

from bos_tools.cli.main import main


@pytest.mark.parametrize(("what", "words"), [("redis", "statefulset/redis"), ("postgres", "cluster/postgres"), ("grafana-data", "deployment/grafana")])  # fmt: skip
def test_the_runbook_bears_the_real_names(what, words, capsys):
    assert main(["pvc", "runbook", what, "--env", "prod"]) == 0

    text = capsys.readouterr().out
    assert words in text
    assert "<" not in text
