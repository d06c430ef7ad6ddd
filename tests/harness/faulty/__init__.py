"""One thing that is wrong, for each way in which a rule can be broken: who adds a rule adds a case here."""

from harness.faulty import kustomize, layout, plan, pods

CASES = [*plan.CASES, *kustomize.CASES, *pods.CASES, *layout.CASES]
