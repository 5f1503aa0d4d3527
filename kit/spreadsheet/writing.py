"""Tables as files that read back as they were written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from kit.spreadsheet.table import Value, neutral

#: Or Excel reads Chinese wrongly.
_MARK: Final = "\ufeff"
_AS_TEXT: Final = "@"
_NARROWEST: Final = 8
_WIDEST: Final = 40
#: Of a chart: more cannot be told apart; how high it is, in centimetres.
_MOST_BARS: Final = 40
_LEAST_HEIGHT: Final = 8
_HEIGHT_OF_A_BAR: Final = 0.8


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """A CSV file in UTF-8 with a mark; no text of it is taken for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows([_csv_text(value) for value in row] for row in rows)
    return (_MARK + out.getvalue()).encode()


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart beside the rows of a sheet.

    Attributes:
        named: the column, from 1, that names the bars.
        columns: the columns of their lengths.
    """

    title: str
    named: int
    columns: Sequence[int]


def write_xlsx(
    sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Value]]]],
    charts: Mapping[str, Bars] | None = None,
) -> bytes:
    """An XLSX workbook: of each sheet its name, its headings and its rows.

    Texts stay texts when they are edited, so that a code keeps its leading zeros.

    Args:
        charts: by the name of the sheet that they are of and stand on.
    """
    book = Workbook(write_only=True)
    for name, headings, rows in sheets:
        sheet: Any = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for number, heading in enumerate(headings, start=1):
            width = min(max(2 * len(heading), _NARROWEST), _WIDEST)
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.append([_cell(sheet, heading, bold=True) for heading in headings])
        written = 1
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
            written += 1
        if charts and name in charts:
            _draw(sheet, charts[name], written, len(headings))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _draw(sheet: Any, bars: Bars, rows: int, columns: int) -> None:
    """Put a chart of the first rows to the right of them."""
    chart: Any = BarChart()
    chart.type, chart.title = "bar", bars.title
    last = min(rows, _MOST_BARS + 1)
    for column in bars.columns:
        chart.add_data(
            Reference(sheet, min_col=column, min_row=1, max_row=last), titles_from_data=True
        )
    chart.set_categories(Reference(sheet, min_col=bars.named, min_row=2, max_row=last))
    chart.height = max(_LEAST_HEIGHT, last * _HEIGHT_OF_A_BAR)
    sheet.add_chart(chart, f"{get_column_letter(columns + 2)}2")


def _csv_text(value: Value) -> str:
    match value:
        case None:
            return ""
        case str():
            return neutral(value)
        case Decimal():
            return f"{value:f}"
        case _:
            return value.isoformat()


def _cell(sheet: Any, value: Value, *, bold: bool = False) -> Any:
    """A cell; what changes when it is written back as text is marked as text."""
    if value is None or value == "":
        return None
    shown: Any = neutral(value) if isinstance(value, str) else value
    cell = WriteOnlyCell(sheet, shown)
    if isinstance(value, str):
        cell.number_format = _AS_TEXT
    if bold:
        cell.font = Font(bold=True)
    return cell
