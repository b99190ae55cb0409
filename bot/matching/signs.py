"""Signs in the wording of a message that it asks, reports, answers, announces, sells, lends or talks to somebody."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

from bot.matching.indefinite import definite

_SURNAME = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范"
    "方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_EITHER = r"(?<![但可就要总老都也还硬算只于])是"
_OR = r"还是(?!要|得|会|有|没|能|很|挺|比较|应该|老|先|照|那|这|认|不|蛮|算|按)"


@dataclass(frozen=True, slots=True)
class Sign:
    """A named pattern; ``told`` is what it means in Chinese, for the reasons."""

    name: str
    pattern: re.Pattern[str]
    told: str


def _sign(name: str, pattern: str, told: str) -> Sign:
    return Sign(name, re.compile(pattern), told)


SIGNS = (
    _sign(
        "question_word",
        r"什么|啥|怎么|怎样|咋|如何|哪|谁|多少|多久|多长|多大|几|为何|何时|何处|何种|阿里搭|啥辰光|几钿",
        "有疑问词",
    ),
    _sign(
        "question_word_last", r"(?:[去到在上]那里|什么|啥|怎么|咋|如何|哪|谁|多少|多久|几)[^,，。;!?]{0,8}[?]*$", "疑问词在句尾"
    ),
    _sign(
        "either_or",
        rf"(.)不\1|有没有|有冇|有无|是否|能否|可否|需否|要勿要|会勿会|好勿好|(?:{_OR}|或者).{{1,12}}(?:好|对|行)?[?]*$",
        "正反问",
    ),
    _sign("ends_asking", r"(?:吗|么|嘛|呢|伐|不|没|没有|吧|勿)[?!。.~ ]*$", "句尾语气在问"),
    _sign("ends_soft", r"(?:啊|呀|哦|诶|欸|哈)[?!。.~ ]*$", "句尾有语气词"),
    _sign("mid_asking", r"(?:吗|么|呢|伐|行不|可以不|对不|是不)[,，。;? ]", "句中在问"),
    _sign(
        "where_to",
        r"[去到在上]那里|去哪|到哪|哪里|哪儿|在哪|上哪|往哪|哪个(?:部门|窗口|平台|网站|局|所|单位|口子)|阿里搭",
        "问去哪里",
    ),
    _sign(
        "how_to", r"(?:怎么|咋|如何|怎样|咋个)(?:办|弄|搞|算|处理|报|申|开|填|做|走|整|交|领|查|缴|写|定|补|报销|样)", "问怎么办"
    ),
    _sign("whom", r"找谁|问谁|找哪|谁(?:来|出|负责|管|承担|交|付|去)|归谁|跟谁|向谁|哪个部门", "问找谁"),
    _sign(
        "allowed",
        r"(?:能|可以|行|要|算|会|用|得|该|需要|合法|合规|违法|犯法|够)[^,，。]{0,10}(?:吗|么|不|伐|嘛|没)[?。 ]*$|"
        r"算不算|合不合|违不违",
        "问行不行",
    ),
    _sign(
        "condition",
        r"什么条件|要什么|要哪些|需要什么|需要哪些|带什么|带哪些|什么材料|哪些材料|什么手续|哪些手续|什么资料|几号|哪天|截止|期限|标准",
        "问条件材料时限",
    ),
    _sign("asks_politely", r"请问|请教|求教|求助|想问|问一下|问下|咨询|打听|求解|求科普|麻烦问|想了解|想知道", "客气地问"),
    _sign(
        "asks_group",
        r"有没有人|有人(?:知道|办过|懂|搞过|遇到)|谁(?:知道|晓得|懂|办过|了解)|哪位(?:知道|懂|老师|大佬)|大家(?:都)?(?:怎么|是)|各位.{0,6}(?:怎么|请教|知道)",
        "向群里问",
    ),
    _sign(
        "borrow",
        r"借(?!款|调|贷|鉴|据)|匀(?:我|给|一|点)|租我|让给我|转让|顶一下|帮我(?:带|拿|看|取|卸|拉)|搭个便车|拼(?:车|单)|蹭",
        "借东西或帮忙",
    ),
    _sign(
        "send_me",
        r"发我|发给我|发一份|发个|发一下|发群里|拍(?:个|张)照|推(?:给我|我|一下)|推荐|介绍|分享一下|给个|甩我|私我|私聊我|链接",
        "要人发东西或推荐",
    ),
    _sign("whose", r"谁家|谁有|谁那|谁手里|谁拿|谁的|哪家|你(?:们)?家|哪位有|有没有多余|有现成|谁要", "问谁有"),
    _sign(
        "price",
        r"多少钱一|几钿|什么价|啥价|报价|便宜|价格|性价比|值不值|划算|贵不贵|市场价|参考价|行情|一(?:斤|吨|平|台|套)多少",
        "问价钱",
    ),
    _sign(
        "brand",
        r"什么牌子|哪个牌子|哪个品牌|哪款|好用|靠谱|耐用|型号|规格|哪里买|哪买|怎么样$|口碑",
        "问东西好坏",
    ),
    _sign(
        "thing_where",
        r"(?:放|搁|丢|落|停|存|藏)(?:在)?(?:哪|谁|你)|在谁(?:手|那)|在不在|钥匙|在哪个(?:柜|抽屉|盘)|哪个文件夹",
        "问东西放哪",
    ),
    _sign(
        "addressee",
        rf"^(?:老|小|阿)[{_SURNAME}]|"
        rf"[{_SURNAME}](?:工|总|会计|师傅|姐|哥|经理|厂长|主任|科长|书记|老师|老板|律师)(?:[,，: 你]|$)",
        "在叫某个人",
    ),
    _sign("you", r"你们?(?:那|家|厂|公司|自己|上次|昨天|今天|明天|刚才|之前|的|有|要|去|把|看|先|可以)", "对着“你”说"),
    _sign(
        "event",
        r"几点|明天|今晚|昨晚|下午|上午|会议室|开会|聚餐|食堂|球|相亲|联谊|PPT|ppt|照片|录音|签到|名单|群里|群主|红包|快递|外卖|车位|WiFi|wifi",
        "眼前的小事",
    ),
    _sign(
        "reported",
        r"已经|刚刚?|终于|好了|完了|过了|下来了|拿到|办好|弄好|搞定|通过了|贴上|交了|报了|检好|到账|发(?:你|您)|放(?:在|前台)|约好|装好",
        "在说已成的事",
    ),
    _sign("ends_done", r"(?:了|过|好|完|中|到|着|啦|喽)[。.!~ ]*$", "句尾是陈述"),
    _sign("first_person", r"^(?:我|我们|俺|阿拉|公司|厂里|本人)", "从自己说起"),
    _sign(
        "advises",
        r"别(?:给|去|买|信|理|签|找)|就行|就可以|就好|即可|就是了|就能|就够|不用(?!交|缴|做|管)|不需要|用不着|记得|千万|别忘|建议|一般(?:是|要|都)?|应该|肯定|必须|得先|要先|先去|先把|先找|然后再|再去|就不|没用|没关系|不算|不行的|可以的|要的|的话",
        "像在教人",
    ),
    _sign(
        "advises_first",
        r"^(?:先|要|不用|不要|可以|带|直接|应该|一般|按|看|得|别|没|不是|不|对|是的|我们(?:去年|上次|上个月|之前|也是|是|家)|上次|去年)",
        "开头像回答",
    ),
    _sign("particle_told", r"的[。.!~ ]*$|(?:嘛|呗|咯|嘞)[。.! ]*$", "句尾是断语"),
    _sign(
        "announces",
        r"通知|提醒|公告|通报|@所有人|所有人|全体成员|请各|各企业|各单位|各位企业|报名|截止|附件|接龙|转发|速递|定于|请于|须知|征集|预警|【",
        "像通知",
    ),
    _sign(
        "sells",
        r"代办|专业|优惠|私聊|加微|加我|微信同号|批发|直销|厂家|上门|回收|招租|出租|出售|特价|包过|一条龙|团购|诚招|急招|招聘|包吃住|量大|欢迎(?:来电|咨询|选购)|价格面议|可开专票|了解一下|扣1|有需要的",
        "像广告",
    ),
    _sign(
        "thanks",
        r"谢|感恩|多谢|辛苦了|thx|3q|给力|点赞|(?:^|[,。! ])收到|收到(?:[,。!~ ]|$)|明白了|懂了|知道了|学到了",
        "在道谢或应声",
    ),
    _sign(
        "greets",
        r"^(?:大家|各位|老板们|领导们?)?(?:早|早上好|早安|晚安|晚上好|下午好|中午好|大家好|你好|您好|哈喽|hello|hi|在吗|在的|欢迎|新年好)|快乐|恭喜",
        "在打招呼",
    ),
    _sign("laughs", r"哈哈|笑死|嘿嘿|呵呵|(?<!\d)6{3,}(?!\d)|唉|哎|无语|吐槽|烦死|累死|气死|可惜|真是", "在闲聊"),
    _sign("number_only", r"^[\d\s+.]*$", "只有数字"),
    _sign("plan", r"我(?:们)?(?:明天|下午|下周|后天|等下|待会|马上)|我(?:去|来)(?:问|看|找|跟|办)", "在说打算"),
    _sign(
        "fails",
        r"(?:用|登|进|开|办|交|报|传|提交|弄|做|查|付|批|下|收|走|过|拿|付|撑)不(?:了(?!多少)|上|进|出|去|来|到|下来)|没(?:有)?权限|报错|提示|失败|闪退|"
        r"卡(?:在|住)|不(?:肯|让|给|认|同意|承认|理|退)|拒绝|拖着|欠着|扣着|被(?:退回|驳回|拒|扣|罚|查)",
        "说有难处",
    ),
    _sign(
        "a_or_b",
        rf"{_EITHER}[^,，。;!?]{{1,12}}还是|{_OR}[^,，。;!?]{{1,12}}[?]*$",
        "在两样里问一样",
    ),
    _sign(
        "warns",
        r"一定要|务必|最好(?!的)|要(?:写|看|问|弄|讲|说)清楚|(?:写|看|问|讲|说)清楚|注意|小心|当心|不要(?:忘|去|乱|随便)|至少|不能(?:用|少|低于|超过)",
        "像在叮嘱",
    ),
    _sign("you_all", r"你们(?:一般|那边|家|厂|平时|都)|大家(?:都|一般|平时)用|各家|各厂", "问别家怎么做"),
    _sign(
        "wants",
        r"我?(?:们)?(?:想|要|打算|准备|需要)(?:办|申请|申报|开|做|买|租|上|去|给|把|建|搭|装|招|报|参加|加|注销|变更)",
        "想办一件事",
    ),
    _sign(
        "about_people",
        r"姓什么|叫什么名|哪里人|老家|多大年纪|单身|微信(?:谁|有|号)|电话(?:谁|多少|号)|号码|谁.{0,3}(?:昨|刚|上次|拿|去|会|能)",
        "在打听人",
    ),
    _sign("done_yet", r"(?:了|过|到|好)(?:没|没有|吗|不|伐|么)(?:[?,，。;! ]|$)", "在问办了没有"),
    _sign(
        "broken",
        r"坏了|没电|死机|修(?:一下|便宜|的|吗|不)|谁会(?:修|弄|装)|漏水|打不(?:着|开)|黑屏",
        "东西坏了",
    ),
    _sign(
        "taste",
        r"好吃|好看|难吃|好玩|便宜|舒服|实惠|质量好|(?:哪|什么).{0,4}好(?:看|吃|用|玩|一点|点)|奶茶|饭店",
        "在问好坏口味",
    ),
    _sign(
        "goods",
        r"二手|九成新|全新|现货|多余|闲置|处理(?:掉|价)|出(?:一台|个|手)|收(?:废|旧|购)|买(?:什么|哪|多大|个)|配件|耗材",
        "在说买卖",
    ),
    _sign(
        "stuck",
        r"不知道|不晓得|不清楚|不懂|搞不(?:懂|清|明白)|弄不(?:懂|清|来)|没弄过|没办过|头一回|第一次|吃不准|拿不准|怕(?:不|被|罚)|急|求|救",
        "说自己不会",
    ),
    _sign(
        "tells_you",
        r"你们?(?:先|再|去|打|找|让|叫|拿|把|直接|得|应该|最好|别|不要|不用|就|赶紧|登|点|搜|试|自己)|(?:让|叫)(?:他|她|伊|房东|对方|人家)",
        "在教对方怎么做",
    ),
    _sign(
        "experience",
        r"(?:我们|我|咱们?|我家|俺们?)(?:厂|公司|单位|家|这边|那边|车间)?里?(?:上次|去年|前年|上个?月|上周|之前|以前|当时|那会|也是|就是|都是|是(?:找|去|让|自己|按|用|这么))",
        "在说自己的经历",
    ),
    _sign(
        "social",
        r"谁(?:捡|见|看到|看见|认识|顺路|有空|手上|手里|手头|要(?!交|付|出|管|负责|签)|听|捎|用过|买过|租过|去过)|有谁|一起(?:去|吃|玩|打|唱|拼|走|团|买|订)|(?:缺|差)[一两二三四]?个?人|(?:大家|你们|各位)(?:觉得|感觉|都用|用的|怎么看)|猜",
        "在找人搭伙或打听看法",
    ),
    _sign(
        "third",
        r"(?:新来|昨天|今天|上午|下午|上次|隔壁|对面)的?(?:那个|那位|这个|厂里的)|那(?:个|位)[小老阿][\u4e00-\u9fff]",
        "在说某个人",
    ),
    _sign("your", r"你们?(?:老板|厂里|公司|单位|车间|部门|班组?|那儿|那里|那边|家)", "在说对方厂里"),
)
_SEARCHES = tuple(sign.pattern.search for sign in SIGNS)
_TOLD = tuple(sign.told for sign in SIGNS)

NAMES = (
    *(sign.name for sign in SIGNS),
    *(
        "length",
        "clauses",
        "tiny",
        "short",
        "clause_asks",
        "last_clause_asks",
        "calls_other",
        "spaced",
        "told_plainly",
        "told_figure",
    ),
)

_CLAUSE = re.compile(r"[,，。;；!！:：、\s]+")
_ASKING = re.compile(
    r"[去到在上]那里|什么|啥|怎么|怎样|咋|如何|哪|谁|多少|多久|多长|(?<![十百这那])几|(.)不\1|有没有|是否|能否|(?:吗|么|呢|伐)$|"
    rf"{_EITHER}.{{1,12}}还是|{_OR}.{{1,12}}$|[行对是好可以要](?:不|没)$|\?"
)
_SPACED = re.compile(r"^(?=.*[\u4e00-\u9fff] [\u4e00-\u9fff])[^,，。;!?：: ]{1,7}(?: [^,，。;!?：: ]{1,7})*$")
_FIGURE = re.compile(
    r"[\d一二三四五六七八九十百半](?:年|个月|月|天|日|号|周|小时|学时|分钟|元|块|倍|人|吨|平|度|%|万|分)|万分之|百分之"
)


_GOODS_PRICE = re.compile(
    r"(?:多少钱|几块钱?|什么价)一(?:台|个|只|套|斤|公斤|吨|桶|瓶|把|张|辆|箱|米|付|双)|一(?:台|只|斤|公斤|吨|桶|瓶|箱|双)多少钱?[?]*$|"
    r"(?:二手|九成新|全新)[^,，。]{0,12}(?:多少钱|什么价|几钿|价格|报价)"
)


def prices_goods(text: str) -> bool:
    """Tell whether a normalised text asks what goods cost on the market, which no office and no entry answers."""
    return bool(_GOODS_PRICE.search(text))


def measure(text: str, *, calls_other: bool) -> list[float]:
    """Return the signs of a normalised text as numbers, in the order of ``NAMES``; ``calls_other`` says it @-s somebody else."""
    bare = definite(text)
    values = [1.0 if search(bare) else 0.0 for search in _SEARCHES]
    clauses = [clause for clause in _CLAUSE.split(bare.replace("?", "?,")) if clause]
    asking = [bool(_ASKING.search(clause)) for clause in clauses]
    length = len(text)
    values += [
        math.log1p(length) / 5,
        math.log1p(len(clauses)) / 3,
        float(length <= 3),
        float(length <= 7),
        sum(asking) / max(len(asking), 1),
        float(bool(asking) and asking[-1]),
        float(calls_other),
        float(bool(_SPACED.search(text)) and not any(asking)),
        float(len(clauses) > 1 and length > 7 and not any(asking)),
        float(bool(_FIGURE.search(text)) and not any(asking)),
    ]
    return values


def asks(clause: str) -> bool:
    """Tell whether a normalised clause has a word or an ending that asks."""
    return bool(_ASKING.search(clause))


def shows(name: str, values: Sequence[float]) -> bool:
    """Tell whether a sign was measured."""
    return bool(values[NAMES.index(name)])


def told(values: Sequence[float]) -> list[str]:
    """Return in Chinese what signs were measured."""
    return list(compress(_TOLD, values))
