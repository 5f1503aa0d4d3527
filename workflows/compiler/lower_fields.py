"""Forms and inputs: their fields checked and lowered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from workflows.compiler import code
from workflows.compiler.check_fields import complaints
from workflows.compiler.check_ids import check_unique
from workflows.compiler.form_entries import Forms, name_of
from workflows.compiler.plan import Code, PlanField
from workflows.compiler.report import Report, Spot
from workflows.language.expression import check_expression
from workflows.language.field_values import Mistake, read_value
from workflows.language.fields import FormField
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import FieldReference, FormEntry
from workflows.language.typed import Scope
from workflows.language.types import UNKNOWN, Field, Record, Type

_RESERVED: Final = ("handled_by", "handled_at")


def lower_form(
    entries: tuple[FormEntry, ...], forms: Forms, scope: Scope, report: Report, spot: Spot
) -> tuple[PlanField, ...]:
    """Check every part of a form and lower it.

    A field's conditions and computation can read what stands above it, as ``form``, and in a table
    what stands before it in its row, as ``row``.

    Args:
        entries: the form as it was written.
        forms: where the fields of earlier forms are found.
        scope: what is known when the form opens.
        report: takes what is wrong.
        spot: where the form stands.
    """
    form = _Form(forms, scope, report)
    placed = [(entry, spot / index) for index, entry in enumerate(entries)]
    check_unique(((name_of(entry), _name(entry, at)) for entry, at in placed), "field", report)
    lowered = (form.lower(entry, at) for entry, at in placed)
    return tuple(field for field in lowered if field is not None)


def _name(entry: FormEntry, spot: Spot) -> Spot:
    """Where a part of a form says what it is called."""
    return spot / ("field" if isinstance(entry, FieldReference) and entry.id is None else "id")


class _Form:
    """A form being lowered from the top."""

    def __init__(self, forms: Forms, scope: Scope, report: Report) -> None:
        self._forms = forms
        self._scope = scope
        self._report = report
        #: What the next field can read of the form.
        self._above: list[Field] = []

    def lower(self, entry: FormEntry, spot: Spot) -> PlanField | None:
        """The next part; None when it is a field that does not exist."""
        if name_of(entry) in _RESERVED:
            message = f"a form sets {name_of(entry)!r} itself"
            self._report.error("FLOW_ID_RESERVED", message, _name(entry, spot), "choose another id")
        if isinstance(entry, FieldReference):
            return self._seen_again(entry, spot)
        lowered = self._asked(entry, self._reading(), spot)
        self._above.append(_readable(entry))
        return lowered

    def _reading(self, row: Iterable[Field] | None = None) -> Scope:
        roots: dict[str, Type] = {"form": Record(tuple(self._above), "form")}
        if row is not None:
            roots["row"] = Record(tuple(row), "row")
        return Scope({**self._scope.variables, **roots}, self._scope.unset)

    def _asked(self, field: FormField, reading: Scope, spot: Spot) -> PlanField:
        """A field of this form's own, or one of its columns."""
        for complaint in complaints(field):
            place = spot / complaint.key
            self._report.error(complaint.code, complaint.message, place, complaint.hint)
        return self._ready(field, self._default(field, spot / "default"), reading, spot)

    def _ready(
        self, field: FormField, default: Code | None, reading: Scope, spot: Spot
    ) -> PlanField:
        """A field with everything that is computed for it ready to run."""
        report = self._report
        shown = required = compute = None
        if field.visible_when is not None:
            shown = code.condition(field.visible_when, reading, report, spot / "visible_when")
        if field.required_when is not None:
            required = code.condition(field.required_when, reading, report, spot / "required_when")
        if field.compute is not None and field.kind == "computed":
            place = spot / "compute"
            compute = code.expression(field.compute, field.type, reading, report, place)
        return PlanField(
            field=field,
            visible_when=shown,
            required_when=required,
            default=default,
            compute=compute,
            columns=self._columns(field, spot / "columns"),
        )

    def _default(self, field: FormField, spot: Spot) -> Code | None:
        if field.default is None or field.kind == "computed":
            return None
        default = code.value(
            field.default, field.type, self._scope, self._report, spot, optional=True
        )
        if default is not None and default.code[0] == "const" and field.kind != "table":
            try:
                read_value(field, default.code[1])
            except Mistake as mistake:
                self._report.error("FLOW_FIELD_INVALID", f"the default {mistake}", spot)
        return default

    def _columns(self, table: FormField, spot: Spot) -> tuple[PlanField, ...]:
        placed = [(column, spot / index) for index, column in enumerate(table.columns)]
        check_unique(((column.id, at / "id") for column, at in placed), "column", self._report)
        row: list[Field] = []
        lowered: list[PlanField] = []
        for column, at in placed:
            if column.kind == "table":
                hint = "ask for it in a form of its own"
                self._report.error(
                    "FLOW_FIELD_INVALID", "a table cannot have a table in it", at / "kind", hint
                )
                continue
            lowered.append(self._asked(column, self._reading(row), at))
            row.append(_readable(column))
        return tuple(lowered)

    # -- fields of earlier forms

    def _seen_again(self, entry: FieldReference, spot: Spot) -> PlanField | None:
        found = self._forms.find(entry.field)
        if found is None:
            self._unknown(entry.field, spot / "field")
            return None
        checked, findings = check_expression(entry.field, self._scope, optional=True)
        self._report.findings(findings, spot / "field")
        value = Code(source=entry.field, code=checked.json_code) if checked else None
        field = found.model_copy(update={"id": name_of(entry), "default": None})
        if entry.access == "read":
            self._above.append(Field(field.id, field.type, checked is None or checked.optional))
            return _only_seen(field, value)
        if field.kind == "computed":
            self._report.error(
                "FLOW_FIELD_INVALID", f"{field.name!r} is computed", spot / "access", "access: read"
            )
        # Asked for once more, by the same rules; its conditions read what stands above it here.
        lowered = self._ready(field, value, self._reading(), spot / "field")
        self._above.append(_readable(field))
        return lowered

    def _unknown(self, reference: str, spot: Spot) -> None:
        node, _, name = reference.partition(".")
        if self._scope.variables.get(node) == UNKNOWN:
            return  # malformed, which is told where it stands
        if node not in self._forms.nodes:
            message, hint = f"there is no form {node!r}", did_you_mean(node, self._forms.nodes)
        else:
            message = f"the form {node!r} has no field {name!r}"
            hint = did_you_mean(name, [field.id for field in self._forms.kept(node)])
        self._report.error("FLOW_FIELD_UNKNOWN", message, spot, hint)


def _readable(field: FormField) -> Field:
    return Field(field.id, field.type, not field.always_filled)


def _only_seen(field: FormField, value: Code | None) -> PlanField:
    """A field of which nothing is demanded."""
    nothing = {"required": False, "required_when": None, "visible_when": None}
    return PlanField(
        field=field.model_copy(update=nothing),
        shown=True,
        compute=value,
        columns=tuple(_only_seen(column, None) for column in field.columns),
    )
