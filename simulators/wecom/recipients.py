"""Who a message goes to: users, departments and tags, and which of them do not exist."""

from dataclasses import dataclass, field

from simulators.wecom import seed
from simulators.wecom.company import Company
from simulators.wecom.errors import WecomError
from simulators.wecom.state import App, Json

_ALL = "@all"


@dataclass
class Recipients:
    """The resolved members, and every id that led nowhere."""

    userids: list[str] = field(default_factory=list)
    invalid_users: list[str] = field(default_factory=list)
    invalid_parties: list[str] = field(default_factory=list)
    invalid_tags: list[str] = field(default_factory=list)
    unlicensed: list[str] = field(default_factory=list)

    def report(self) -> Json:
        """The reply's fields about those who get nothing; empty ones are left out."""
        fields = {
            "invaliduser": self.invalid_users,
            "invalidparty": self.invalid_parties,
            "invalidtag": self.invalid_tags,
            "unlicenseduser": self.unlicensed,
        }
        return {name: "|".join(ids) for name, ids in fields.items() if ids}


def resolve(company: Company, app: App, body: Json) -> Recipients:
    """The members that `touser`, `toparty` and `totag` name."""
    users = _ids(body, "touser", 1000, 40032)
    parties = _ids(body, "toparty", 100, 82002)
    tags = _ids(body, "totag", 100, 82003)
    if not (users or parties or tags):
        raise WecomError(82001)
    found = Recipients()
    if _ALL in users:
        users, parties, tags = list(company.members), [], []
    for userid in users:
        _add_user(company, app, userid.lower(), found)
    _add_parties(company, app, parties, found)
    _add_tags(company, app, tags, found)
    if not found.userids and not found.unlicensed:
        raise WecomError(81013)
    return found


def _ids(body: Json, name: str, limit: int, too_many: int) -> list[str]:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise WecomError(40058, f"invalid parameter, {name} must be a string")
    ids = list(dict.fromkeys(part for part in value.split("|") if part))
    if len(ids) > limit:
        raise WecomError(too_many)
    return ids


def _add_user(company: Company, app: App, userid: str, found: Recipients) -> None:
    member = company.member(userid)
    if member is None or member.userid in app.hidden_from:
        found.invalid_users.append(userid)
    elif not member.licensed:
        found.unlicensed.append(userid)
    elif member.userid not in found.userids:
        found.userids.append(member.userid)


def _add_parties(company: Company, app: App, parties: list[str], found: Recipients) -> None:
    for party in parties:
        if not party.isdigit() or int(party) not in seed.DEPARTMENTS:
            found.invalid_parties.append(party)
            continue
        for member in company.members.values():
            # The root department holds everyone.
            if int(party) == 1 or int(party) in member.departments:
                _add_user(company, app, member.userid, found)


def _add_tags(company: Company, app: App, tags: list[str], found: Recipients) -> None:
    for tag in tags:
        if not tag.isdigit() or int(tag) not in seed.TAGS:
            found.invalid_tags.append(tag)
            continue
        for userid in sorted(seed.TAGS[int(tag)][1]):
            _add_user(company, app, userid, found)
