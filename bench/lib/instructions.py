"""How many instructions a command takes, as callgrind counts them: on an idle machine and on a busy one the same.

On one processor, since the program starts a thread for each."""

import re

from . import images, measure, servers, steps, tools

REPOSITORY = "kyma-project/prod/btp-manager"


def count(contender):
    out = contender.folder / "callgrind"
    measure.run(contender, ["taskset", "--cpu-list", "0", "valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"])
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE).group(1))


def commands(folder, github, registry_host):
    """What is counted: the start, the phase `plan`, and one look at a registry."""
    images.push_image(registry_host, REPOSITORY, "v1.0.0", {})
    # As on a terminal: the shell script that starts valgrind loses variables with a hyphen, such as those of a step's inputs.
    plan = [tools.OURS, "plan", "v2.0.0", "--assets", "\n".join(steps.ASSETS), "--binary-image", f"{registry_host}/{REPOSITORY}"]
    env = {**github.env, "GITHUB_TOKEN": servers.TOKEN, "GITHUB_REPOSITORY": servers.REPOSITORY, "GITHUB_SHA": github.commit}
    return {
        "start": measure.Contender("btp-release --version", [tools.OURS, "--version"], {}, folder),
        "plan": measure.Contender("btp-release plan", plan, env, folder),
        "exists": measure.Contender("exists", [tools.EXISTS, f"{registry_host}/{REPOSITORY}:v1.0.0"], {}, folder),
    }
