"""Phases of btp-release, run as a runner runs them: inputs and context as variables, outputs in a file."""

import json
import re

from . import measure, tools
from .servers import REPOSITORY, TOKEN

MODULE = "kyma-project.io/module/btp-operator"
ASSETS = ["template.yaml", "template_control_plane.yaml", "rendered.yaml"]


def environment(folder, phase, inputs, github_env, commit):
    env = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_SHA": commit,
        "GITHUB_RUN_ID": "4711",
        "GITHUB_OUTPUT": f"{folder}/output-{phase}",
        "GITHUB_STEP_SUMMARY": f"{folder}/summary-{phase}",
        "INPUT_PHASE": phase,
        "INPUT_GITHUB-TOKEN": TOKEN,
        **github_env,
    }
    for name, value in inputs.items():
        env[f"INPUT_{name.upper()}"] = value
    return env


def step(folder, phase, inputs, github=None, commit=None, env=None, name="btp-release", prepare=None):
    """The contender that runs a phase in a folder. Without a GitHub it has an address where nobody listens."""
    nobody = {"GITHUB_API_URL": "http://127.0.0.1:9", "GITHUB_GRAPHQL_URL": "http://127.0.0.1:9"}
    github_env = github.env if github else nobody
    variables = environment(folder, phase, inputs, github_env, commit or github.commit)
    return measure.Contender(name, [tools.OURS], {**variables, **(env or {})}, folder, prepare)


def phase(folder, name, inputs, github=None, commit=None, env=None):
    """Runs a phase once, and returns its outputs."""
    file = folder / f"output-{name}"
    file.unlink(missing_ok=True)
    measure.run(step(folder, name, inputs, github, commit, env))
    return outputs(file)


def outputs(file):
    """Reads `name<<delimiter`, the lines, `delimiter`."""
    text = file.read_text() if file.exists() else ""
    found = re.findall(r"^([\w-]+)<<(\S+)\n(.*?)^\2$", text, re.DOTALL | re.MULTILINE)
    return {name: value.rstrip("\n") for name, _, value in found}


def plan(folder, github, registry_host, version="v2.0.0", assets=ASSETS, **more):
    """The plan of a release of these assets, with a binary image and a module at the registry."""
    inputs = {
        "version": version,
        "assets": "\n".join(assets),
        "binary-image": f"{registry_host}/kyma-project/prod/btp-manager",
        "module-name": MODULE,
        "module-registry": f"{registry_host}/kyma-project/prod/unsigned",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return phase(folder, "plan", inputs, github)["plan"]


def module_image(plan_text):
    """Host, repository and tag of the module image of a plan."""
    image = json.loads(plan_text)["module"]["image"]
    host, rest = image.split("/", 1)
    repository, tag = rest.rsplit(":", 1)
    return host, repository, tag


def with_module_at(plan_text, host, repository):
    """The plan with its module in another repository. Nothing else of it changes."""
    changed = json.loads(plan_text)
    tag = module_image(plan_text)[2]
    changed["module"]["image"] = f"{host}/{repository}:{tag}"
    return json.dumps(changed, separators=(",", ":"))
