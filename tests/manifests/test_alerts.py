"""The alert rules as the platform unit ships them, by promtool and in a running Prometheus.

promtool's own tests in alerts/ say for each alert when it fires and when not. The names of metrics are held against the
documents of those who export them: kube-state-metrics (docs/metrics), CloudNativePG 1.30 (config/manager/default-monitoring.yaml,
pg_collector.go), its Barman plug-in 0.15 (internal/cnpgi/instance/metrics.go), and the kubelet (metrics reference, "volume stats").
"""

import json
import re
import subprocess
from typing import Any
from urllib.request import urlopen

import pytest
import yaml

from harness import ROOT
from harness.servers import free_port, needs, run
from harness.waiting import eventually

SHIPPED = ROOT / "base/platform/alerts"
STORIES = ROOT / "tests/manifests/alerts"
EXPORTED = set(
    """
    kubelet_volume_stats_available_bytes kubelet_volume_stats_capacity_bytes kubelet_volume_stats_inodes
    kubelet_volume_stats_inodes_used kubelet_volume_stats_used_bytes
    kube_deployment_spec_replicas kube_deployment_status_replicas_available kube_horizontalpodautoscaler_spec_max_replicas
    kube_horizontalpodautoscaler_status_condition kube_horizontalpodautoscaler_status_current_replicas kube_job_failed
    kube_persistentvolume_capacity_bytes kube_persistentvolumeclaim_info
    kube_persistentvolumeclaim_resource_requests_storage_bytes kube_persistentvolumeclaim_status_phase
    kube_pod_container_status_waiting_reason kube_pod_info kube_resourcequota kube_statefulset_replicas
    kube_statefulset_status_replicas_ready
    cnpg_collector_up cnpg_pg_replication_in_recovery cnpg_pg_replication_lag cnpg_pg_replication_slots_pg_wal_lsn_diff
    cnpg_pg_replication_streaming_replicas cnpg_pg_stat_archiver_last_archived_time cnpg_pg_stat_archiver_last_failed_time
    barman_cloud_cloudnative_pg_io_last_available_backup_timestamp
    """.split()
)


def rules() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text()) for path in sorted(SHIPPED.glob("*.yaml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}


def cases() -> list[tuple[str, bool]]:
    """Return which alerts the stories expect, and whether they expect them to fire."""
    files = [yaml.safe_load(path.read_text()) for path in STORIES.glob("*.yaml")]
    stories = [story for file in files for story in file["tests"]]
    return [(one["alertname"], bool(one["exp_alerts"])) for story in stories for one in story["alert_rule_test"]]


def test_each_environment_ships_the_rules(config):
    for env in ("dev", "preprod", "prod"):
        shipped = config(f"overlays/{env}/platform", "buildingos-alerts")

        assert shipped == {path.name: path.read_text() for path in SHIPPED.iterdir()}


def test_every_alert_has_a_severity_a_summary_and_a_runbook_that_stands_here():
    assert len(ALERTS) == sum("alert" in rule for rule in rules())  # each name once
    for name, alert in ALERTS.items():
        assert alert["labels"]["severity"] in ("warning", "critical"), name
        assert "for" in alert, name
        assert "{{ $labels." in alert["annotations"]["summary"] or "{{ $value" in alert["annotations"]["summary"], name
        assert name in (ROOT / alert["annotations"]["runbook"]).read_text(), name


def test_every_rule_asks_for_metrics_that_somebody_exports_in_our_namespace_alone():
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for rule in rules():
        text = re.sub(r'"[^"]*"', '""', rule["expr"])
        asked = set(re.findall(r"\b(?:kube|kubelet|cnpg|barman|buildingos)[_:][a-z0-9_:]+", text))

        assert asked, rule
        assert asked <= EXPORTED | recorded
        cluster_wide = {"kube_persistentvolume_capacity_bytes"}
        for metric in asked - recorded - cluster_wide:
            assert re.findall(rf'{metric}\{{namespace="buildingos"', rule["expr"]), (metric, rule["expr"])


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_has_a_story_in_which_it_fires_and_one_in_which_it_does_not(name):
    assert {fires for alert, fires in cases() if alert == name} == {True, False}


def test_promtool_accepts_the_rules_and_their_stories_come_true():
    promtool = needs("promtool")

    checked = run(promtool, "check", "rules", *map(str, SHIPPED.glob("*.yaml")))
    assert (checked.returncode, "FAILED" in checked.stdout + checked.stderr) == (0, False), checked.stderr
    told = run(promtool, "test", "rules", *map(str, STORIES.glob("*.yaml")))
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.fixture
def prometheus(config, tmp_path):
    """A Prometheus that reads the rules as the ConfigMap gives them."""
    (tmp_path / "rules").mkdir()
    for name, text in config("overlays/prod/platform", "buildingos-alerts").items():
        (tmp_path / "rules" / name).write_text(text)
    (tmp_path / "prometheus.yml").write_text("global: {evaluation_interval: 1s}\nrule_files: [rules/*.yaml]\n")
    port = free_port()
    process = subprocess.Popen(
        [
            needs("prometheus"), f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=300)


def test_prometheus_loads_and_evaluates_every_rule(prometheus):
    def loaded() -> list[dict[str, Any]]:
        with urlopen(f"{prometheus}/api/v1/rules", timeout=30) as answer:
            groups = json.load(answer)["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    eventually(lambda: loaded() and all(rule["health"] != "unknown" for rule in loaded()))

    assert {(rule["name"], rule["health"]) for rule in loaded()} == {
        (rule.get("alert") or rule["record"], "ok") for rule in rules()
    }
    missing = next(rule for rule in loaded() if rule["name"] == "MetricsMissing")
    assert {alert["labels"]["source"] for alert in missing["alerts"]} == {"kube-state-metrics", "the kubelets"}
