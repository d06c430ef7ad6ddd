"""`make demo`, as a newcomer runs it."""

import os
import re
import subprocess
import sys

from harness import ROOT


def test_the_demo_tells_its_story_to_the_end_and_leaves_no_process():
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/demo.py")], capture_output=True, text=True, check=False, env=dict(os.environ)
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert done.stdout.index("1 file changed, 1 insertion(+), 1 deletion(-)") < done.stdout.index(
        "$ bos-tools sandbox up"
    )
    assert "pull request #1, opened" in done.stdout
    assert re.search(r"^dev-backend is live at [0-9a-f]+$", done.stdout, re.MULTILINE)
    assert "\nswr.example.com/buildingos/backend:v1.0.1\n" in done.stdout.partition("Somebody merges it")[2]
    assert done.stdout.count("the sandbox is down: demo") == 1
