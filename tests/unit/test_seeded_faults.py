"""Slips that curators really make, one a folder: each is told once, at the right line, with a hint that names the mend."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.cli.check import survey_files
from bot.settings import Settings

FOLDER = Path(__file__).parent.parent / "fixtures" / "faults"
ROUTING = FOLDER.parent / "routing.yaml"
TODAY = date(2026, 11, 21)


class Fault(NamedTuple):
    """What must be said about a folder, and nothing else; line 0 stands for the whole file."""

    file: str
    line: int
    says: str
    mend: str
    level: str = "errors"


HARMLESS = {"sound": 2, "harmless-bom": 2, "harmless-windows-line-ends": 2, "harmless-stand-in": 3}
"""What nothing is said about, with the number of entries."""

FAULTS = {
    "answer-empty": Fault("常见问题.yaml", 36, "“answer”是空的", "填上内容，或删掉这一行"),
    "answer-line-shifted": Fault("常见问题.yaml", 16, "这一行前面多了空格", "与正文的其他行左对齐", level="warnings"),
    "answer-too-long": Fault("常见问题.yaml", 36, "答案有 403 个字，超过 350 个", "删短，或把细节移到 parts 里"),
    "answer-unfinished": Fault(
        "常见问题.yaml", 17, "答案里有没写完的地方“XXXX”，会原样发到群里", "补全，或写明问哪个部门", level="warnings"
    ),
    "answer-with-bullets": Fault("常见问题.yaml", 15, "答案里有列表或引用记号：*，群里会原样显示", "删掉这些记号"),
    "answer-with-heading": Fault("常见问题.yaml", 14, "答案里有标题记号 #：##，群里会原样显示", "删掉这些记号"),
    "answer-with-html": Fault("常见问题.yaml", 36, "答案里有网页记号：<br>，群里会原样显示", "删掉这些记号"),
    "answer-with-link": Fault("常见问题.yaml", 17, "答案里有链接“https://t.cn/A6xyz”", "删掉，写网站名称和栏目"),
    "answer-with-link-mark": Fault("常见问题.yaml", 17, "答案里有链接记号 [ ]( )", "删掉这些记号"),
    "answer-with-markdown": Fault("常见问题.yaml", 36, "句子以 ** 开头，群里显示不出粗体", "删掉两处 **"),
    "answer-with-table": Fault("常见问题.yaml", 15, "答案里有表格记号 |：| 材料 | 份数 |", "删掉这些记号"),
    "at-sign-first": Fault("常见问题.yaml", 9, "句子以 @ 开头", '把整句话用半角双引号 "…" 括起来'),
    "backslash-n": Fault("常见问题.yaml", 36, "答案里有“\\n”，群里会原样显示", "改成真正的换行：用“|”"),
    "bar-folding": Fault("常见问题.yaml", 13, "“answer”用了“>”，发出去各行会连成一行", "把“>”改成“|”"),
    "bar-lost": Fault("常见问题.yaml", 13, "“answer”有好几行却没有“|”", "写成“answer: |”"),
    "bar-wide": Fault("常见问题.yaml", 13, "“answer”后面的“｜”是全角的", "改成半角：“answer: |”"),
    "bar-with-text": Fault("常见问题.yaml", 13, "“|”后面不能直接写字", "“|”后面换行，正文从下一行写起"),
    "bracket-unclosed": Fault("常见问题.yaml", 40, "括号没有配对：只有开头的 [", "在句末补上半角 ]"),
    "bracket-unclosed-with-wide-comma": Fault("常见问题.yaml", 40, "括号没有配对：只有开头的 [", "在句末补上半角 ]"),
    "brackets-round-wide": Fault(
        "常见问题.yaml", 40, "“communities”用了全角括号：（灵峰）", "改成半角方括号，各项之间用半角逗号"
    ),
    "brackets-wide": Fault("常见问题.yaml", 40, "“communities”用了全角括号：【灵峰】", "改成半角方括号，各项之间用半角逗号"),
    "chatter-is-a-phrasing": Fault("chatter.yaml", 3, "“灭火器年检找谁做？”写在不该理会的“greeting”里", "只留一处"),
    "chatter-kind-unknown": Fault("chatter.yaml", 3, "没有“thank”这一种", "是不是想写“thanks”？"),
    "chatter-text-for-list": Fault("chatter.yaml", 3, "“thanks”应当是列表，现在是一段文字", "每项另起一行，写成“- 内容”"),
    "chatter-without-kind": Fault("chatter.yaml", 1, "这里的句子没有写在哪一种的下面", "在它们上面加一行名称"),
    "colon-in-phrasing": Fault("常见问题.yaml", 9, "“questions”应当是一段文字", "句子里有“: ”"),
    "colon-in-title": Fault("常见问题.yaml", 3, "句子里有半角冒号加空格“: ”", "改成全角冒号“：”"),
    "colon-then-wide-space": Fault("常见问题.yaml", 3, "“title:”后面的空格不是半角空格", "删掉重打，写成“title: 内容”"),
    "colon-wide": Fault("常见问题.yaml", 4, "“department”后面是全角冒号“：”", "改成半角冒号加一个空格"),
    "colon-wide-before-list": Fault("常见问题.yaml", 5, "“questions”后面是全角冒号“：”", "改成半角冒号加一个空格"),
    "colon-wide-in-first-line": Fault("常见问题.yaml", 2, "“id”后面是全角冒号“：”", "改成半角冒号加一个空格：“id: ”"),
    "colon-wide-in-parts": Fault("常见问题.yaml", 19, "“材料”后面是全角冒号“：”", "改成半角冒号加一个空格：“材料: ”"),
    "colon-without-space": Fault("常见问题.yaml", 3, "“title:”后面少一个空格", "写成“title: 内容”"),
    "comma-in-part": Fault("常见问题.yaml", 18, "“parts”的花括号里有半角逗号", "句子里的逗号改成全角“，”"),
    "comma-of-enumeration-in-list": Fault("常见问题.yaml", 40, "“communities”的方括号里用了全角“、”", "各项之间用半角逗号"),
    "comma-wide-in-list": Fault("常见问题.yaml", 40, "“communities”的方括号里用了全角“", "各项之间用半角逗号"),
    "community-unknown": Fault("常见问题.yaml", 40, "routing.yaml 里没有社区“林峰”", "可用的有：灵峰"),
    "dash-forgotten": Fault("常见问题.yaml", 9, "这一行没有“- ”", "另起一句就在行首加“- ”"),
    "dash-forgotten-at-margin": Fault("常见问题.yaml", 9, "这一行缺少半角冒号加空格", "写成“名称: 内容”"),
    "dash-long": Fault("常见问题.yaml", 9, "行首的减号不是半角", "改成半角减号加一个空格：“- ”"),
    "dash-of-entry-forgotten": Fault("常见问题.yaml", 25, "“id”写了两遍，第一遍在第 2 行", "只留一个；如果这里本来是新的一条"),
    "dash-of-first-entry-forgotten": Fault("常见问题.yaml", 2, "这一条的开头少了“- ”", "第一行写成“- id: …”"),
    "dash-too-many": Fault("常见问题.yaml", 27, "“department”前面多了“- ”，一条被拆成了两条", "换成两个空格"),
    "dash-wide": Fault("常见问题.yaml", 9, "行首的减号不是半角", "改成半角减号加一个空格：“- ”"),
    "dash-with-unbreakable-space": Fault("常见问题.yaml", 9, "减号后面的空格不是半角空格", "删掉重打，写成“- 内容”"),
    "dash-without-space": Fault("常见问题.yaml", 9, "减号后面少一个空格", "写成“- 内容”"),
    "date-ahead": Fault("常见问题.yaml", 22, "核实日期 2062-11-20 还没到", "改成实际核实的日子", level="warnings"),
    "date-in-chinese": Fault("常见问题.yaml", 22, "“verified_on”不是日期", "写成 2026-11-20"),
    "date-past-review": Fault("常见问题.yaml", 22, "已过复核日期 2026-08-19", "重新核实内容", level="warnings"),
    "date-with-one-digit": Fault("常见问题.yaml", 22, "“verified_on”不是日期", "写成 2026-11-09"),
    "date-with-slashes": Fault("常见问题.yaml", 22, "“verified_on”不是日期", "写成 2026-11-20"),
    "date-without-such-a-month": Fault("常见问题.yaml", 22, "“verified_on”没有这一天", "检查月份和日子"),
    "department-in-chinese": Fault("常见问题.yaml", 4, "routing.yaml 里没有部门“税务局”", "这里要写部门代号“tax”"),
    "department-misspelt": Fault("常见问题.yaml", 4, "routing.yaml 里没有部门“taxx”", "是不是想写“tax”？"),
    "departments-field-unknown": Fault("departments.yaml", 5, "“fire”里不认得“word”", "是不是想写“words”？"),
    "departments-in-chinese": Fault("departments.yaml", 4, "routing.yaml 里没有部门“消防”", "这里要写部门代号“fire”"),
    "departments-unknown": Fault("departments.yaml", 4, "routing.yaml 里没有部门“fier”", "是不是想写“fire”？"),
    "digits-wide": Fault("常见问题.yaml", 17, "号码“１２３６６”是全角数字，手机上点不了", "改成半角：12366"),
    "emoji-code-first": Fault("常见问题.yaml", 9, "句子以 [ 开头", '把整句话用半角双引号 "…" 括起来'),
    "encoding-gbk": Fault("常见问题.yaml", 1, "文件是 GBK（ANSI）编码，不是 UTF-8", "在记事本里“另存为”"),
    "encoding-gbk-pasted": Fault("常见问题.yaml", 33, "文件不是 UTF-8 编码，这一行有乱码", "另存为 UTF-8 编码"),
    "encoding-utf-16": Fault("常见问题.yaml", 0, "文件是 UTF-16（Unicode）编码", "另存为 UTF-8 编码"),
    "entries-too-close": Fault("常见问题.yaml", 46, "太接近：5 句问法里有 4 句更像后者", "把这几句移过去", level="warnings"),
    "entry-pasted-twice": Fault("常见问题.yaml", 42, "id“extinguisher-check”用了两次", "多半是粘贴了两遍，删掉其中一条"),
    "entry-pasted-with-new-id": Fault(
        "常见问题.yaml", 45, "有 5 句问法与条目 extinguisher-check 的一样", "多半是整条复制的：两条合成一条"
    ),
    "file-copied": Fault("常见问题 - 副本.yaml", 0, "整个文件与 常见问题.yaml 重复，条目都一样", "多半是复制出来的备份：留一个"),
    "file-empty": Fault("消防.yaml", 0, "文件里没有条目", "写上条目，或删掉这个文件"),
    "file-is-one-entry-without-dash": Fault("消防.yaml", 1, "这一条的开头少了“- ”", "第一行写成“- id: …”"),
    "file-with-capitals": Fault("消防.YAML", 0, "文件名的后缀不是 .yaml，不会被读取", "改名为 消防.yaml"),
    "file-with-txt": Fault("消防.yaml.txt", 0, "文件名的末尾多了 .txt，不会被读取", "改名为 消防.yaml"),
    "file-yml": Fault("消防.yml", 0, "文件名的后缀不是 .yaml，不会被读取", "改名为 消防.yaml"),
    "hash-swallows-the-rest": Fault("常见问题.yaml", 30, "“questions”在“ #”处被截断", '把整句话用半角双引号 "…" 括起来'),
    "id-in-chinese": Fault("常见问题.yaml", 25, "id“灭火器检查”不合规定", "只用小写字母、数字和减号"),
    "id-line-lost": Fault("常见问题.yaml", 25, "“title”写了两遍，第一遍在第 3 行", "检查上面是不是漏了“- ”"),
    "id-missing": Fault("常见问题.yaml", 25, "这一条缺少“id”", "加一行“id: …”"),
    "id-twice": Fault("常见问题.yaml", 25, "id“invoice-quota”用了两次", "给其中一条换一个 id"),
    "id-with-capitals": Fault("常见问题.yaml", 25, "id“Extinguisher-Check”不合规定", "只用小写字母、数字和减号"),
    "indent-of-answer-lost": Fault("常见问题.yaml", 15, "“answer”的这一行缩进少了", "与正文的其他行左对齐，前面空 4 格"),
    "indent-of-answer-too-little": Fault("常见问题.yaml", 15, "“answer”的这一行缩进少了", "与正文的其他行左对齐，前面空 4 格"),
    "indent-of-dash-too-far": Fault("常见问题.yaml", 8, "“questions”的下一行缩进多了", "把“- ”与上一行的“- ”左对齐"),
    "indent-of-dash-too-little": Fault("常见问题.yaml", 9, "这一行的缩进不齐，或少了开头的“- ”", "与同级的行左对齐，只用空格"),
    "indent-of-entry-too-far": Fault("常见问题.yaml", 27, "从这一行起的一条缩进多了", "整条往左移，让“- ”顶格"),
    "indent-of-one-question-lost": Fault("常见问题.yaml", 9, "“questions”下面的“- ”顶了格", "每句前面空两格"),
    "indent-of-part-lost": Fault("常见问题.yaml", 20, "“时限”没有放在“parts:”下面", "往右缩进两格"),
    "indent-of-parts-into-answer": Fault("常见问题.yaml", 18, "“parts:”缩进多了", "往左移，与“answer:”左对齐"),
    "indent-of-parts-lost": Fault("常见问题.yaml", 19, "“材料”、“时限”没有放在“parts:”下面", "往右缩进两格"),
    "indent-of-questions-lost": Fault("常见问题.yaml", 6, "“questions”下面的“- ”顶了格", "每句前面空两格"),
    "indent-of-source-into-answer": Fault("常见问题.yaml", 18, "“source:”缩进多了", "往左移，与“answer:”左对齐"),
    "indent-tab": Fault("常见问题.yaml", 4, "缩进里有制表符（Tab）", "改成空格，每级两个"),
    "indent-too-far": Fault("常见问题.yaml", 4, "这一行的缩进不对，或者句子里有半角冒号加空格", "与上一行对齐"),
    "indent-too-little": Fault("常见问题.yaml", 4, "这一行的缩进不齐，或少了开头的“- ”", "与同级的行左对齐，只用空格"),
    "indent-unbreakable-space": Fault("常见问题.yaml", 4, "缩进里有全角空格或看不见的字符", "删掉，改成半角空格"),
    "indent-wide-space": Fault("常见问题.yaml", 4, "缩进里有全角空格或看不见的字符", "删掉，改成半角空格"),
    "key-in-chinese": Fault("常见问题.yaml", 36, "条目里没有“答案”这一项", "是不是想写“answer”？"),
    "key-missing": Fault("常见问题.yaml", 2, "缺少“source”", "加一行“source: …”"),
    "key-twice": Fault("常见问题.yaml", 21, "“title”写了两遍，第一遍在第 3 行", "只留一个；如果这里本来是新的一条"),
    "key-twice-on-one-line": Fault("常见问题.yaml", 18, "“材料”写了两遍，第一遍在第 18 行", "只留一个；如果这里本来是新的一条"),
    "key-unknown": Fault("常见问题.yaml", 36, "条目里没有“anwser”这一项", "是不是想写“answer”？"),
    "landline-too-long": Fault("常见问题.yaml", 17, "号码“0574-867812345”像座机号", "对照来源逐位核对后改正"),
    "margin-note-in-answer": Fault("常见问题.yaml", 15, "“answer”的这一行缩进少了", "与正文的其他行左对齐，前面空 4 格"),
    "mobile-too-short": Fault("常见问题.yaml", 36, "号码“1380013800”像手机号", "对照来源逐位核对后改正"),
    "near-miss-nearly-a-phrasing": Fault(
        "常见问题.yaml",
        12,
        "不该答的“请问数电票的额度怎么调高呢”与本条 invoice-quota 的问法“数电票额度怎么调高”几乎一样",
        "只留一处",
    ),
    "numbers-for-dashes": Fault("常见问题.yaml", 6, "“questions”应当是列表", "每项另起一行，写成“- 内容”"),
    "part-unknown": Fault("常见问题.yaml", 20, " parts 里不认得“办理时间”", "是不是想写“时限”？"),
    "part-with-bare-link": Fault("常见问题.yaml", 20, "“时限”里有链接“www.fapiao-help.com/a1”", "删掉，写网站名称和栏目"),
    "parts-line-lost": Fault("常见问题.yaml", 18, "“材料: ”被当成了“answer”的正文", "补一行“parts:”"),
    "phrasing-calls-somebody-else": Fault(
        "常见问题.yaml", 33, "问法“@老王 灭火器年检找谁做”找不到本条 extinguisher-check", "换成更像提问的说法、补一个关键词"
    ),
    "phrasing-in-two-entries": Fault("常见问题.yaml", 33, "问法“数电票额度怎么调高”与条目 invoice-quota 的重复", "删掉其中一处"),
    "phrasing-is-near-miss": Fault("常见问题.yaml", 12, "“额度调整要交什么材料”同时写在 questions 和 not_this 里", "只留一处"),
    "phrasing-is-no-question": Fault("chatter.yaml", 4, "“谢谢”写在不该理会的“thanks”里", "只留一处"),
    "phrasing-nearly-in-two-entries": Fault(
        "常见问题.yaml", 33, "问法“请问数电票的额度怎么调高啊”找不到本条 extinguisher-check", "只留在该回答它的那一条"
    ),
    "phrasing-stands-for-nothing": Fault(
        "常见问题.yaml", 33, "问法“？？？”找不到本条 extinguisher-check", "换成更像提问的说法、补一个关键词"
    ),
    "phrasing-twice-in-entry": Fault("常见问题.yaml", 10, "问法“数电票额度，怎么调高？”与本条的重复", "删掉其中一处"),
    "question-empty": Fault("常见问题.yaml", 31, "“questions”是空的", "填上内容，或删掉这一行"),
    "questions-as-text": Fault("常见问题.yaml", 28, "“questions”应当是列表", "每项另起一行，写成“- 内容”"),
    "quote-closed-a-line-later": Fault("常见问题.yaml", 3, "“title”的引号到第 4 行才配上对", "在第 3 行的句末补上半角引号"),
    "quote-closed-wide": Fault("常见问题.yaml", 3, '引号没有配对：开头是半角 "，结尾是全角 ”', '结尾改成半角 "'),
    "quote-inside-quotes": Fault("常见问题.yaml", 9, "半角双引号里面又有半角双引号，句子被截断", "里面的引号改成全角“”"),
    "quote-of-word": Fault("常见问题.yaml", 9, "“questions”整句包在全角引号里", "去掉引号，或改成半角双引号"),
    "quote-of-word-single": Fault("常见问题.yaml", 4, "“department”整句包在全角引号里", "去掉引号，或改成半角双引号"),
    "quote-unclosed": Fault("常见问题.yaml", 3, '引号没有配对：只有开头的 "', '在句末补上半角 "'),
    "replaces-a-stand-in": Fault(
        "灵峰.yaml", 24, "要代替的 invoice-quota-lingfeng 自己就是代替 invoice-quota 的", "直接代替区里的那一条：写 invoice-quota"
    ),
    "replaces-by-title": Fault("灵峰.yaml", 12, "要代替的“开票额度不够，怎么调”不存在", "这里要写条目的编号“invoice-quota”"),
    "replaces-denies-a-phrasing": Fault(
        "灵峰.yaml", 6, "写在条目 invoice-quota-lingfeng 的 not_this 里，又是 invoice-quota 的问法", "只留一处"
    ),
    "replaces-in-unknown-community": Fault("灵峰.yaml", 13, "routing.yaml 里没有社区“林峰”", "可用的有：灵峰"),
    "replaces-itself": Fault("灵峰.yaml", 12, "代替的是它自己", "写区里那一条的编号"),
    "replaces-misspelt": Fault("灵峰.yaml", 12, "条目里没有“replace”这一项", "是不是想写“replaces”？"),
    "replaces-twice": Fault(
        "灵峰.yaml", 24, "条目 invoice-quota-two 和 invoice-quota-lingfeng 都要在灵峰代替 invoice-quota", "一个社区只留一条"
    ),
    "replaces-unknown": Fault("灵峰.yaml", 12, "要代替的“invoice-quata”不存在", "是不是想写“invoice-quota”？"),
    "replaces-with-phrasings-of-another": Fault(
        "灵峰.yaml", 6, "问法“灭火器年检找谁做？”与条目 extinguisher-check 的重复", "删掉其中一处"
    ),
    "replaces-without-communities": Fault("灵峰.yaml", 11, "没有写在哪些社区代替 invoice-quota", "补上 communities，写明社区"),
    "review-in-words": Fault("常见问题.yaml", 23, "“review_every”不是一段时间：半年", "写成 180d（180 天）"),
    "review-without-unit": Fault("常见问题.yaml", 23, "“review_every”不是一段时间：180", "写成 180d（180 天）"),
    "separator-line": Fault("常见问题.yaml", 25, "文件里有多余的分隔行 ---", "删掉这一行"),
    "stale-unknown": Fault("常见问题.yaml", 41, "“stale”不认得“转办”", "可用的有：notice、route"),
    "todo-as-text": Fault("常见问题.yaml", 41, "“todo”应当是列表，现在是一段文字", "每项另起一行，写成“- 内容”"),
    "word-document": Fault("消防.yaml", 0, "这不是文本文件", "检查是不是放错了文件"),
    "words-colon-wide": Fault("words.yaml", 3, "“消防栓”后面是全角冒号“：”", "改成半角冒号加一个空格"),
    "words-comma-wide": Fault("words.yaml", 2, "“灭火器”的方括号里用了全角“，”", "各项之间用半角逗号"),
    "words-confusion-of-itself": Fault("words.yaml", 7, "“灭火器”改成了它自己", "左边写错的字，右边写对的字"),
    "words-confusion-the-wrong-way": Fault("words.yaml", 7, "“灭火器”是 synonyms 里的标准词", "左边写错的字，右边写对的字"),
    "words-confusion-within-itself": Fault("words.yaml", 7, "“发票”是“发票额度”的一部分", "左边只写真正的错字"),
    "words-form-is-a-word": Fault("words.yaml", 3, "“灭火器”在第 2 行是标准词", "只留一处；两个词一个意思就并成一行"),
    "words-form-is-its-word": Fault("words.yaml", 3, "“消防栓”是它自己的说法", "左边已经写了，右边的删掉"),
    "words-form-of-two-words": Fault("words.yaml", 3, "“红罐子”既是“灭火器”（第 2 行）的说法", "一个说法只能归一个词：留在一处"),
    "words-section-unknown": Fault("words.yaml", 1, "不认得“synonym”", "是不是想写“synonyms”？"),
    "words-text-for-list": Fault("words.yaml", 2, "“灭火器”应当是列表，现在是一段文字（红罐子）", "每项另起一行，写成“- 内容”"),
    "words-weight-in-words": Fault("words.yaml", 5, "“数电票”应当是不小于 0 的整数，现在是：高", "用半角数字"),
    "words-word-twice": Fault("words.yaml", 3, "“灭火器”写了两遍，第一遍在第 2 行", "只留一个；如果这里本来是新的一条"),
    "zero-width-in-key": Fault("常见问题.yaml", 3, "“title”这个名称里有看不见的字符", "删掉这个名称，用键盘重新输入"),
    "zero-width-space": Fault("常见问题.yaml", 9, "“questions”里有看不见的字符", "删掉这一句，用键盘重新输入"),
}


@pytest.mark.parametrize("slip", FAULTS)
def test_a_slip_is_told_once_at_its_line_with_its_mend(slip: str) -> None:
    fault = FAULTS[slip]
    found = survey_files(Settings(knowledge=FOLDER / slip, routing=ROUTING), today=TODAY).found
    (problem,) = [*found.errors, *found.warnings]
    assert (Path(problem.file).name, problem.line) == (fault.file, fault.line)
    assert fault.says in problem.message.replace(f"{FOLDER / slip}/", "")
    assert fault.mend in problem.mend
    assert problem in getattr(found, fault.level)


@pytest.mark.parametrize("folder", HARMLESS)
def test_nothing_is_said_about_sound_files(folder: str) -> None:
    survey = survey_files(Settings(knowledge=FOLDER / folder, routing=ROUTING), today=TODAY)
    assert survey.complete
    assert (survey.found.errors, survey.found.warnings) == ([], [])
    assert len(survey.library.entries) == HARMLESS[folder]


def test_the_odd_files_are_still_as_they_were_made() -> None:
    file = "常见问题.yaml"
    assert (FOLDER / "harmless-bom" / file).read_bytes().startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in (FOLDER / "harmless-windows-line-ends" / file).read_bytes()
    assert b"\t" in (FOLDER / "indent-tab" / file).read_bytes()
    assert "\xa0" in (FOLDER / "dash-with-unbreakable-space" / file).read_text(encoding="utf-8")
    assert "\u200b" in (FOLDER / "zero-width-space" / file).read_text(encoding="utf-8")


def test_every_folder_is_a_known_fault_and_there_are_enough() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*FAULTS, *HARMLESS}
    assert len(FAULTS) >= 40
