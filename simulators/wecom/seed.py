"""The demonstration company: its members, departments, tags and its one app."""

from simulators.wecom.state import App, CallbackTarget, Member

CORPID = "ww0123456789abcdef"
AGENTID = 1000002

DEPARTMENTS = {1: "安居暖通", 2: "门店销售", 3: "设计技术", 4: "安装服务", 5: "财务客服", 6: "仓储"}
TAGS = {1: ("值班主管", frozenset({"chenzhuguan", "zhaozongjian"}))}

MEMBERS = (
    Member("wangxiaomei", "王小美", "销售顾问", (2,)),
    Member("lisheji", "李设计", "设计师", (3,)),
    Member("chenzhuguan", "陈主管", "主管", (1, 3)),
    Member("zhaozongjian", "赵总监", "技术总监", (1, 3)),
    Member("zhangshifu", "张师傅", "安装师傅", (4,)),
    Member("liushifu", "刘师傅", "安装师傅", (4,)),
    Member("qiankuaiji", "钱会计", "财务", (5,)),
    Member("sunkefu", "孙客服", "客服", (5,)),
    Member("zhoucangguan", "周仓管", "仓管", (6,)),
    Member("wuzhanzhang", "吴站长", "网点负责人", (2,)),
    Member("hedianzhang", "贺店长", "门店经理", (2,)),
    Member("gaocehua", "高策划", "市场", (5,)),
    Member("zhengzong", "郑总", "总部", (1,)),
)


def demo_app(secret: str, callback: CallbackTarget | None) -> App:
    """The app under which Gongdan writes to its people."""
    return App(agentid=AGENTID, secret=secret, name="工单", callback=callback)
