"""Many real processes push to one bare remote: nothing is lost."""

from pathlib import Path

import pytest

from harness.git import clone, git, remote
from harness.program import assert_sound, finish, pin, start
from harness.repositories import deployment, files, repository, unit

SERVICES = [f"svc-{number:02d}" for number in range(60)]


@pytest.fixture
def sixty(tmp_path: Path) -> Path:
    """A bare remote of sixty services, beside the clone `work` that it was made from."""
    work = repository(tmp_path / "work", files(SERVICES, ["dev"]))
    return remote(work, tmp_path / "origin.git")


def test_sixty_writers_from_several_clones_and_one_shared_clone_all_land(tmp_path, env, sixty):
    shared = clone(sixty, tmp_path / "shared")
    clones = [clone(sixty, tmp_path / f"clone-{number}") for number in range(6)]
    places = [shared if number % 2 else clones[number // 2 % 6] for number in range(60)]

    ran = finish(
        *(
            start(place, env, "bump", service, "v1.0.1", "--push")
            for place, service in zip(places, SERVICES, strict=True)
        )
    )

    assert [err for code, _, err in ran if code] == []
    assert {pin(sixty, service) for service in SERVICES} == {"v1.0.1"}
    assert_sound(sixty, 60, shared, *clones)


def test_writers_of_different_machines_land_without_standing_in_one_line(tmp_path, env, sixty):
    clones = [clone(sixty, tmp_path / f"clone-{number}") for number in range(15)]

    caches = [{**env, "BOS_TOOLS_CACHE": str(tmp_path / f"cache-{number}")} for number in range(15)]

    ran = finish(*(start(clones[n], caches[n], "bump", SERVICES[n], "v1.0.1", "--push") for n in range(15)))

    assert [err for code, _, err in ran if code] == []
    assert_sound(sixty, 15, *clones)


def test_sixty_writers_that_each_append_an_entry_to_one_list_all_land(tmp_path, env):
    images = [f"img-{number:02d}" for number in range(60)]
    contents = files(["web"], ["dev"])
    contents["base/web/deployment.yaml"] = deployment("web", images)
    contents["overlays/dev/web/kustomization.yaml"] = unit("web").partition("images:")[0]
    bare = remote(repository(tmp_path / "work", contents), tmp_path / "origin.git")
    clones = [tmp_path / "work", *(clone(bare, tmp_path / f"clone-{number}") for number in range(3))]

    ran = finish(*(
        start(clones[number % 4], env, "bump", "web", "v1.0.1", "--image", image, "--push")
        for number, image in enumerate(images)
    ))  # fmt: skip

    assert [err for code, _, err in ran if code] == []
    text = git(bare, "show", "main:overlays/dev/web/kustomization.yaml")
    assert sorted(line.split()[-1] for line in text.splitlines() if "name:" in line) == images
    assert text.count("newTag: v1.0.1\n") == 60
    assert_sound(bare, 60, *clones)


def test_of_many_versions_the_newest_wins_and_the_history_only_grows(tmp_path, env, sixty):
    clones = [clone(sixty, tmp_path / f"clone-{number}") for number in range(4)]
    versions = [f"v1.{number * 7 % 20}.0" for number in range(1, 20)]

    ran = finish(*(
        start(clones[number % 4], env, "bump", "svc-00", version, "--push", "--output", "json")
        for number, version in enumerate(versions)
    ))  # fmt: skip

    lost = [out for code, out, _ in ran if code]
    assert {code for code, _, _ in ran} <= {0, 1}
    assert all('"reason": "downgrade"' in out for out in lost)
    assert pin(sixty, "svc-00") == "v1.19.0"
    subjects = git(sixty, "log", "--reverse", "--format=%s", "main").splitlines()[1:]
    minors = [int(subject.split()[3].split(".")[1]) for subject in subjects]
    assert minors == sorted(set(minors))
    assert len(minors) + len(lost) == len(versions)
