"""A cluster for the tests of this folder: Redis 7.0 and HAProxy 2.6 of Debian stand for those that are pinned.

The configurations use only what both know.
"""

from contextlib import ExitStack

import pytest

from harness.redis import Writer
from harness.redis_ha import Cluster, came_back, cluster
from harness.waiting import eventually


@pytest.fixture(scope="package")
def whole(tmp_path_factory):
    """Return a function that gives a cluster that is whole: the last one, where it has become so again."""
    with ExitStack() as stack:
        made: list[Cluster] = []

        def give() -> Cluster:
            if not made or not came_back(made[-1]):
                stack.close()
                made.append(stack.enter_context(cluster(tmp_path_factory.mktemp("redis"))))
            return made[-1]

        yield give


@pytest.fixture
def redis(whole) -> Cluster:
    return whole()


@pytest.fixture
def writer(redis: Cluster):
    made = Writer("127.0.0.1", redis.port)
    eventually(lambda: len(made.acknowledged) > 100, "nothing was written")
    yield made
    made.end()
