"""The contracts keep their own rules."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.descriptor import EnumDescriptor, FileDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

import protos
from protos.flow.v1 import node_pb2

ROOT = Path(protos.__file__).parents[1]
FILES: list[FileDescriptor] = [
    importlib.import_module(
        ".".join(path.relative_to(ROOT).with_suffix("").parts) + "_pb2"
    ).DESCRIPTOR
    for path in sorted((ROOT / "protos").rglob("*.proto"))
]
METHODS: list[MethodDescriptor] = [
    method
    for file in FILES
    for service in file.services_by_name.values()
    for method in service.methods
]
BANNED = {"task", "order", "price", "account", "status", "data", "info", "manager", "helper"}
#: A case's data is what the language calls it: the flow language's own word.
ALLOWED = {"cases.v1.Case.data"}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_a_call_that_changes_something_takes_an_idempotency_key(method: MethodDescriptor) -> None:
    keyed = "idempotency_key" in method.input_type.fields_by_name
    declared = method.GetOptions().idempotency_level
    assert keyed != (declared != MethodOptions.IDEMPOTENCY_UNKNOWN), (
        "either the request has an idempotency_key, or the RPC says NO_SIDE_EFFECTS or IDEMPOTENT"
    )


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_a_node_on_the_canvas_can_be_named_and_undone(method: MethodDescriptor) -> None:
    options = method.GetOptions()
    if not options.HasExtension(node_pb2.node):
        return
    node = options.Extensions[node_pb2.node]
    assert node.label
    assert node.label_en
    assert node.category
    if node.compensate_with:
        assert node.compensate_with in method.containing_service.methods_by_name


def enums() -> list[EnumDescriptor]:
    found = [enum for file in FILES for enum in file.enum_types_by_name.values()]
    return found + [
        enum
        for file in FILES
        for message in file.message_types_by_name.values()
        for enum in message.enum_types
    ]


@pytest.mark.parametrize("enum", enums(), ids=lambda enum: enum.full_name)
def test_an_enum_begins_with_unspecified(enum: EnumDescriptor) -> None:
    assert enum.values_by_number[0].name.endswith("_UNSPECIFIED")


def test_no_field_bears_a_word_that_says_nothing() -> None:
    bare = [
        field.full_name
        for file in FILES
        for message in file.message_types_by_name.values()
        for field in message.fields
        if field.name in BANNED and field.full_name not in ALLOWED
    ]
    assert bare == []


def test_the_contracts_pass_the_linter() -> None:
    buf = Path(sys.executable).parent / "buf"
    done = subprocess.run([buf, "lint"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
