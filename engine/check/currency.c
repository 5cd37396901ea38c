/* check: currencies by their codes, as of ISO 4217. */
#include "engine/check/check_int.h"

/* Every code in use in January 2026, and those withdrawn since 2020, in which old amounts are kept;
 * behind each how many decimals it has, `-` where it has no smaller unit. */
static const char CODES[] =
    "AED2 AFN2 ALL2 AMD2 ANG2 AOA2 ARS2 AUD2 AWG2 AZN2 BAM2 BBD2 BDT2 BGN2 BHD3 BIF0 BMD2 BND2 "
    "BOB2 BOV2 BRL2 BSD2 BTN2 BWP2 BYN2 BZD2 CAD2 CDF2 CHE2 CHF2 CHW2 CLF4 CLP0 CNY2 COP2 COU2 "
    "CRC2 CUC2 CUP2 CVE2 CZK2 DJF0 DKK2 DOP2 DZD2 EGP2 ERN2 ETB2 EUR2 FJD2 FKP2 GBP2 GEL2 GHS2 "
    "GIP2 GMD2 GNF0 GTQ2 GYD2 HKD2 HNL2 HRK2 HTG2 HUF2 IDR2 ILS2 INR2 IQD3 IRR2 ISK0 JMD2 JOD3 "
    "JPY0 KES2 KGS2 KHR2 KMF0 KPW2 KRW0 KWD3 KYD2 KZT2 LAK2 LBP2 LKR2 LRD2 LSL2 LYD3 MAD2 MDL2 "
    "MGA2 MKD2 MMK2 MNT2 MOP2 MRU2 MUR2 MVR2 MWK2 MXN2 MXV2 MYR2 MZN2 NAD2 NGN2 NIO2 NOK2 NPR2 "
    "NZD2 OMR3 PAB2 PEN2 PGK2 PHP2 PKR2 PLN2 PYG0 QAR2 RON2 RSD2 RUB2 RWF0 SAR2 SBD2 SCR2 SDG2 "
    "SEK2 SGD2 SHP2 SLE2 SLL2 SOS2 SRD2 SSP2 STN2 SVC2 SYP2 SZL2 THB2 TJS2 TMT2 TND3 TOP2 TRY2 "
    "TTD2 TWD2 TZS2 UAH2 UGX0 USD2 USN2 UYI0 UYU2 UYW4 UZS2 VED2 VEF2 VES2 VND0 VUV0 WST2 XAD2 "
    "XAF0 XAG- XAU- XBA- XBB- XBC- XBD- XCD2 XCG2 XDR- XOF0 XPD- XPF0 XPT- XSU- XTS- XUA- "
    "YER2 ZAR2 ZMW2 ZWG2 ZWL2 ";

/* What is written for them in everyday life. */
static const char *const SPOKEN[][2] = {
    {"RMB", "CNY"}, {"CNH", "CNY"}, {"NTD", "TWD"}, {"NTS", "TWD"}, {"YEN", "JPY"}, {"UKP", "GBP"},
    {"STG", "GBP"}, {"SFR", "CHF"}, {"USS", "USD"}, {"EUO", "EUR"}, {"WON", "KRW"}, {"BTH", "THB"}};

/* Its row of CODES, or NULL. */
static const char *row_of(Str code) {
    for (const char *row = CODES; *row != '\0'; row += 5)
        if (str_eq((Str){row, 3}, code))
            return row;
    return NULL;
}

static bool same_letters(Str a, Str b) {
    for (size_t i = 0; i < 3; i++) {
        size_t n = 0;
        for (size_t k = 0; k < 3; k++)
            n += (size_t)(a.p[k] == a.p[i]) - (size_t)(b.p[k] == a.p[i]);
        if (n != 0)
            return false;
    }
    return true;
}

/* The one that may be meant by a code that is none: by its everyday name, or its letters in another
 * order where no other has them. Empty: none. */
static Str code_meant(Str code) {
    Str meant = {NULL, 0};
    for (size_t i = 0; i < sizeof SPOKEN / sizeof *SPOKEN; i++)
        if (str_eq(str_of(SPOKEN[i][0]), code))
            return str_of(SPOKEN[i][1]);
    for (const char *row = CODES; *row != '\0'; row += 5) {
        if (!same_letters((Str){row, 3}, code))
            continue;
        if (meant.n > 0)
            return (Str){NULL, 0};
        meant = (Str){row, 3};
    }
    return meant;
}

void currency_known(Program *p, Span at, Str code) {
    if (row_of(code) != NULL)
        return;
    Str meant = code_meant(code);
    Str hint = meant.n == 0
                   ? say_both(p, "write the code of ISO 4217, as in CNY or EUR",
                              "请写 ISO 4217 的代码，如 CNY 或 EUR")
                   : say(p, "%.*s%.*s%.*s", STR_ARG(say_both(p, "did you mean ", "您是否想写 ")),
                         STR_ARG(meant), STR_ARG(say_both(p, "?", "？")));
    Diag *diag = diag_add2(p->diags, DIAG_CURRENCY_UNKNOWN, at, code, hint);
    if (meant.n > 0)
        diag_guess(diag, at, meant);
}

/* Whether an amount is written as 1.500 is where the point parts thousands. */
static bool in_thousands(Str number, ptrdiff_t point) {
    bool three = point > 0 && point <= 3 && number.n == (size_t)point + 4;
    return three && number.p[0] != '0' && str_find(number, '_') < 0;
}

void currency_decimals(Program *p, const Node *money) {
    Str number = money->text;
    ptrdiff_t point = str_find(number, '.');
    const char *row = row_of(money->more);
    int decimals = row == NULL ? 2 : row[3] == '-' ? 3 : row[3] - '0';
    if (decimals >= 3 || !in_thousands(number, point))
        return;
    Str whole = {number.p, (size_t)point}, rest = str_from(number, (size_t)point + 1);
    Str thousands = say(p, "%.*s_%.*s %.*s", STR_ARG(whole), STR_ARG(rest), STR_ARG(money->more));
    bool shorter = rest.p[2] == '0';
    Str exact = say(p, "%.*s.%.*s%s %.*s", STR_ARG(whole), shorter ? 2 : 3, rest.p,
                    shorter ? "" : "0", STR_ARG(money->more));
    diag_guess(diag_add3(p->diags, DIAG_LIKE_THOUSANDS, money->span,
                         source_text(p->sources, money->span), thousands, exact),
               money->span, thousands);
}
