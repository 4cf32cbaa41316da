"""The help pages by their addresses: a title, and in a few words what one finds there."""

from collections.abc import Mapping

PAGES: Mapping[str, tuple[str, str]] = {
    "public": ("公众：查询与核验", "不登录就能查到的全部内容，以及怎样核对"),
    "purchaser": ("项目业主", "从登记、填写需求到评价"),
    "agency": ("中介服务机构", "从入驻、报价、报名到交付成果"),
    "operator": ("运营管理机构", "形式核验、公告审核、录入外部随机源"),
    "regulator": ("行业主管部门", "资质核验、评价、处理决定"),
    "supervisor": ("监察审计", "与运营管理机构各自录入随机源，查看全程记录"),
    "admin": ("系统管理", "公布工作日历，不经手任何一次选取"),
    "verify": ("怎样核验一次抽取", "用公开的数据自己算一遍"),
    "receipts": ("怎样看回执", "回执写了什么，何时用得上"),
    "refused": ("被拒绝或者出错了怎么办", "怎样读理由，到哪里补办，到哪里反映"),
    "glossary": ("常用词", "本市场用语的意思"),
}
