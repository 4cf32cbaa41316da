"""The words of archives."""

WORDS = {
    "archive.seal": "封存归档",
    "archive.supplement": "补充归档",
    "task.archive.supplement": "补充归档：封存之后又有变化",
    "refusal.archive_open": "这次采购还有没办完的事项。",
    "cure.archive_open": "评价锁定、合同申请都办结之后，自动封存。",
    "refusal.archive_early": "封存的日期是{due_at}，还没有到。",
    "cure.archive_early": "到期自动封存，不需要办理。",
    "refusal.archive_unchanged": "上次封存之后材料没有变化，不需要补充。",
    "cure.archive_unchanged": "有新的材料或者更正之后再办理。",
}
