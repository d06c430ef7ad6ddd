"""How many generated cases a property is held against."""

from hypothesis import settings


def cases(whole: int) -> settings:
    """Return settings with so many cases in `make test`, and with a twentieth of them in the loop of seconds.

    `make test` says `--hypothesis-profile=whole`.
    """
    is_whole = settings.get_current_profile_name() == "whole"
    return settings(max_examples=whole if is_whole else max(whole // 20, 10))
