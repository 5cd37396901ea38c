" The colours of Remit's text. Made by tools/editors.py from grammar/keywords.def.
if exists('b:current_syntax')
  finish
endif
syntax iskeyword @,48-57,_,128-255
syntax match remitName /\v\k+/
syntax match remitLabel /\v\k+\ze\s*[:：]/
syntax match remitKeyword /\v%(\k|\.|．)@1<!%(excluding|published|separator|approval|calendar|currency|encoding|escalate|handover|notified|rejected|reminded|requires|resubmit|rotation|workdays|columns|emitted|grouped|holiday|measure|numbers|pattern|private|samples|version|workday|before|define|delete|entity|except|expect|latest|missed|module|notify|oblige|places|policy|public|remind|sample|source|starts|within|接受事件至多|after|again|alert|clear|dates|event|every|later|layer|owner|place|quote|reads|since|stage|table|times|under|until|value|votes|where|while|按文件顺序|按时间排序|非营业期间|duty|each|else|emit|feed|from|hold|last|late|none|over|role|rule|team|test|type|when|with|zone|一票否决|会话间隔|办结之后|变化率逐|可再发生|各行位于|否决票数|在办保留|在办移交|多数否决|字段属于|工作时长|数字格式|日期格式|直到确认|营业期间|补班时间|表头在行|转办职责|静默期间|静默照发|ask|for|key|kpi|let|may|per|set|use|位小数|倍数较|决策表|分计自|分隔符|到期于|到期前|到达于|取消于|变化自|可重提|合并按|完成于|对每个|差额自|已上报|已公布|已发出|已拒收|已提醒|已通知|截止于|承办人|撤回于|无表头|暂停自|标识为|索引按|编号为|补最近|表决人|豁免于|责任人|起算于|过时于|违约时|静默自|as|at|by|if|of|on|to|上报|不得|不补|之前|之后|事件|交班|仅取|代理|保持|保留|假日|全部|公开|其中|列表|删除|到期|升级|发出|取值|取自|各列|各限|合并|否则|回避|团队|如果|定义|审批|导入|币种|应有|度量|引号|引用|持续|指标|提醒|政策|日历|时区|时限|更新|最后|期间|来源|样本|档案|模块|止于|此后|每隔|测试|版本|班次|直到|私有|窗口|类型|编码|职责|范式|补班|规则|角色|解除|警报|请批|责成|起于|轮值|过半|迟报|通知|逾期|配以|错过|阶段|隶属|须经|为|之|于|值|可|各|当|按|次|每|由|自|至|若|设|读|迟|逐|键|除)\k@!%(\s*[:：])@!/
syntax match remitAttribute /\v%(\k|\.|．)@1<!%(concerning|受益人|标的)\k@!%(\s*[:：])@!/
syntax match remitPower /\v%(\k|\.|．)@1<!%(acknowledge|reassign|transfer|withdraw|correct|return|pause|waive|swap|urge|催办|减签|加签|换班|撤回|暂停|更正|确认|移交|豁免|转办|退回)\k@!%(\s*[:：])@!/
syntax match remitUnit /\v%(\k|\.|．)@1<!%(milliseconds|millisecond|quarters|minutes|quarter|seconds|minute|months|second|hours|month|weeks|years|个工作小时|days|hour|week|year|个工作日|工作分钟|工作小时|工作毫秒|day|个季度|个小时|个星期|工作日|工作秒|个月|分钟|季度|小时|毫秒|周|天|年|月|秒)\k@!%(\s*[:：])@!/
syntax match remitWeekday /\v%(\k|\.|．)@1<!%(wednesdays|saturdays|thursdays|wednesday|saturday|thursday|tuesdays|fridays|mondays|sundays|tuesday|friday|monday|sunday|星期一|星期三|星期二|星期五|星期六|星期四|星期日|周一|周三|周二|周五|周六|周四|周日)\k@!%(\s*[:：])@!/
syntax match remitType /\v%(\k|\.|．)@1<!%(duration|decimal|instant|integer|percent|number|person|money|party|date|flag|text|time|时间点|百分比|id|主体|人员|整数|文本|日期|时刻|时长|是否|编号|金额|数)\k@!%(\s*[:：])@!/
syntax match remitHit /\v%(\k|\.|．)@1<!%(priority|collect|unique|first|收集合计|收集最大|收集最小|收集清单|收集计数|规则顺序|输出顺序|any|优先级|任意|优先|唯一|收集|首行)\k@!%(\s*[:：])@!/
syntax match remitState /\v%(\k|\.|．)@1<!%(unattainable|cancelled|fulfilled|withdrawn|breached|granted|refused|lapsed|paused|waived|open|无法达成|已取消|已失效|已完成|已批准|已拒绝|已撤回|已豁免|已违约|暂停中|进行中)\k@!%(\s*[:：])@!/
syntax match remitLevel /\v%(\k|\.|．)@1<!%(critical|cleared|warning|已解除|严重|预警)\k@!%(\s*[:：])@!/
syntax match remitAgg /\v%(\k|\.|．)@1<!%(percentile|distinct|average|count|去重计数|max|min|sum|百分位|合计|平均|最大|最小|计数)\k@!%(\s*[:：])@!/
syntax match remitFunction /\v%(\k|\.|．)@1<!%(worked|工作用时|abs|all|绝对值|全都)\k@!%(\s*[:：])@!/
syntax match remitComparison /\v%(\k|\.|．)@1<!%(结尾为)\k@!%(\s*[:：])@!/
syntax match remitRounding /\v%(\k|\.|．)@1<!%(ceiling|四舍六入五成双|floor|down|五舍六入|向上取整|向下取整|四舍五入|up|截尾|进位)\k@!%(\s*[:：])@!/
syntax match remitValue /\v%(\k|\.|．)@1<!%(present|absent|yes|it|no|已填|空缺|其|否|是)\k@!%(\s*[:：])@!/
syntax match remitOperator /\v%(\k|\.|．)@1<!%(contains|above|below|and|not|不低于|不高于|开头为|in|is|or|低于|包含|属于|高于|且|或|系|非)\k@!%(\s*[:：])@!/
syntax match remitKeyword /\v%(\k|\.|．)@1<!%(until\s+acknowledged|working\s+duration|without\s+header|identified\s+by|reassign\s+duty|reported\s+late|cancelled\s+by|escalated\s+to|fulfilled\s+by|running\s+move|running\s+stay|silent\s+while|while\s+closed|withdrawn\s+by|deputies\s+of|each\s+within|majority\s+of|paused\s+from|stale\s+after|after\s+done|arrives\s+at|before\s+due|due\s+within|grouped\s+by|only\s+where|quiet\s+from|refused\s+by|rounded\s+to|while\s+open|at\s+breach|deputy\s+of|from\s+json|points\s+of|waived\s+by|field\s+of|for\s+each|from\s+csv|index\s+by|must\s+not|point\s+of|list\s+of|owed\s+by|rows\s+at|with\s+id|来自\s+json|all\s+of|at\s+due|due\s+at|due\s+by|end\s+of|one\s+of|来自\s+csv)\k@!%(\s*[:：])@!/
syntax match remitAttribute /\v%(\k|\.|．)@1<!%(owed\s+to)\k@!%(\s*[:：])@!/
syntax match remitUnit /\v%(\k|\.|．)@1<!%(working\s+milliseconds|working\s+millisecond|working\s+minutes|working\s+seconds|working\s+minute|working\s+second|working\s+hours|working\s+days|working\s+hour|working\s+day)\k@!%(\s*[:：])@!/
syntax match remitHit /\v%(\k|\.|．)@1<!%(collect\s+count|collect\s+list|output\s+order|collect\s+max|collect\s+min|collect\s+sum|rule\s+order)\k@!%(\s*[:：])@!/
syntax match remitComparison /\v%(\k|\.|．)@1<!%(ends\s+with)\k@!%(\s*[:：])@!/
syntax match remitRounding /\v%(\k|\.|．)@1<!%(half\s+down|half\s+even|half\s+up)\k@!%(\s*[:：])@!/
syntax match remitOperator /\v%(\k|\.|．)@1<!%(starts\s+with|at\s+least|at\s+most)\k@!%(\s*[:：])@!/
syntax match remitKeyword /\v%(\k|\.|．)@1<!%(refused\s+by\s+majority|as\s+difference\s+from|as\s+change\s+from|as\s+multiple\s+of|header\s+on\s+line|refused\s+by\s+any|sorted\s+by\s+time|as\s+change\s+per|in\s+file\s+order)\k@!%(\s*[:：])@!/
syntax match remitPower /\v%(\k|\.|．)@1<!%(remove\s+signers\s+from|add\s+signers\s+to)\k@!%(\s*[:：])@!/
syntax match remitKeyword /\v%(\k|\.|．)@1<!%(accept\s+events\s+up\s+to|even\s+in\s+quiet\s+hours)\k@!%(\s*[:：])@!/
syntax match remitKeyword /\v%(\k|\.|．)@1<!%(sessions\s+with\s+a\s+gap\s+of)\k@!%(\s*[:：])@!/
syntax match remitKeyword /\v%(\k|\.|．)@1<!%(empty|无样本)\k@!/
syntax match remitProperty /\v%(\.|．)@1<=%(is_working_day|time_of_day|superior|is_open|members|weekday|source|actor|month|date|time|year|是工作日|day|营业中|行为人|id|上级|年份|成员|日期|时间|星期|月份|来源|编号|钟点|日)\k@!/
syntax match remitNumber /\v\k@1<![0-9０-９][0-9０-９_]*%([.．][0-9０-９]+)?%([%％]|\s*[A-Z]{3}\k@!)?/
syntax match remitNumber /\v\k@1<![0-9]{1,2}[:：][0-9]{2}%([:：][0-9]{2}%(\.[0-9]+)?)?/
syntax match remitNumber /\v\k@1<![0-9]{4}-[0-9]{2}-[0-9]{2}%(T[0-9:.]+%(Z|[+-][0-9]{1,2}:[0-9]{2}))?/
syntax match remitEscape /\\./ contained
syntax region remitString start=/"/ end=/"/ oneline contains=remitEscape
syntax region remitString start=/“/ end=/”/ oneline
syntax match remitComment /--.*$/ contains=@Spell

highlight default link remitKeyword Statement
highlight default link remitAttribute Statement
highlight default link remitPower Statement
highlight default link remitUnit Type
highlight default link remitWeekday Constant
highlight default link remitType Type
highlight default link remitHit Statement
highlight default link remitState Constant
highlight default link remitLevel Constant
highlight default link remitAgg Function
highlight default link remitFunction Function
highlight default link remitComparison Operator
highlight default link remitRounding Operator
highlight default link remitProperty Identifier
highlight default link remitValue Constant
highlight default link remitOperator Operator
highlight default link remitNumber Number
highlight default link remitString String
highlight default link remitEscape SpecialChar
highlight default link remitComment Comment
highlight default link remitLabel Identifier
let b:current_syntax = 'remit'
