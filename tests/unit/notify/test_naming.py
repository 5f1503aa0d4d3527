from services.notify.domain.naming import possible_person_ids, with_names


def test_people_are_shown_by_name_and_everything_else_as_it_is() -> None:
    variables = {"assignee": "pe_li、pe_new", "node": "量房、报价", "due_at": ""}
    assert possible_person_ids(variables.values()) == {"pe_li", "pe_new", "量房", "报价"}
    assert with_names(variables, {"pe_li": "李设计"}) == {
        "assignee": "李设计、pe_new",
        "node": "量房、报价",
        "due_at": "",
    }
