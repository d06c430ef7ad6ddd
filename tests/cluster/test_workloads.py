"""What the sandbox plays around workloads, as the real API server shows it: addresses, jobs, a database's operator, usage."""

from harness.waiting import eventually


def test_an_ingress_gets_an_address_and_a_job_completes(apply, look):
    apply(
        "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: door}, spec: {ingressClassName: nginx,"
        " defaultBackend: {service: {name: web, port: {number: 80}}}}}",
        "{apiVersion: batch/v1, kind: Job, metadata: {name: once}, spec: {template: {spec: {restartPolicy: Never,"
        " containers: [{name: main, image: none}]}}}}",
    )

    eventually(lambda: look("ingress", "door")["status"]["loadBalancer"].get("ingress"), "the Ingress has an address")

    def is_complete() -> bool:
        return ("Complete", "True") in {(c["type"], c["status"]) for c in look("job", "once")["status"]["conditions"]}

    eventually(is_complete, "the Job is complete")


def test_a_postgres_cluster_has_its_instances_apart_and_grows(apply, look, bare, space, read):
    text = (
        "{{apiVersion: postgresql.cnpg.io/v1, kind: Cluster, metadata: {{name: db}}, spec: {{instances: 2,"
        " storage: {{size: {size}, storageClass: buildingos-block}}, affinity: {{podAntiAffinityType: required,"
        " nodeSelector: {{buildingos.io/role: database}},"
        " tolerations: [{{key: buildingos.io/role, value: database, effect: NoSchedule}}]}}}}}}"
    )
    apply(text.format(size="20Gi"))

    def is_ready() -> bool:
        status = look("cluster.postgresql.cnpg.io", "db")["status"]
        return status["readyInstances"] == 2 and status["phase"] == "Cluster in healthy state"

    eventually(is_ready, "both are ready")

    pods = read(bare, "pods", "--namespace", space)["items"]
    nodes = {pod["spec"]["nodeName"] for pod in pods}
    assert len(nodes) == 2
    assert all(node.startswith("database-") for node in nodes)
    assert look("service", "db-rw")["spec"]["selector"]["cnpg.io/instanceRole"] == "primary"

    apply(text.format(size="30Gi"))

    def sizes() -> set[str]:
        return {look("pvc", name)["status"]["capacity"]["storage"] for name in ("db-1", "db-2")}

    eventually(lambda: sizes() == {"30Gi"}, "both claims have grown")


def test_an_hpa_sees_what_pods_use_and_acts(apply, look):
    apply(
        """
apiVersion: apps/v1
kind: Deployment
metadata: {name: busy}
spec:
  selector: {matchLabels: {app: busy}}
  template:
    metadata: {labels: {app: busy}, annotations: {sandbox.buildingos.io/cpu: 150m}}
    spec: {containers: [{name: main, image: none, resources: {requests: {cpu: 100m}}}]}
""",
        """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: busy}
spec:
  minReplicas: 1
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: busy}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]
""",
    )

    found = eventually(
        lambda: look("hpa", "busy")["status"].get("desiredReplicas") == 3 and look("hpa", "busy"), "3 pods"
    )
    assert found["status"]["currentMetrics"][0]["resource"]["current"]["averageUtilization"] > 60
    eventually(lambda: look("deployment", "busy")["status"].get("availableReplicas") == 3, "all three are available")


def test_kubectl_top_tells_what_each_node_uses_also_of_those_that_run_nothing(bare, read):
    nodes = {node["metadata"]["name"] for node in read(bare, "nodes")["items"]}

    def shown() -> set[str]:
        return {line.split()[0] for line in bare.box.ask("top", "nodes", "--no-headers").splitlines()}

    eventually(lambda: shown() == nodes, "every node is measured")
