"""Flows and BPMN files checked, tried out, drawn and compared, with no server anywhere."""

import json
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from workflows.language.reading import read_source

ROOT = Path(__file__).parents[3]
FLOWS = ROOT / "flows"
AIRCON = FLOWS / "aircon_install"
UNSOUND = ROOT / "flows/invalid/second_token.yaml"
BPMN = ROOT / "tests/unit/bpmn/files"


def flow(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["flow", *map(str, arguments)])


def test_a_sound_flow_is_checked_with_exit_code_0() -> None:
    result = flow("check", AIRCON, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"file": str(AIRCON), "sound": True, "diagnostics": []}


def test_an_unsound_flow_is_told_with_a_run_that_fails_and_exit_code_1() -> None:
    result = flow("check", UNSOUND, "--json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert answer["sound"] is False
    found = answer["diagnostics"][0]
    assert set(found) == {
        "code", "severity", "node", "field", "line", "message", "hint", "trace",
    }  # fmt: skip
    assert found["code"] == "FLOW_UNSOUND_SECOND_TOKEN"
    assert found["trace"][0]["node"] == "prepare"


def test_several_files_are_checked_at_once_one_line_of_json_each() -> None:
    result = flow("check", AIRCON, UNSOUND, BPMN / "unsound_deadlock.bpmn", "--json")
    assert result.exit_code == 1
    assert [json.loads(line)["sound"] for line in result.stdout.splitlines()] == [
        True, False, False,
    ]  # fmt: skip


def test_what_cannot_be_read_has_no_verdict(tmp_path: Path) -> None:
    broken = tmp_path / "flow.yaml"
    broken.write_text("code: [")
    result = flow("check", broken, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["sound"] is None


def test_a_file_that_is_not_there_is_named() -> None:
    result = flow("check", "nowhere.yaml")
    assert result.exit_code == 1
    assert "nowhere.yaml" in result.stderr


def test_editors_get_the_schema_of_the_language() -> None:
    assert json.loads(flow("schema").stdout)["title"] == "Gongdan flow 流程"


def test_a_flow_knows_the_flows_in_the_folders_beside_it() -> None:
    result = flow("check", ROOT / "flows/shop_opening", "--json")
    assert json.loads(result.stdout)["diagnostics"] == []


def test_the_run_that_fails_is_played_token_by_token() -> None:
    result = flow("simulate", UNSOUND, "--trace")
    assert result.exit_code == 1
    assert "tokens: both both third" in result.stdout


def test_the_run_in_which_a_bpmn_file_fails_is_played_in_its_own_words() -> None:
    result = flow("simulate", BPMN / "unsound_left_token.bpmn", "--trace", "--json")
    [run] = json.loads(result.stdout)
    marking = run["run"][-1]["marking"]
    assert (marking["steps"], marking["lines"], marking["ends"]) == ([], ["f7"], ["early"])


def test_a_sound_flow_has_no_run_that_fails() -> None:
    result = flow("simulate", AIRCON, "--trace")
    assert result.exit_code == 0
    assert "nothing fails" in result.stdout


def test_a_dry_run_comes_to_its_end_days_later_in_no_time() -> None:
    result = flow("simulate", AIRCON, "--start", "2026-03-02T09:00", "--json")
    assert result.exit_code == 0
    lived = json.loads(result.stdout)
    assert lived["status"] == "completed"
    assert lived["account"][-1]["at"] > "2026-03-05"


def test_the_same_seed_gives_the_same_story() -> None:
    once, again = (
        flow("simulate", AIRCON, "--seed", "7", "--start", "2026-03-02", "--json").stdout
        for _ in range(2)
    )
    assert once == again


def test_many_cases_at_once_are_told_in_figures_and_drawn(tmp_path: Path) -> None:
    drawn = tmp_path / "figures.svg"
    arguments = ("--runs", "40", "--calendar", "standard", "--start", "2026-03-02")
    result = flow("simulate", AIRCON, *arguments, "--plot", drawn, "--json")
    figures = json.loads(result.stdout)
    assert figures["cases"] == 40
    assert sum(figures["ended"].values()) == figures["counted"]
    assert {node["node"] for node in figures["nodes"]} >= {"intake", "measure"}
    assert figures["assumed"]
    assert fromstring(drawn.read_text()).tag.endswith("svg")


def test_two_flows_are_compared_side_by_side() -> None:
    result = flow("simulate", AIRCON, "--runs", "20", "--against", FLOWS / "complaint")
    assert result.exit_code == 0
    heading = next(line for line in result.stdout.splitlines() if "aircon_install" in line)
    assert "complaint" in heading


def test_assumptions_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text((FLOWS / "complaint" / "flow.yaml").read_text())
    (tmp_path / "simulation.yaml").write_text("nodes: {propose: {takes: {uniform: [1h]}}}")
    result = flow("simulate", tmp_path, "--runs", "5")
    assert result.exit_code == 1
    assert "SIMULATION_FILE_MALFORMED" in result.stderr


def test_the_scenarios_beside_a_flow_are_played() -> None:
    result = flow("simulate", AIRCON, "--scenario", "all", "--json")
    assert result.exit_code == 0
    assert "the whole way from the first call to the follow-up" in json.loads(result.stdout)


def test_a_scenario_tells_who_is_told_what_when_and_why() -> None:
    name = "a designer who is silent for two hours brings the supervisor one alert"
    result = flow("simulate", AIRCON, "--scenario", name, "--json")
    told = json.loads(result.stdout)
    assert told["wrong"] == []
    alert = next(message for message in told["messages"] if message["detail"] == "sla_alert")
    assert alert["who"] == ["pe_chen"]
    assert alert["why"] == "未按时响应（第1级预警）"
    assert alert["node"] == "measure"
    shown = flow("simulate", AIRCON, "--scenario", name).stdout
    assert "响应期限" in shown
    assert "等待归责" in shown


def test_a_scenario_that_does_not_come_out_as_told_fails(tmp_path: Path) -> None:
    folder = FLOWS / "complaint"
    (tmp_path / "flow.yaml").write_text((folder / "flow.yaml").read_text())
    told = (folder / "scenarios.yaml").read_text().replace("sla_alert: 1", "sla_alert: 7")
    (tmp_path / "scenarios.yaml").write_text(told)
    result = flow("simulate", tmp_path, "--scenario", "all")
    assert result.exit_code == 1
    assert "expected 7" in result.stdout


def test_a_scenario_that_nobody_told_is_refused_with_those_that_are() -> None:
    result = flow("simulate", AIRCON, "--scenario", "nothing")
    assert result.exit_code == 1
    assert "the whole way" in result.stderr


def test_the_library_is_listed_and_a_flow_copied_out_of_it_once(tmp_path: Path) -> None:
    listed = json.loads(flow("library", "--json").stdout)
    assert {each["flow"] for each in listed} >= {"aircon_install", "restaurant_service"}
    assert flow("library", "complaint", tmp_path / "ours").exit_code == 0
    assert flow("check", tmp_path / "ours").exit_code == 0
    assert flow("library", "complaint", tmp_path / "ours").exit_code == 1
    refused = flow("library", "complaints")
    assert refused.exit_code == 1
    assert "restaurant_service" in refused.stderr


def test_a_calendar_is_the_standard_one_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "calendar.yaml"
    file.write_text('{every_day: "09:00-18:00", days_off: [6, 7], open_on: [2026-02-14]}')
    for calendar in ("standard", file):
        result = flow("simulate", AIRCON, "--start", "2026-02-12", "--calendar", calendar, "--json")
        assert result.exit_code == 0
    file.write_text("{every_day: always}")
    result = flow("simulate", AIRCON, "--calendar", file)
    assert result.exit_code == 1
    assert "CALENDAR_FILE_MALFORMED" in result.stderr


def test_a_flow_is_drawn_as_mermaid_and_svg(tmp_path: Path) -> None:
    svg, mermaid = tmp_path / "flow.svg", tmp_path / "flow.mmd"
    result = flow("draw", AIRCON, "--svg", svg, "--mermaid", mermaid)
    assert result.exit_code == 0, result.output
    assert svg.read_text().startswith("<svg")
    assert "量房确认" in mermaid.read_text()
    assert flow("draw", AIRCON).stdout.strip() == mermaid.read_text().strip()


def test_two_files_are_compared_in_words(tmp_path: Path) -> None:
    newer = tmp_path / "flow.yaml"
    newer.write_text((AIRCON / "flow.yaml").read_text().replace("respond: 2h", "respond: 3h"))
    result = flow("diff", AIRCON, newer)
    assert result.stdout.strip() == "~ 节点「量房确认」的时限的响应时限由 2h 改为 3h"


def test_a_bpmn_file_is_imported_as_a_flow_that_is_sound(tmp_path: Path) -> None:
    imported = tmp_path / "flow.yaml"
    result = flow("import", BPMN / "plain_parallel.bpmn", "-o", imported)
    assert result.exit_code == 0, result.output
    assert read_source(imported.read_text()).problems == []
    assert json.loads(flow("check", imported, "--json").stdout)["sound"] is True


def test_what_an_import_cannot_carry_over_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    imported = tmp_path / "flow.yaml"
    result = flow("import", BPMN / "refused_constructs.bpmn", "-o", imported, "--json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert answer["flow"] is None
    assert any(found["severity"] == "error" for found in answer["diagnostics"])
    assert not imported.exists()


def test_an_exported_flow_is_imported_as_it_was(tmp_path: Path) -> None:
    exported, imported = tmp_path / "aircon.bpmn", tmp_path / "flow.yaml"
    assert flow("export", AIRCON, "-o", exported).exit_code == 0
    assert flow("import", exported, "-o", imported).exit_code == 0
    assert flow("diff", AIRCON, imported).stdout.strip() == "no difference 没有差异"


@pytest.mark.parametrize("command", ["export", "diff"])
def test_a_malformed_flow_is_refused_with_where_to_look(tmp_path: Path, command: str) -> None:
    broken = tmp_path / "flow.yaml"
    broken.write_text("code: [")
    extra = [broken] if command == "diff" else []
    result = flow(command, broken, *extra)
    assert result.exit_code == 1
    assert "gongdan flow check" in result.stderr
