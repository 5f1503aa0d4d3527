from services.notify.domain.notice import Notice, lay_out


def test_a_body_becomes_figure_rows_and_text() -> None:
    assert lay_out("明天上门\n# ¥1,280.00 预计收益\n时间：明天 09:00\n地点： 朝阳区") == Notice(
        "¥1,280.00", "预计收益", (("时间", "明天 09:00"), ("地点", "朝阳区")), "明天上门"
    )


def test_times_addresses_and_long_names_are_text_not_rows() -> None:
    body = "09:30 到场\nhttps://h5.example/a\n高空作业补贴费用：¥200.00"
    assert lay_out(body) == Notice("", "", (), body)


def test_a_row_or_figure_too_many_stays_readable_as_text() -> None:
    body = "\n".join(["# 1 a", "# 2 b", *(f"行{n}：值{n}" for n in range(7))])
    notice = lay_out(body)
    assert (notice.figure, notice.caption) == ("1", "a")
    assert len(notice.rows) == 6
    assert notice.text == "# 2 b\n行6：值6"
