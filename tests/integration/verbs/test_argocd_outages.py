"""What Argo CD can't tell for now: it is asked again, and nothing is concluded from its silence."""

from harness.argocd import error, once


def test_a_failure_that_a_second_look_does_not_show_is_none(argocd, run_argocd):
    said = "kustomize build . failed exit status 1: Error: gone.yaml"
    argocd.apps["dev-backend"]["status"]["conditions"] = [{"type": "ComparisonError", "message": said}]
    mend = argocd.refreshed

    def mended(app):
        if sum("refresh" in call for call in argocd.seen) > 1:
            app["status"]["conditions"] = []
        mend(app)

    argocd.refreshed = mended

    assert run_argocd("wait", "backend")[0] == 0


def test_a_comparison_that_argo_cd_has_forgotten_is_no_proof(argocd, run_argocd):
    argocd.managed = []
    argocd.apps["dev-backend"]["status"]["resources"] = [{"kind": "Service", "name": "x", "status": "Synced"}]

    code, _, err = run_argocd("wait", "backend", "--timeout", "1")

    assert code == 5
    assert "Argo CD has forgotten what it compared" in err


def test_an_outage_of_what_is_behind_argo_cd_ends_no_wait(argocd, run_argocd):
    argocd.faults.append(once("managed-resources", error(500, "dial tcp 127.0.0.1:6379: connect: connection refused")))
    argocd.faults.append(once("refresh", error(500, "error refreshing: connection refused", 13)))

    assert run_argocd("wait", "backend")[0] == 0
    assert run_argocd("diff", "backend")[0] == 0


def test_what_argo_cd_can_not_tell_for_now_is_asked_again(argocd, run_argocd):
    argocd.faults.append(once("managed-resources", error(500, "no such key")))

    code, _, err = run_argocd("wait", "backend")

    assert code == 0
    assert "for now: Argo CD answered 500" in err
