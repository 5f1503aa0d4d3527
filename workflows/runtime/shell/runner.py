"""How workflows are run: what one began with is not held for as long as it waits.

A message is held as a whole as long as any part of it is. The SDK keeps a workflow's arguments, its
headers and what the run before it returned, and so the whole of its first message: some 7 kB, of
which a case has long made its own state.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from google.protobuf.message import Message
from temporalio.worker import (
    ExecuteWorkflowInput,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
)

Part = TypeVar("Part", bound=Message)


class LeanRunner(UnsandboxedWorkflowRunner):
    """Runs workflows unsandboxed, each with copies of what it needs of its first message."""

    def __init__(self, *readers: type) -> None:
        """Make one.

        Args:
            readers: dynamic workflows that read their arguments when they are made
                (``workflow.init``) and never again.
        """
        self._readers = readers

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """A workflow that is about to begin or to be replayed."""
        info = replace(
            det.info, headers=_apart_all(det.info.headers), raw_memo=_apart_all(det.info.raw_memo)
        )
        # The last one is called last: whatever else reads the headers has read them.
        letting_go = (_ArgumentsLetGo,) if det.defn.cls in self._readers else ()
        details = replace(
            det,
            info=info,
            interceptor_classes=(*det.interceptor_classes, *letting_go),
            last_completion_result=_apart(det.last_completion_result),
            last_failure=_apart(det.last_failure) if det.last_failure else None,
        )
        return super().create_instance(details)


class _ArgumentsLetGo(WorkflowInboundInterceptor):
    def execute_workflow(self, input: ExecuteWorkflowInput) -> Coroutine[Any, Any, Any]:
        input.args, input.headers = [()], {}
        return self.next.execute_workflow(input)


def _apart_all(parts: Mapping[str, Part]) -> dict[str, Part]:
    return {name: _apart(part) for name, part in parts.items()}


def _apart(part: Part) -> Part:
    copy = type(part)()
    copy.CopyFrom(part)
    return copy
