# SPDX-License-Identifier: Apache-2.0
"""The characters that most Chinese text is made of: what tells its encodings from one another.

About 600 of the most frequent ones, in simplified and traditional forms, and the punctuation that
goes with them: they make up four fifths of most texts, and next to nothing of what the bytes of
another encoding decode to.
"""

from __future__ import annotations

__all__ = ["EVERYDAY"]

_SIMPLIFIED = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后"
    "作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因"
    "只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应"
    "战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿"
    "原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太"
    "量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界"
    "达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今"
    "切院让识候带导争运您请谢答案户助订单退款客服容医病药症疗检查患血压建议律费网站换货收到买卖价钱元"
    "号码快递送错误帮忙联系早晚午周星期每写读谁吗呢吧啊哪怎样什亲好坏差评满评价影片产品质量喜欢爱男吃"
    "喝饭钟车票店商班孩父母朋友语言中英文翻译词句章图片文件模型数字例输入出令角色设定息状态准备需否姓"
)
_TRADITIONAL = (
    "這個們來為國說時會對於著過發後裡種經麼學現當沒動還進樣開從實軍無與長機業將兩間問應戰頭體見產話內給"
    "門東聲員論處義幾認條係氣題爾別變總電數報結務場計資許統區隊決馬書聽卻達強難權設記類據邊張該規萬覺術"
    "領確傳師觀讓識帶導爭運請謝戶訂單醫藥療檢壓議費網換貨買賣價錢號碼遞錯誤幫聯繫嗎親壞評滿質歡愛飯鐘車"
    "語譯詞圖輸態準備點關兒則"
)
_SIGNS = "，。？！、：；（）“”‘’《》…—·「」　"

EVERYDAY = frozenset(_SIMPLIFIED + _TRADITIONAL + _SIGNS)
