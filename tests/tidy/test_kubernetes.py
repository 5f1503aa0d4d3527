"""The Kubernetes manifests render, are valid to the letter, and cover every process."""

import functools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from stack import keys
from stack.layout import PROJECT
from stack.processes import PROCESSES, Ready
from stack.temporal import SEARCH_ATTRIBUTE_FLAGS
from workflows.main import ROLES

Manifest = dict[str, Any]
CLUSTER_VERSION = "1.37"
DEV = "overlays/dev"
OURS = {process.name: process for process in PROCESSES}
#: Workers of cases come by release.
RELEASE = "{}-0-1-0"


@functools.cache
def rendered(folder: str) -> list[Manifest]:
    """Render with the kubectl of the environment; it asks no cluster."""
    command = [str(Path(sys.executable).parent / "kubectl"), "kustomize", f"deploy/k8s/{folder}"]
    environment = {**os.environ, "KUBECONFIG": os.devnull}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


def of_kind(*kinds: str, folder: str = DEV) -> dict[str, Manifest]:
    return {
        manifest["metadata"]["name"]: manifest
        for manifest in rendered(folder)
        if manifest["kind"] in kinds
    }


def pod(manifest: Manifest) -> Manifest:
    specification: Manifest = manifest["spec"]["template"]["spec"]
    return specification


def pods(folder: str = DEV) -> dict[str, Manifest]:
    found = of_kind("Deployment", "StatefulSet", "Job", folder=folder)
    return {name: pod(manifest) for name, manifest in found.items()}


@pytest.mark.parametrize("folder", ["base", DEV])
def test_every_manifest_is_valid_to_the_letter(folder: str) -> None:
    for manifest in rendered(folder):
        kubernetes_validate.validate(manifest, CLUSTER_VERSION, strict=True)


def test_misspelt_field_would_be_refused() -> None:
    manifest = yaml.safe_load(yaml.safe_dump(of_kind("Deployment")["pricing"]))
    pod(manifest)["containers"][0]["imagePullPolice"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, CLUSTER_VERSION, strict=True)


def process_of(name: str, specification: Manifest) -> str:
    """A container's role is its first argument; servers that are not ours have none."""
    arguments = specification["containers"][0].get("args", [name])
    return arguments[0] if arguments[0] in OURS else name


def test_every_process_of_the_stack_has_its_workload() -> None:
    runs_once = {name for name, row in OURS.items() if row.ready is Ready.EXIT}
    assert set(of_kind("Job")) == {*runs_once, RELEASE.format("promote")}
    served = {process_of(name, pods()[name]) for name in of_kind("Deployment", "StatefulSet")}
    assert served == set(OURS) - runs_once


def test_between_them_the_pods_have_every_role_of_the_process_of_cases() -> None:
    roles: list[str] = []
    for name in ("workflows", RELEASE.format("worker")):
        _, flag, chosen = pods()[name]["containers"][0]["args"]
        assert flag == "--roles"
        roles += chosen.split(",")
    assert sorted(roles) == sorted(ROLES)


def test_the_workers_of_a_release_are_selected_by_its_version() -> None:
    worker = of_kind("Deployment")[RELEASE.format("worker")]
    version = {"app.kubernetes.io/version": "0.1.0"}
    assert version.items() <= worker["spec"]["selector"]["matchLabels"].items()
    image = pods()[RELEASE.format("worker")]["containers"][0]["image"]
    assert image.endswith(f":{version['app.kubernetes.io/version']}")


def test_every_server_has_a_service_on_the_port_it_listens_on() -> None:
    services = of_kind("Service")
    for name, specification in pods().items():
        listening = {
            port["containerPort"] for port in specification["containers"][0].get("ports", [])
        }
        if not listening:
            continue
        names = {port["name"] for port in specification["containers"][0]["ports"]}
        targets = {port.get("targetPort", port["port"]) for port in services[name]["spec"]["ports"]}
        assert targets <= listening | names, name
        if OURS[name].module:
            assert listening == {OURS[name].port}, name


@pytest.mark.parametrize("folder", ["base", DEV])
def test_no_pod_may_do_more_than_it_must(folder: str) -> None:
    for name, specification in pods(folder).items():
        assert specification["automountServiceAccountToken"] is False, name
        assert specification["securityContext"]["runAsNonRoot"] is True, name
        assert specification["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, (
            name
        )
        for container in specification["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
            assert "memory" in container["resources"]["limits"], name


def test_every_server_has_probes() -> None:
    for name in of_kind("Deployment", "StatefulSet"):
        container = pods()[name]["containers"][0]
        assert {"readinessProbe", "livenessProbe"} <= set(container), name


def test_a_secret_reaches_only_the_process_that_the_stack_tells_it_to() -> None:
    for name, specification in pods().items():
        process = OURS[process_of(name, specification)]
        if not process.module:
            continue
        container = specification["containers"][0]
        told = {variable["name"] for variable in container.get("env", [])}
        for source in container.get("envFrom", []):
            if "secretRef" in source:
                told |= {*keys.WECOM_APP, *keys.WECOM_CALLBACK}
        # The bootstrap token belongs to one machine alone: a cluster's people log in.
        allowed = keys.variables_for(process.keys) - {"GONGDAN_BOOTSTRAP_TOKEN_FILE"}
        if name == RELEASE.format("promote"):
            allowed = keys.variables_for(("payloads",))  # it signs nothing
        assert told & keys.VARIABLES == allowed, name


def test_every_setting_is_one_that_a_process_reads() -> None:
    told = {name for config in of_kind("ConfigMap").values() for name in config["data"]}
    for specification in pods().values():
        told |= {variable["name"] for variable in specification["containers"][0].get("env", [])}
    sources = "".join(
        path.read_text()
        for folder in ("kit", "services", "workflows", "simulators")
        for path in (PROJECT / folder).rglob("*.py")
    )
    ours = {name for name in told if name.startswith("GONGDAN_")}
    fields = {name: name.removeprefix("GONGDAN_").lower() for name in ours}
    assert ours
    assert [name for name in ours if name not in sources and fields[name] not in sources] == []


def test_no_manifest_holds_a_secret() -> None:
    assert not of_kind("Secret")


def test_everything_is_denied_before_something_is_allowed() -> None:
    deny = of_kind("NetworkPolicy", folder="base")["deny-all"]["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_the_dev_servers_search_attributes_are_those_of_the_stack() -> None:
    arguments = pods()["temporal"]["containers"][0]["args"]
    assert set(SEARCH_ATTRIBUTE_FLAGS) <= set(arguments)


def test_the_readme_makes_every_secret_that_is_named() -> None:
    named = set(re.findall(r"secretName: (\S+)|secretKeyRef:\s+key: \S+\s+name: (\S+)", _dump()))
    wanted = {name for pair in named for name in pair if name}
    readme = (PROJECT / "deploy/k8s/README.md").read_text()
    assert wanted
    assert {name for name in wanted if f"generic {name} " not in readme} == set()


def _dump() -> str:
    return str(yaml.safe_dump_all(rendered(DEV)))
