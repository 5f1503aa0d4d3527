"""The sandbox as the tests run it: what only computes is shared, what Temporal drives is not, but for
the lifetime of runs, which tests shorten."""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

SHARED = (
    "kit",
    "pydantic",
    "workflows.activities.migrating",
    "workflows.compiler",
    "workflows.language",
    "workflows.runtime.commands",
    "workflows.runtime.events",
    "workflows.runtime.field_work",
    "workflows.runtime.migration",
    "workflows.runtime.payloads",
    "workflows.runtime.search",
    "workflows.runtime.shell.lifetime",
    "workflows.runtime.shell.plan_ref",
    "workflows.runtime.state",
    "workflows.runtime.user_task",
    "workflows.runtime.waiting",
)


def sandbox() -> SandboxedWorkflowRunner:
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*SHARED)
    )
