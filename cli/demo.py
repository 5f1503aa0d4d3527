"""`gongdan demo`: one whole case, everybody in turn, through the public API alone."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cli import scenes
from cli.acting import Stage
from cli.api import Api, Refused
from cli.output import money
from cli.scenes import CUSTOMER, DIRECTOR
from cli.verb import say_refused


def demo(
    lang: Annotated[Literal["zh", "en"], typer.Option(help="The narrator's language")] = "zh",
    only: Annotated[
        Literal["whole", "limit"] | None,
        typer.Option(help="Only the whole case, or only those around 50,000 yuan"),
    ] = None,
) -> None:
    """Walk whole cases in under a minute: from the first call to the paid earning."""
    try:
        with Api.from_environment() as api:
            play(Stage.open(api, lang, CUSTOMER), only)
    except Refused as refused:
        say_refused(refused)
        raise typer.Exit(1) from refused


def play(stage: Stage, only: str | None) -> None:
    """Play what was asked for, and say how long it took."""
    windows = f"{stage.links.product}   Temporal {stage.links.temporal_ui}"
    stage.note(
        f"产品 {windows}   企业微信沙箱 {stage.links.wecom_sandbox}",
        f"product {windows}   WeCom sandbox {stage.links.wecom_sandbox}",
    )
    if only != "limit":
        whole_case(stage)
    if only != "whole":
        cases_at_the_limit(stage)
    stage.head(
        f"全部 {stage.step} 步完成，用时 {stage.seconds():.1f} 秒",
        f"All {stage.step} steps done in {stage.seconds():.1f} s",
    )


def whole_case(stage: Stage) -> None:
    """From the first call to the paid earning."""
    stage.head("一个完整的个案：空调安装", "One whole case: an air-conditioner is installed")
    case_id = scenes.sell(stage, "AC-INSTALL-STD", quantity=1, height=True)
    scenes.show_quote(stage, case_id)
    stage.say(CUSTOMER, "确认方案与报价", "confirms the proposal and its price")
    stage.player(CUSTOMER).act(case_id, "confirm_quote", "approve")
    scenes.install(stage, case_id)
    stage.say(CUSTOMER, "验收通过，五星好评", "accepts the work and gives five stars")
    stage.player(CUSTOMER).act(
        case_id, "acceptance", "approve", {"rating": 5, "remarks": "师傅很专业"}
    )
    earning_id = scenes.pay(stage, case_id)
    scenes.await_follow_up(stage, case_id)
    scenes.sum_up(stage, case_id, earning_id)


def cases_at_the_limit(stage: Stage) -> None:
    """Over 50,000 yuan, and not a fen less, the technical director confirms first."""
    stage.head("五万元的界线：超过才要二次确认", "The 50,000 yuan limit: strictly over it")
    case_id = scenes.sell(stage, "HOUSE-OVERHAUL", quantity=1, height=False)
    total = money(scenes.quote(stage, case_id).total)
    stage.player(CUSTOMER).task(case_id, "confirm_quote")
    stage.say(
        CUSTOMER,
        f"报价 {total}，没有超过：直接由他确认",
        f"is asked at once: {total} is not over the limit",
    )
    case_id = scenes.sell(stage, "CENTRAL-AC", quantity=3, height=False)
    total = money(scenes.quote(stage, case_id).total)
    stage.player(DIRECTOR).task(case_id, "director")
    stage.say(
        DIRECTOR,
        f"报价 {total}，超过一分：先由他二次确认，他同意了",
        f"comes first: {total} is a fen over the limit; he approves",
    )
    stage.player(DIRECTOR).act(case_id, "director", "approve", {"opinion": "方案可行"})
    stage.player(CUSTOMER).task(case_id, "confirm_quote")
    stage.say(
        CUSTOMER,
        "这才收到方案确认；演示到此，两个个案留给你继续",
        "is asked only now; both cases stay open for you to go on with",
    )
    stage.note(stage.links.case(case_id), stage.links.case(case_id))
