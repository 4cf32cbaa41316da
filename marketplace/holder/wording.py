"""The words of holders of keys."""

WORDS = {
    "holder.enrol": "登记开启公钥",
    "holder.resign": "停用开启公钥",
    "holder_role.operator": "运营管理机构",
    "holder_role.regulator": "行业主管部门",
    "holder_role.supervisor": "监督部门",
    "refusal.holder_key_malformed": "这不是可用的公钥。",
    "cure.holder_key_malformed": "请填写X25519公钥：本页或者OpenSSL生成的公钥文件全文，或者64位十六进制数。",
    "refusal.holder_key_known": "这把公钥已经登记过。",
    "cure.holder_key_known": "一把密钥只登记一次，请重新生成一把。",
    "refusal.holder_taken": "本地区的同类持钥单位已经是{name}。",
    "cure.holder_taken": "须先由该单位停用它的公钥，才能由贵单位登记。",
    "refusal.holder_just_taken": "刚才已经有公钥登记到这里。",
    "cure.holder_just_taken": "请刷新页面查看现在登记的公钥。",
    "refusal.holders_missing": "本地区的报价由三家持钥单位中的两家共同开启，还有{missing}家没有登记公钥。",
    "cure.holders_missing": "请联系运营管理机构、行业主管部门和监督部门登记公钥后再发布。",
}
