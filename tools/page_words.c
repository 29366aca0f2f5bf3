/* tools/page_words.c: what pages say, in Chinese. */
#include "page.h"

#include <string.h>

static const char *const words[][2] = {
    /* The page */
    {"Customers", "客户日报"},
    {"as of", "截至"},
    {"There are no rows.", "没有数据。"},
    {"(none)", "（无）"},
    {"#1 more are in the file.", "文件中还有 #1 个。"},
    {"The picture is left out, as the page would pass 1 MB with it: till-plot #1 draws it.",
     "图片未放入，否则页面超过 1 MB：可用 till-plot #1 绘制。"},
    /* What was read */
    {"What was read", "读取的数据"},
    {"#5 read #1 rows: #2 were used, #3 left out, and #4 were bad.",
     "#5 读取 #1 行：使用 #2 行，筛除 #3 行，错误 #4 行。"},
    {"tool", "工具"},
    {"files", "文件"},
    {"rows read", "读取行数"},
    {"used", "使用"},
    {"left out", "筛除"},
    {"bad", "错误"},
    {"data until", "数据截止"},
    /* Segments */
    {"Segments and their money", "客户细分与金额"},
    {"#1 customers brought #2; “#3” has the most of it: #4 of the customers, #5 of the money.",
     "#1 位客户共消费 #2；“#3”贡献最多：占客户的 #4，占金额的 #5。"},
    {"#1 customers brought #2.", "#1 位客户共消费 #2。"},
    {"segment", "细分"},
    {"customers", "客户数"},
    {"% of customers", "客户占比"},
    {"money", "金额"},
    {"% of money", "金额占比"},
    {"money per customer", "人均金额"},
    /* Moves */
    {"Who moved", "客户流转"},
    {"#1 of #2 customers (#3) stayed where they were; #4 are new, and #5 are gone.",
     "#2 位客户中有 #1 位（#3）留在原组；新增 #4 位，离开 #5 位。"},
    {"No customer is in both files: #4 are new, and #5 are gone.", "两个文件没有共同的客户：新增 #4 位，离开 #5 位。"},
    {"from", "原组"},
    {"to", "新组"},
    {"(new)", "（新客户）"},
    {"(gone)", "（已离开）"},
    /* Tiers and concentration */
    {"Tiers", "客户分层"},
    {"The #2 customers of the tier “#1” (#3 of all) bring #4 of the value.",
     "“#1”层的 #2 位客户（占全部的 #3）贡献价值的 #4。"},
    {"tier", "层级"},
    {"% of value", "价值占比"},
    {"How concentrated the value is", "价值集中度"},
    {"The best 20% of customers bring #1 of the value; half of it comes from the best #2.",
     "最好的 20% 客户贡献 #1 的价值；一半价值来自最好的 #2。"},
    {"The curve does not tell shares: the value of some customers is negative, or there is none.",
     "曲线没有占比：部分客户的价值为负，或没有价值。"},
    /* Cohorts */
    {"Cohorts", "同期群"},
    {"The data are too short to see a cohort come back.", "数据时间太短，看不到回购。"},
    {"Of the customers of #1 cohorts, #2 bought in the period after their first.",
     "#1 个同期群的客户中，#2 在首购后的下一期再次购买。"},
    {"Of the customers of #1 cohorts, #2 bought in the period after their first, and #3 in the third after it.",
     "#1 个同期群的客户中，#2 在首购后的下一期再次购买，#3 在第三期购买。"},
    /* Clusters */
    {"Clusters", "聚类"},
    {"#1 clusters, well apart: the mean silhouette is #2. The largest holds #3 of the rows.",
     "#1 个类，分离清晰：平均轮廓系数 #2。最大的类占 #3。"},
    {"#1 clusters, reasonably apart: the mean silhouette is #2. The largest holds #3 of the rows.",
     "#1 个类，分离尚可：平均轮廓系数 #2。最大的类占 #3。"},
    {"#1 clusters that run into each other: the mean silhouette is #2. The largest holds #3 of the rows.",
     "#1 个类，彼此有重叠：平均轮廓系数 #2。最大的类占 #3。"},
    {"#1 clusters that are hardly apart: the mean silhouette is #2. The largest holds #3 of the rows.",
     "#1 个类，几乎没有分开：平均轮廓系数 #2。最大的类占 #3。"},
    {"#1 clusters; the largest holds #3 of the rows.", "#1 个类；最大的类占 #3。"},
    {"cluster", "类"},
    {"rows", "行数"},
    {"silhouette", "轮廓系数"},
    /* Rules */
    {"Rules worth acting on", "值得行动的关联规则"},
    {"None of #1 rules is worth acting on: none attracts beyond what chance explains.",
     "#1 条规则都不值得行动：没有一条超出偶然。"},
    {"#2 of #1 rules attract beyond what chance explains (false discovery rate 5%); the strongest: who buys “#3” buys "
     "“#4” #5 times as often as all.",
     "#1 条规则中有 #2 条超出偶然（错误发现率 5%）；最强的是：买“#3”的人买“#4”的频率是全体的 #5 倍。"},
    {"#2 of #1 rules attract; the strongest: who buys “#3” buys “#4” #5 times as often as all. The file has no "
     "q-values, so chance may explain some.",
     "#1 条规则中有 #2 条为正关联；最强的是：买“#3”的人买“#4”的频率是全体的 #5 倍。文件没有 q 值，部分可能出于偶然。"},
    {"who buys", "购买"},
    {"also buys", "还购买"},
    {"baskets", "购物篮数"},
    {"confidence", "置信度"},
    {"lift", "提升度"},
    {"q-value", "q 值"},
    /* Lifetime value */
    {"Lifetime value", "客户终身价值"},
    {"Of #1 customers about #2 are alive; #4 purchases are expected of them, worth #3 today. The best tenth has #5 of "
     "that.",
     "#1 位客户中约 #2 位仍活跃；预计购买 #4 次，现值 #3。最好的十分之一占 #5。"},
    {"Of #1 customers about #2 are alive; #4 purchases are expected of them.",
     "#1 位客户中约 #2 位仍活跃；预计购买 #4 次。"},
    {"customer", "客户"},
    {"P(alive)", "活跃概率"},
    {"expected purchases", "预计购买次数"},
    {"lifetime value", "终身价值"},
    {"Was the forecast right?", "预测准吗？"},
    {"The file has no total to hold the forecast against.", "文件没有总计，无法对照。"},
    {"Fitted on the past, the model said #1 purchases; #2 came: #3 too low.",
     "模型用过去的数据预测 #1 次购买，实际 #2 次：低估 #3。"},
    {"Fitted on the past, the model said #1 purchases; #2 came: #3 too high.",
     "模型用过去的数据预测 #1 次购买，实际 #2 次：高估 #3。"},
    /* Churn */
    {"Who is about to leave", "流失预警"},
    {"#2 of #1 customers will more likely leave than stay; in the riskiest tenth the mean probability is #3, in all "
     "#4.",
     "#1 位客户中有 #2 位流失的可能性过半；风险最高的十分之一平均概率 #3，全体 #4。"},
    {"probability", "概率"},
    {"reason", "原因"},
    {"second reason", "次要原因"},
    {"How good the model is", "模型质量"},
    {"The file has no AUC.", "文件没有 AUC。"},
    {"Of two customers, one who leaves and one who stays, the model tells which in #1 of cases (AUC).",
     "一位流失、一位留存的两位客户，模型有 #1 的把握分辨（AUC）。"},
    {"Of two customers, one who leaves and one who stays, the model tells which in #1 of cases (AUC); among the "
     "riskiest tenth #2 times as many leave as among all.",
     "一位流失、一位留存的两位客户，模型有 #1 的把握分辨（AUC）；风险最高的十分之一，流失率是全体的 #2 倍。"},
    {"metric", "指标"},
    {"value", "值"},
    /* Drift */
    {"Has the data shifted?", "数据漂移"},
    {"“#1” has shifted much (PSI #2): what was fitted on the old data does not hold for the new.",
     "“#1”漂移明显（PSI #2）：旧数据上拟合的结果不再适用。"},
    {"“#1” has shifted somewhat (PSI #2): keep an eye on it.", "“#1”有所漂移（PSI #2）：需要关注。"},
    {"Nothing has shifted: the largest PSI is #2, of “#1”.", "没有漂移：最大的 PSI 是 #2（“#1”）。"},
    {"feature", "特征"},
    {"PSI", "PSI"},
};

const char *page_word(const struct page *page, const char *english) {
    for (size_t i = 0; page->chinese && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], english) == 0)
            return words[i][1];
    return english;
}
