"""What the machine's doors bring to the house."""

from app.exchange.views import bp
from app.stage import Stage

STAGE = Stage(
    name="exchange",
    title="数据与接口",
    blueprint=bp,
    words={
        "token_revoked": "令牌已作废。",
        "refusal.file_empty": "文件是空的。",
        "cure.file_empty": "请选择有内容的文件。",
        "refusal.file_too_large": "文件超过{megabytes} MB。",
        "cure.file_too_large": "请压缩或拆分后再上传。",
        "refusal.files_waiting": "您上传后还没有用上的文件合计将超过{megabytes} MB。",
        "cure.files_waiting": "请先提交用到这些文件的事项；没有用上的文件24小时后自动删除。",
        "refusal.file_type": "不接受这种文件：只收 PDF、PNG、JPEG、XLSX、DOCX，且内容须与格式相符、不含宏。",
        "cure.file_type": "请另存为以上格式之一后再上传。",
        "refusal.file_unknown": "找不到所引用的文件，或上传已超过24小时。",
        "cure.file_unknown": "请由本账户重新上传后再提交。",
        "refusal.out_of_turn": "目前的阶段（{phase}）不能办理这一事项。",
        "cure.out_of_turn": "请查看该事项目前的阶段，按可以办理的事项继续。",
        "refusal.stale": "这条记录刚被别人改过。",
        "cure.stale": "请重新读取后再提交。",
    },
)
