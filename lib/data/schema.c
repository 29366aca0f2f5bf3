/* Columns and roles by their headers.
 *
 * A header is first brought to a plain form: full-width letters become ASCII, letters become small, blanks, '_', '-'
 * and '.' go, and so does a bracket at the end ("金额(元)", "Amount [USD]"). The plain form is then looked up in lists
 * of synonyms, one for each role and rank. The best rank that any column reaches decides; two columns on it are an
 * error, because money or customers must never be taken from a column by luck. Nothing is matched by a part of a word:
 * "ship_date" is no date of purchase.
 *
 * The nearest name in an error is by edit distance over characters (Wagner & Fischer, "The string-to-string correction
 * problem", JACM 21, 1974) between plain forms. */
#include <string.h>

#include <till/date.h>
#include <till/schema.h>

/* Longer headers are not synonyms of anything, and no near miss either. */
#define PLAIN_CHARACTERS 64

/* ---- plain forms ---- */

/* The next character of UTF-8 text; a byte that is not UTF-8 stands for itself, beyond Unicode. */
static uint32_t next_character(struct till_slice text, size_t *at) {
    const unsigned char *bytes = (const unsigned char *)text.bytes + *at;
    size_t left = text.length - *at;
    size_t length = bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : bytes[0] >= 0xC2 ? 2 : 1;
    uint32_t character = length == 1 ? bytes[0] : bytes[0] & (0x7FU >> length);
    bool valid = length <= left && (length > 1 || bytes[0] < 0x80);
    for (size_t i = 1; valid && i < length; i++) {
        valid = (bytes[i] & 0xC0) == 0x80;
        character = character << 6 | (bytes[i] & 0x3FU);
    }
    *at += valid ? length : 1;
    return valid ? character : 0x110000U + bytes[0];
}

/* The plain form of one character; 0 for one that is left out. */
static uint32_t plain_character(uint32_t character) {
    if (character >= 0xFF01 && character <= 0xFF5E) /* full-width ASCII */
        character -= 0xFEE0;
    if (character <= ' ' || character == 0xA0 || character == 0x3000 || character == 0xFEFF)
        return 0;
    if (character == '_' || character == '-' || character == '.')
        return 0;
    return character >= 'A' && character <= 'Z' ? character + ('a' - 'A') : character;
}

struct plain {
    uint32_t characters[PLAIN_CHARACTERS];
    size_t length;
};

/* Takes a bracket off the end, unless nothing stands before it: units and remarks are not part of the name. */
static void drop_bracket(struct plain *plain) {
    uint32_t last = plain->length == 0 ? 0 : plain->characters[plain->length - 1];
    uint32_t opening = last == ')' ? '(' : last == ']' ? '[' : last == 0x3011 ? 0x3010 : 0;
    if (opening == 0)
        return;
    for (size_t i = plain->length - 1; i > 0; i--)
        if (plain->characters[i] == opening) {
            plain->length = i;
            return;
        }
}

/* False when the name is too long to be of interest. */
static bool make_plain(struct till_slice name, struct plain *plain) {
    plain->length = 0;
    for (size_t at = 0; at < name.length;) {
        uint32_t character = plain_character(next_character(name, &at));
        if (character == 0)
            continue;
        if (plain->length == PLAIN_CHARACTERS)
            return false;
        plain->characters[plain->length++] = character;
    }
    drop_bracket(plain);
    return true;
}

/* Is this the word? Words are in plain form already; most differ in their first character. */
static bool plain_is(const struct plain *plain, struct till_slice word) {
    size_t at = 0;
    for (size_t i = 0; i < plain->length; i++)
        if (at == word.length || next_character(word, &at) != plain->characters[i])
            return false;
    return at == word.length;
}

static size_t smallest(size_t a, size_t b, size_t c) {
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Insertions, deletions and replacements from one to the other. O(|a| |b|). */
static size_t edit_distance(const struct plain *a, const struct plain *b) {
    size_t row[PLAIN_CHARACTERS + 1];
    for (size_t j = 0; j <= b->length; j++)
        row[j] = j;
    for (size_t i = 0; i < a->length; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b->length; j++) {
            size_t replaced = diagonal + (a->characters[i] != b->characters[j]);
            diagonal = row[j + 1];
            row[j + 1] = smallest(replaced, row[j] + 1, diagonal + 1);
        }
    }
    return row[b->length];
}

/* How many edits are still a slip of the pen: about one character in three, never all of them. */
static size_t slip(const struct plain *name) {
    return name->length < 2 ? 0 : name->length < 6 ? 1 : name->length / 3;
}

/* ---- synonyms ---- */

/* By role and rank, in plain form, blank-separated. Rank 0 are ids and codes, rank 1 the plain words, rank 2 names and
 * descriptions, which are not sure to be unique. */
#define RANKS 3
/* clang-format off */
static const char *const synonyms[TILL_ROLES][RANKS] = {
    [TILL_ROLE_CUSTOMER] = {
        "customerid customerno customernumber customercode customerkey custid custno custnumber cumid clientid "
        "clientno clientnum clientnumber clientcode userid userno memberid memberno membernumber membercode "
        "membercardno buyerid shopperid householdid householdkey "
        "客户编号 客户编码 客户代码 客户号 客户id 会员卡号 会员号 会员编号 会员编码 会员id 会员卡 用户编号 用户id "
        "顾客编号 顾客号 顾客id 买家编号 买家id",
        "customer cust client user member buyer shopper household "
        "客户 会员 用户 顾客 买家 买家会员名 会员名",
        "customername clientname username membername buyername "
        "客户名称 客户名 客户姓名 会员名称 会员姓名 用户名 顾客姓名 买家姓名 买家昵称",
    },
    [TILL_ROLE_DATE] = {
        "date datetime timestamp orderdate orderdatetime ordertime ordertimestamp invoicedate invoicedatetime "
        "invoicetime transactiondate transactiondatetime transactiontime transactiontimestamp transdate "
        "purchasedate purchasedatetime purchasetime purchasetimestamp paymentdate paymenttime saledate salesdate "
        "saletime billdate receiptdate createdat "
        "日期 交易日期 交易时间 销售日期 销售时间 下单日期 下单时间 付款日期 付款时间 支付日期 支付时间 订单日期 "
        "订单时间 订单创建时间 订单付款时间 消费日期 消费时间 购买日期 购买时间 成交日期 成交时间 单据日期 "
        "开票日期 订购日期 日期时间",
        "time 时间",
        "",
    },
    [TILL_ROLE_AMOUNT] = {
        "amount total revenue sales salesvalue salesamount saleamount totalamount totalsales totalprice "
        "totalrevenue linetotal lineamount orderamount ordertotal ordervalue orderrevenue netamount netsales "
        "amountpaid paidamount paymentamount paymentvalue transactionamount transactionvalue purchaseamount "
        "purchasevalue dollarvalue spend spent turnover "
        "金额 总金额 总额 合计金额 销售额 销售金额 交易金额 交易额 订单金额 订单总额 消费金额 消费额 支付金额 "
        "付款金额 成交金额 成交额 购买金额 实付金额 实付款 实收金额 实际支付金额 买家实际支付金额 价税合计 总价",
        "",
        "",
    },
    [TILL_ROLE_ORDER] = {
        "orderid orderno ordernumber ordercode ordernum orderkey invoiceid invoiceno invoicenumber invoicecode "
        "invoicenum transactionid transactionno transactionnumber transactioncode transid transno basketid "
        "basketno receiptid receiptno receiptnumber ticketid ticketno ticketnumber billid billno billnumber "
        "订单号 订单编号 订单编码 订单id 主订单编号 小票号 小票编号 单据编号 单据号 单号 交易号 交易编号 "
        "交易流水号 交易id 流水号 发票号 发票号码 销售单号 购物篮编号",
        "order invoice transaction basket receipt ticket "
        "订单 单据 小票 发票 购物篮",
        "",
    },
    [TILL_ROLE_ITEM] = {
        "itemid itemno itemnumber itemcode productid productno productnumber productcode productkey sku skuid "
        "skucode skuno stockcode articleid articleno articlenumber articlecode goodsid goodscode goodsno "
        "商品编码 商品编号 商品代码 商品id 商品号 产品编码 产品编号 产品代码 产品id 货号 货品编码 货品编号 "
        "存货编码 物料编码 物料号",
        "item product article goods "
        "商品 产品 货品 存货",
        "itemname itemdescription productname productdescription articlename goodsname goodsdescription "
        "description "
        "商品名称 商品名 产品名称 产品名 品名 货品名称 存货名称 宝贝标题 宝贝名称",
    },
    [TILL_ROLE_QUANTITY] = {
        "quantity qty quantityordered orderquantity orderqty itemquantity salesquantity "
        "数量 销售数量 购买数量 订购数量 商品数量 销量 件数",
        "units",
        "",
    },
    [TILL_ROLE_PRICE] = {
        "unitprice priceperunit priceeach "
        "单价 销售单价 商品单价 含税单价 成交单价",
        "price itemprice productprice salesprice "
        "价格 售价 商品价格",
        "",
    },
};
/* clang-format on */

static const char *const role_names[TILL_ROLES] = {"customer", "date", "amount", "order", "item", "quantity", "price"};

const char *till_role_name(enum till_role role) {
    return role_names[role];
}

/* The next word of a list of synonyms; length 0 at its end. */
static struct till_slice next_word(const char **list) {
    const char *start = *list + strspn(*list, " ");
    size_t length = strcspn(start, " ");
    *list = start + length;
    return (struct till_slice){start, length};
}

/* The rank at which a plain name plays a role; RANKS when it does not. */
static int rank_of(enum till_role role, const struct plain *name) {
    for (int rank = 0; rank < RANKS; rank++) {
        const char *list = synonyms[role][rank];
        for (struct till_slice word = next_word(&list); word.length > 0; word = next_word(&list))
            if (plain_is(name, word))
                return rank;
    }
    return RANKS;
}

/* ---- errors ---- */

/* What a message says is made up here; it is cut where the error's text ends. */
struct message {
    char text[sizeof((struct till_error *)0)->message];
    size_t length;
};

static void say(struct message *message, const char *text) {
    size_t room = sizeof message->text - 1 - message->length;
    size_t length = strlen(text);
    length = length < room ? length : room;
    memcpy(message->text + message->length, text, length);
    message->length += length;
    message->text[message->length] = '\0';
}

static void say_count(struct message *message, size_t count) {
    char digits[24];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do
        digits[--at] = (char)('0' + count % 10);
    while ((count /= 10) > 0);
    say(message, digits + at);
}

static void say_name(struct message *message, struct till_slice name) {
    char quoted[TILL_QUOTED_SIZE];
    say(message, till_error_quote(quoted, name.bytes, name.length));
}

/* The columns, as many as there is room for, and how many more there are. */
static void say_columns(struct message *message, const struct till_schema *schema) {
    const size_t room_for_rest = 64;
    char quoted[TILL_QUOTED_SIZE];
    say(message, schema->count == 1 ? "; the only column is " : "; the columns are ");
    for (size_t i = 0; i < schema->count; i++) {
        till_error_quote(quoted, schema->names[i].bytes, schema->names[i].length);
        if (i > 0 && message->length + strlen(quoted) + room_for_rest > sizeof message->text) {
            say(message, " and ");
            say_count(message, schema->count - i);
            say(message, " more");
            return;
        }
        say(message, i > 0 ? ", " : "");
        say(message, quoted);
    }
}

static bool starts_with(struct till_slice name, const char *start) {
    return name.length >= strlen(start) && memcmp(name.bytes, start, strlen(start)) == 0;
}

static bool has_date(const struct till_schema *schema) {
    for (size_t i = 0; i < schema->count; i++)
        if (till_date_formats(schema->names[i].bytes, schema->names[i].length) != 0)
            return true;
    return false;
}

const char *till_schema_hint(const struct till_schema *schema) {
    struct till_slice first = schema->count > 0 ? schema->names[0] : (struct till_slice){"", 0};
    if (schema->count == 1 && memchr(first.bytes, ';', first.length) != NULL)
        return " (is the delimiter ';'? try --delimiter=';')";
    if (schema->count == 1 && memchr(first.bytes, '\t', first.length) != NULL)
        return " (is the delimiter a tab? try --delimiter=tab)";
    if (schema->count == 1 && memchr(first.bytes, '|', first.length) != NULL)
        return " (is the delimiter '|'? try --delimiter='|')";
    if (starts_with(first, "sep=") || starts_with(first, "#"))
        return " (is this line not the header? try --skip=1)";
    if (has_date(schema))
        return " (is this line data? try --no-headers)";
    return "";
}

static enum till_status fail(const struct till_schema *schema, struct till_error *error,
                             const struct message *message) {
    till_error_set(error, TILL_ERROR_DATA, "%s", message->text);
    till_error_at(error, schema->file, schema->line, 0, NULL);
    return TILL_ERROR_DATA;
}

/* ---- columns by name or number ---- */

/* The column nearest to a name that is not there, when it is near enough to be meant; *best is the distance to beat. */
static void look_nearer(const struct till_schema *schema, const struct plain *asked, size_t *best, size_t *nearest) {
    for (size_t i = 0; i < schema->count; i++) {
        struct plain name;
        if (!make_plain(schema->names[i], &name) || name.length == 0)
            continue;
        size_t longer = name.length > asked->length ? name.length : asked->length;
        if (longer - (name.length + asked->length - longer) >= *best)
            continue;
        size_t distance = edit_distance(asked, &name);
        if (distance < *best) {
            *best = distance;
            *nearest = i;
        }
    }
}

static void say_nearest(struct message *message, const struct till_schema *schema, size_t nearest) {
    if (nearest == TILL_NO_COLUMN)
        return;
    say(message, "; did you mean ");
    say_name(message, schema->names[nearest]);
    say(message, "?");
}

static enum till_status not_there(const struct till_schema *schema, struct till_slice name, struct till_error *error) {
    struct message message = {.length = 0};
    struct plain plain;
    size_t nearest = TILL_NO_COLUMN;
    if (make_plain(name, &plain)) {
        size_t best = slip(&plain) + 1;
        look_nearer(schema, &plain, &best, &nearest);
    }
    say(&message, "no column ");
    say_name(&message, name);
    say(&message, till_schema_hint(schema));
    say_nearest(&message, schema, nearest);
    say_columns(&message, schema);
    return fail(schema, error, &message);
}

static enum till_status twice(const struct till_schema *schema, size_t first, size_t second, struct till_error *error) {
    struct message message = {.length = 0};
    say(&message, "two columns are called ");
    say_name(&message, schema->names[first]);
    say(&message, ": columns ");
    say_count(&message, first + 1);
    say(&message, " and ");
    say_count(&message, second + 1);
    say(&message, " (choose one by its number)");
    return fail(schema, error, &message);
}

/* The 1-based number that a name is; 0 when it is none, or beyond all columns. */
static size_t number_of(struct till_slice name, size_t columns) {
    size_t number = 0;
    for (size_t i = 0; i < name.length; i++) {
        if (name.bytes[i] < '0' || name.bytes[i] > '9' || number > columns)
            return 0;
        number = number * 10 + (size_t)(name.bytes[i] - '0');
    }
    return number > columns ? 0 : number;
}

/* How often a name is there (0, 1, or 2 for more), and where; a number counts where no column has it as its name. */
static int find(const struct till_schema *schema, struct till_slice name, size_t *first, size_t *second) {
    int found = 0;
    for (size_t i = 0; i < schema->count && found < 2; i++)
        if (till_slice_equal(schema->names[i], name))
            *(found++ == 0 ? first : second) = i;
    size_t number = found == 0 ? number_of(name, schema->count) : 0;
    if (number > 0) {
        *first = number - 1;
        return 1;
    }
    return found;
}

static enum till_status column_of(const struct till_schema *schema, struct till_slice name, size_t *column,
                                  struct till_error *error) {
    size_t second = 0;
    switch (find(schema, name, column, &second)) {
    case 0:
        return not_there(schema, name, error);
    case 1:
        return TILL_OK;
    default:
        return twice(schema, *column, second, error);
    }
}

enum till_status till_schema_column(const struct till_schema *schema, const char *name, size_t *column,
                                    struct till_error *error) {
    return column_of(schema, till_slice_of(name), column, error);
}

/* ---- roles ---- */

static enum till_status ambiguous(const struct till_schema *schema, enum till_role role, size_t first, size_t second,
                                  struct till_error *error) {
    struct message message = {.length = 0};
    say(&message, "two columns could be the ");
    say(&message, role_names[role]);
    say(&message, ": ");
    say_name(&message, schema->names[first]);
    say(&message, " and ");
    say_name(&message, schema->names[second]);
    /* Two columns of one name cannot be told apart by it. */
    bool same = till_slice_equal(schema->names[first], schema->names[second]);
    say(&message, same ? " (choose one by its number" : " (choose one");
    if (role < TILL_ROLE_QUANTITY) {
        say(&message, " with --");
        say(&message, role_names[role]);
        say(&message, same ? "=N)" : "=COL)");
    } else {
        say(&message, " with --amount=QUANTITY*PRICE)");
    }
    return fail(schema, error, &message);
}

/* The column that a slip of the pen keeps from playing a role. Slips in short words would meet too much by chance. */
static size_t nearest_to_role(const struct till_schema *schema, enum till_role role) {
    size_t best = 3;
    size_t nearest = TILL_NO_COLUMN;
    for (int rank = 0; rank < RANKS; rank++) {
        const char *list = synonyms[role][rank];
        for (struct till_slice word = next_word(&list); word.length > 0; word = next_word(&list)) {
            struct plain synonym;
            if (make_plain(word, &synonym) && slip(&synonym) >= 2)
                look_nearer(schema, &synonym, &best, &nearest);
        }
    }
    return nearest;
}

static enum till_status no_role(const struct till_schema *schema, enum till_role role, struct till_error *error) {
    struct message message = {.length = 0};
    say(&message, "no column is known to be the ");
    say(&message, role_names[role]);
    say(&message, role < TILL_ROLE_QUANTITY ? " (name it with --" : " (give --amount=QUANTITY*PRICE");
    say(&message, role < TILL_ROLE_QUANTITY ? role_names[role] : "");
    say(&message, role < TILL_ROLE_QUANTITY ? "=COL)" : ")");
    say(&message, till_schema_hint(schema));
    say_nearest(&message, schema, nearest_to_role(schema, role));
    say_columns(&message, schema);
    return fail(schema, error, &message);
}

/* The best-ranked columns for a role: how many (0, 1, or 2 for more), and which. */
static int candidates(const struct till_schema *schema, enum till_role role, size_t *first, size_t *second) {
    int best = RANKS;
    int found = 0;
    for (size_t i = 0; i < schema->count; i++) {
        struct plain name;
        int rank = make_plain(schema->names[i], &name) ? rank_of(role, &name) : RANKS;
        if (rank == RANKS || rank > best)
            continue;
        found = rank < best ? 1 : found + 1;
        best = rank;
        if (found <= 2)
            *(found == 1 ? first : second) = i;
    }
    return found < 2 ? found : 2;
}

enum till_status till_schema_role(const struct till_schema *schema, enum till_role role, const char *asked,
                                  bool required, size_t *column, struct till_error *error) {
    enum till_status status = TILL_OK;
    size_t second = 0;
    if (asked != NULL) {
        status = till_schema_column(schema, asked, column, error);
    } else {
        int found = candidates(schema, role, column, &second);
        if (found == 0)
            *column = TILL_NO_COLUMN;
        if (found == 2)
            status = ambiguous(schema, role, *column, second, error);
        else if (found == 0 && required)
            status = no_role(schema, role, error);
    }
    if (status != TILL_OK)
        till_error_at(error, schema->file, schema->line, 0, role_names[role]);
    return status;
}

/* ---- lists ---- */

/* Marks a range "from-to" of names or numbers. Names may hold '-' themselves, so every cut is tried. */
static bool mark_range(const struct till_schema *schema, struct till_slice piece, bool *chosen) {
    for (size_t cut = 1; cut + 1 < piece.length; cut++) {
        size_t from = 0;
        size_t to = 0;
        size_t second;
        struct till_slice left = {piece.bytes, cut};
        struct till_slice right = {piece.bytes + cut + 1, piece.length - cut - 1};
        if (piece.bytes[cut] != '-' || find(schema, left, &from, &second) != 1 ||
            find(schema, right, &to, &second) != 1 || from > to)
            continue;
        for (size_t i = from; i <= to; i++)
            chosen[i] = true;
        return true;
    }
    return false;
}

/* Marks what a piece of a list names; false when it names nothing, or a name that is there twice. */
static bool mark(const struct till_schema *schema, struct till_slice piece, bool *chosen) {
    size_t column = 0;
    size_t second = 0;
    int found = find(schema, piece, &column, &second);
    if (found == 1)
        chosen[column] = true;
    return found == 1 || (found == 0 && mark_range(schema, piece, chosen));
}

static size_t piece_length(const char *list) {
    return strcspn(list, ",");
}

enum till_status till_schema_list(const struct till_schema *schema, const char *list, bool *chosen,
                                  struct till_error *error) {
    memset(chosen, 0, schema->count * sizeof *chosen);
    for (;;) {
        struct till_slice piece = {list, piece_length(list)};
        size_t first = piece.length;
        bool known = mark(schema, piece, chosen);
        /* A name may hold commas itself: what is not known by its first part is tried with the next one. */
        while (!known && list[piece.length] == ',') {
            piece.length += 1 + piece_length(list + piece.length + 1);
            known = mark(schema, piece, chosen);
        }
        if (!known) {
            size_t column;
            return column_of(schema, (struct till_slice){list, first}, &column, error);
        }
        list += piece.length;
        if (*list == '\0')
            return TILL_OK;
        list++;
    }
}
