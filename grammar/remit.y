/* The grammar: joined tokens -> tree. An action is one call to a tree builder (engine/syntax/build.h).
 * Run with -c: with table compression %fallback misparses silently. No precedence hides a conflict but
 * those of the operators, and the build fails on any. */
%name RemitParse
%token_prefix TK_
%token_type {Tok}
%default_type {Node *}
%extra_context {Builder *b}
%stack_size 0

%include {
#include "engine/syntax/build.h"
#include "engine/syntax/join.h"
#include "engine/base/check.h"
#include <string.h>
#define YYMALLOCARGTYPE size_t
#define YYREALLOC mem_realloc
#define YYFREE mem_free
}

/* The driver (engine/syntax/parse.c) reports before it lets the parser see a wrong token. */
%syntax_error { (void)TOKEN; (void)yymajor; }
%parse_failure { (void)b; }
%token BAD COLON SEMI.
/* BREAK has no text: the driver puts it before a mistake, so that what is whole before it is kept. */
%stack_overflow { build_nomem(b); }

%right ELSE.
%left IF.
%left OR.
%left AND.
%right NOT.
%nonassoc EQ NE LT LE GT GE ABOVE BELOW AT_LEAST AT_MOST IS IN STARTS_WITH COMPARISON CONTAINS.
%left ROUNDED_TO.
%left PLUS MINUS.
%left STAR SLASH OF.
%right NEGATE.

/* A keyword is a name where it can be no keyword. Keywords of several words are not here: the joiner splits
 * them (engine/syntax/join.c). */
%fallback ID POLICY VERSION ZONE CALENDAR CURRENCY USE ROLE TEAM UNDER EVENT TABLE DEFINE DUTY RULE TEST
  HOLIDAY WORKDAY WORKDAYS PUBLISHED ON AS WHERE EVERY AT LET KEY UNTIL SINCE BEFORE EACH AGAIN ESCALATE
  AFTER REMIND TO WHEN EMIT OBLIGE NOTIFY IT YES NO ABSENT AND OR NOT IS IN CONTAINS IF ELSE EXCEPT ATTRIBUTE STARTS LATER EXPECT BY REMINDED LATE TIMES LAST MISSED LATEST NONE
  NOTIFIED EMITTED REJECTED APPROVAL REQUIRES STAGE RESUBMIT OF EXCLUDING VOTES ASK KPI MEASURE
  OVER PER ABOVE BELOW SAMPLES EMPTY HOLD CLEAR ALERT FOR VALUE MAY OWNER POWER LEVEL AGG UNIT WEEKDAY
  TYPE HIT STATE NAMED_TYPE MODULE PATTERN PRIVATE PUBLIC WITH WHILE ENTITY SET DELETE GROUPED WITHIN ROTATION LAYER HANDOVER
  FEED SOURCE SEPARATOR QUOTE ENCODING DATES NUMBERS COLUMNS READS.

%start_symbol file
file ::= items.
file ::= EVALUATE expr(A). { build_evaluated(b, A); }
file ::= EVALUATE LET(K) ID(S) EQ expr(A). { build_evaluated(b, build_named(b, N_LET, K, S, build_no_token(), A, NULL, NULL, K)); }

%type items {NodeList}
items(L) ::= . { L = build_none(); }
items(L) ::= items(A) item(N). { L = build_item(b, A, N); }
items(L) ::= items(A) BREAK. { L = A; }

item(N) ::= error. { N = build_error(b); }

/* ---- the policy's header */
item(N) ::= POLICY(K) STRING(S) VERSION STRING(V) dated(T) LB settings(L) RB(R). { N = build_undated(b, build_policy(b, K, S, V, L, R), T); }
%type settings {NodeList}
settings(L) ::= . { L = build_none(); }
settings(L) ::= settings(A) setting(N). { L = build_list(b, A, N); }
setting(N) ::= ZONE(K) STRING(S). { N = build_leaf(b, N_SET_ZONE, K, S); }
setting(N) ::= CALENDAR(K) dotted(A). { N = build_1(b, N_SET_CALENDAR, K, A); }
setting(N) ::= CURRENCY(K) ID(S). { N = build_leaf(b, N_SET_CURRENCY, K, S); }
setting(N) ::= ACCEPT_LATE(K) DURATION(D) LATE. { N = build_1(b, N_SET_LATE, K, build_literal(b, LIT_DURATION, D)); }
setting(N) ::= quiet(A). { N = A; }
setting(N) ::= error. { N = build_error(b); }

/* ---- what a parameter of a pattern may stand for */
length(N) ::= DURATION(D). { N = build_literal(b, LIT_DURATION, D); }
length(N) ::= ID(S). { N = build_blank(b, LIT_DURATION, S); }
share(N) ::= PERCENT(P). { N = build_literal(b, LIT_PERCENT, P); }
share(N) ::= ID(S). { N = build_blank(b, LIT_PERCENT, S); }

/* ---- modules. Without braces a module is the whole file. */
item(N) ::= MODULE(K) dotted(A). { N = build_module(b, K, A, build_none(), build_no_token()); }
item(N) ::= MODULE(K) dotted(A) LB inner(L) RB(R). { N = build_module(b, K, A, L, R); }
item(N) ::= MODULE(K) dotted(A) period(T) LB inner(L) RB(R). { N = build_undated(b, build_module(b, K, A, L, R), T); }
item(N) ::= PATTERN(K) ID(S) label(X) lp holes(P) RP dated(T) LB inner(L) RB(R). { N = build_undated(b, build_named(b, N_PATTERN, K, S, X, P.first, NULL, L.first, R), T); }
item(N) ::= PRIVATE(K) item(A). { N = build_private(b, K, A); }
item(N) ::= PUBLIC item(A). { N = A; }
%type inner {NodeList}
inner(L) ::= . { L = build_none(); }
inner(L) ::= inner(A) item(N). { L = build_list(b, A, N); }
inner(L) ::= inner(A) BREAK. { L = A; }
item(N) ::= USE(K) dotted(A) dated(T). { N = build_undated(b, build_use(b, K, A, build_none(), build_no_token()), T); }
item(N) ::= USE(K) dotted(A) AS ID(S). { N = build_use(b, K, A, build_none(), S); }
item(N) ::= USE(K) dotted(A) WITH LB gives(L) RB AS ID(S). { N = build_use(b, K, A, L, S); N->flag = 1; }
item(N) ::= USE(K) dotted(A) WITH LB gives(L) RB(R). { N = build_use(b, K, A, L, R); N->more = build_no_token().text; N->flag = 1; }
%type gives {NodeList}
gives(L) ::= . { L = build_none(); }
gives(L) ::= gives(A) LABEL(S) exprs(V). { L = build_list(b, A, build_init(b, S, V.first)); }
gives(L) ::= gives(A) COMMALABEL(S) exprs(V). { L = build_list(b, A, build_init(b, S, V.first)); }
gives(L) ::= gives(A) error. { L = build_list(b, A, build_error(b)); }
/* What a pattern leaves open. */
%type holes {NodeList}
holes(L) ::= LABEL(S) hole(T) preset(D). { L = build_list(b, build_none(), build_hole(b, S, T, D)); }
holes(L) ::= holes(A) COMMALABEL(S) hole(T) preset(D). { L = build_list(b, A, build_hole(b, S, T, D)); }
hole(N) ::= EVENT(K). { N = build_op(b, N_HOLE, K, K, HOLE_EVENT); }
hole(N) ::= ROLE(K). { N = build_op(b, N_HOLE, K, K, HOLE_ROLE); }
hole(N) ::= TEAM(K). { N = build_op(b, N_HOLE, K, K, HOLE_TEAM); }
hole(N) ::= TABLE(K). { N = build_op(b, N_HOLE, K, K, HOLE_TABLE); }
hole(N) ::= ENTITY(K). { N = build_op(b, N_HOLE, K, K, HOLE_ENTITY); }
hole(N) ::= CALENDAR(K). { N = build_op(b, N_HOLE, K, K, HOLE_CALENDAR); }
hole(N) ::= DUTY(K). { N = build_op(b, N_HOLE, K, K, HOLE_DUTY); }
hole(N) ::= APPROVAL(K). { N = build_op(b, N_HOLE, K, K, HOLE_APPROVAL); }
hole(N) ::= KPI(K). { N = build_op(b, N_HOLE, K, K, HOLE_KPI); }
hole(N) ::= type(A). { N = build_hole_type(b, A); }
hole(N) ::= FIELD_OF(K) ID(S). { N = build_hole_field(b, NULL, K, S); }
hole(N) ::= type(A) FIELD_OF(K) ID(S). { N = build_hole_field(b, A, K, S); }

dotted(N) ::= ID(S). { N = build_leaf(b, N_NAME, S, S); }
dotted(N) ::= dotted(A) DOT ID(S). { N = build_dotted(b, A, S); }
/* An event; of what the engine says: of which declarations. */
heard(N) ::= dotted(A). { N = A; }
heard(N) ::= dotted(A) OF subjects(L). { N = build_heard(b, A, L, HEARD_OF); }
heard(N) ::= dotted(A) EXCEPT subjects(L). { N = build_heard(b, A, L, HEARD_EXCEPT); }

%type label {Tok}
label(L) ::= . { L = build_no_token(); }
label(L) ::= STRING(S). { L = S; }

/* ---- the organisation */
item(N) ::= role(A). { N = A; }
role(N) ::= ROLE(K) ID(S) label(L) under(U) dated(D). { N = build_dated(build_named(b, N_ROLE, K, S, L, U, NULL, NULL, K), D); }
under(N) ::= . { N = NULL; }
under(N) ::= UNDER dotted(A). { N = A; }
item(N) ::= TEAM(K) ID(S) label(L) under(U) dated(D). { N = build_dated(build_named(b, N_TEAM, K, S, L, U, NULL, NULL, K), D); }
item(N) ::= TEAM(K) ID(S) label(L) under(U) dated(D) LB roles(A) RB(R). { N = build_dated(build_named(b, N_TEAM, K, S, L, U, A.first, NULL, R), D); }
%type roles {NodeList}
roles(L) ::= . { L = build_none(); }
roles(L) ::= roles(A) role(N). { L = build_list(b, A, N); }
roles(L) ::= roles(A) VOTES(K) ID(S). { L = build_list(b, A, build_leaf(b, N_VOTES, K, S)); }
roles(L) ::= roles(A) local(N). { L = build_list(b, A, N); }
roles(L) ::= roles(A) error. { L = A; }

/* ---- who is on call when */
item(N) ::= ROTATION(K) ID(S) label(L) under(U) onduty(H) LB turns(A) RB(R). { N = build_named(b, N_ROTATION, K, S, L, U, A.first, H, R); }
item(N) ::= ROTATION(K) ID(S) label(L) under(U) period(T) LB turns(A) RB(R). { N = build_undated(b, build_named(b, N_ROTATION, K, S, L, U, A.first, NULL, R), T); }
onduty(N) ::= . { N = NULL; }
onduty(N) ::= FROM(K) TIME(A) TO TIME(B). { N = build_hours_of(b, K, HOURS_OF_DAY, A, B); }
onduty(N) ::= WHILE_OPEN(K). { N = build_hours_of(b, K, HOURS_OPEN, build_no_token(), build_no_token()); }
onduty(N) ::= WHILE_CLOSED(K). { N = build_hours_of(b, K, HOURS_CLOSED, build_no_token(), build_no_token()); }
%type turns {NodeList}
turns(L) ::= . { L = build_none(); }
turns(L) ::= turns(A) turn(N). { L = build_list(b, A, N); }
turns(L) ::= turns(A) BREAK. { L = A; }
turn(N) ::= error. { N = build_error(b); }
turn(N) ::= local(A). { N = A; }
turn(N) ::= HANDOVER(K) every(A). { N = build_handover(b, K, A, NULL); }
turn(N) ::= HANDOVER(K) every(A) FROM DATE(D). { N = build_handover(b, K, A, build_literal(b, LIT_DATE, D)); }
turn(N) ::= OF(K) seats(A). { N = build_wrap(b, N_PLACES, K, A); }
turn(N) ::= LAYER(K) ID(S) label(L) onduty(H) LB turns(A) RB(R). { N = build_named(b, N_LAYER, K, S, L, NULL, A.first, H, R); }

/* ---- powers. GRANT has no text: the joiner puts it before the names that `may` follows, so that a misspelt
 * keyword is not taken for one of them. */
item(N) ::= GRANT seats(S) MAY(K) verbs(V) subjects(L) span(D) dated(T). { N = build_dated(build_grant(b, K, S, V, L, D), T); }
%type subjects {NodeList}
subjects(L) ::= dotted(A). { L = build_list(b, build_none(), build_param(b, build_name(A), NULL)); }
subjects(L) ::= subjects(X) COMMA dotted(A). { L = build_list(b, X, build_param(b, build_name(A), NULL)); }
%type verbs {NodeList}
verbs(L) ::= POWER(V). { L = build_list(b, build_none(), build_power(b, V)); }
verbs(L) ::= verbs(A) COMMA POWER(V). { L = build_list(b, A, build_power(b, V)); }
span(N) ::= . { N = NULL; }
span(N) ::= FOR DURATION(D). { N = build_literal(b, LIT_DURATION, D); }

/* Who acts for whom in a seat while its holder is away. */
item(N) ::= DEPUTY_OF(K) seats(A) IS seats(D) dated(T). { N = build_dated(build_deputy(b, K, A, D), T); }

/* ---- who owes from a date on in another's place */
item(N) ::= REASSIGN_DUTY(K) names(L) FROM seat(A) TO seat(B) FROM DATE(D) running(R). { N = build_reassign(b, K, L, A, B, D, R); }
%type running {Tok}
running(R) ::= RUNNING_STAY. { R = build_no_token(); }
running(R) ::= RUNNING_MOVE(K). { R = K; }

/* ---- events */
item(N) ::= EVENT(K) dotted(S) label(L) mode(M) dated(T) LB fields(A) RB(R). { N = build_undated(b, build_event(b, K, S, L, M, A, R), T); }
%type mode {Tok}
mode(M) ::= . { M = build_no_token(); }
mode(M) ::= STATE(S). { M = S; }
%type fields {NodeList}
fields(L) ::= . { L = build_none(); }
fields(L) ::= fields(A) LABEL(S) type(T) preset(D). { L = build_list(b, A, build_field(b, S, T, D)); }
fields(L) ::= fields(A) COMMALABEL(S) type(T) preset(D). { L = build_list(b, A, build_field(b, S, T, D)); }
fields(L) ::= fields(A) error. { L = build_list(b, A, build_error(b)); }
preset(N) ::= . { N = NULL; }
preset(N) ::= EQ value(A). { N = A; }
preset(N) ::= EQ LBRACK(S) args(A) RBRACK(R). { N = build_list_of(b, S, A, R); }

type(N) ::= plain(A). { N = A; }
type(N) ::= plain(A) QUESTION(Q). { N = build_after(b, N_TYPE_OPTIONAL, A, Q); }
plain(N) ::= TYPE(S). { N = build_type(b, S, build_no_token(), NULL, NULL); }
plain(N) ::= dotted(A). { N = A; A->kind = N_TYPE_OF; }
plain(N) ::= TYPE(S) CURRENCY_CODE(C). { N = build_type(b, S, C, NULL, NULL); }
plain(N) ::= TYPE(S) end(A) DOTDOT end(B). { N = build_type(b, S, build_no_token(), A, B); }
plain(N) ::= TYPE(S) end(A) DOTDOT(D). { N = build_type_from(b, S, A, D); }
plain(N) ::= TYPE(S) IN UNIT(U). { N = build_type_in(b, S, U); }
plain(N) ::= WORKING_DURATION(S). { N = build_leaf(b, N_TYPE_WORKING, S, S); }
plain(N) ::= ONE_OF(K) members(A). { N = build_wrap(b, N_TYPE_ENUM, K, A); }
plain(N) ::= LIST_OF(K) plain(A). { N = build_1(b, N_TYPE_LIST, K, A); }
/* The ends of a range are literals: with a name there, it could not be told where a declared type ends. */
end(N) ::= NUMBER(S). { N = build_literal(b, LIT_NUMBER, S); }
end(N) ::= PERCENT(S). { N = build_literal(b, LIT_PERCENT, S); }
end(N) ::= MONEY(S). { N = build_literal(b, LIT_MONEY, S); }
end(N) ::= DURATION(S). { N = build_literal(b, LIT_DURATION, S); }
end(N) ::= TIME(S). { N = build_literal(b, LIT_TIME, S); }
end(N) ::= moment(A). { N = A; }
end(N) ::= MINUS(O) NUMBER(S). { N = build_negative(b, O, LIT_NUMBER, S); }
end(N) ::= MINUS(O) MONEY(S). { N = build_negative(b, O, LIT_MONEY, S); }
end(N) ::= MINUS(O) PERCENT(S). { N = build_negative(b, O, LIT_PERCENT, S); }
%type members {NodeList}
members(L) ::= member(N). { L = build_list(b, build_none(), N); }
members(L) ::= members(A) COMMA member(N). { L = build_list(b, A, N); }
member(N) ::= ID(S) label(L). { N = build_named(b, N_MEMBER, S, S, L, NULL, NULL, NULL, S); }

/* ---- feeds: what becomes of the rows of an export. Where an event comes from a row is said as in a test. */
item(N) ::= FEED(K) ID(S) label(L) FROM_CSV LB feeding(A) RB(R). { N = build_feed(b, K, S, L, FEED_OF_CSV, A, R); }
item(N) ::= FEED(K) ID(S) label(L) FROM_JSON LB feeding(A) RB(R). { N = build_feed(b, K, S, L, FEED_OF_JSON, A, R); }
%type feeding {NodeList}
feeding(L) ::= . { L = build_none(); }
feeding(L) ::= feeding(A) feedpart(N). { L = build_list(b, A, N); }
feeding(L) ::= feeding(A) BREAK. { L = A; }
feedpart(N) ::= error. { N = build_error(b); }
feedpart(N) ::= ZONE(K) STRING(S). { N = build_leaf(b, N_SET_ZONE, K, S); }
feedpart(N) ::= SOURCE(K) value(A). { N = build_said(b, K, SAID_SOURCE, build_list(b, build_none(), A)); }
feedpart(N) ::= SEPARATOR(K) STRING(S). { N = build_said(b, K, SAID_SEPARATOR, build_texts(b, build_none(), S)); }
feedpart(N) ::= QUOTE(K) STRING(S). { N = build_said(b, K, SAID_QUOTE, build_texts(b, build_none(), S)); }
feedpart(N) ::= ENCODING(K) STRING(S). { N = build_said(b, K, SAID_ENCODING, build_texts(b, build_none(), S)); }
feedpart(N) ::= HEADER_ON_LINE(K) NUMBER(S). { N = build_said(b, K, SAID_HEADER, build_texts(b, build_none(), S)); }
feedpart(N) ::= WITHOUT_HEADER(K). { N = build_said(b, K, SAID_NO_HEADER, build_none()); }
feedpart(N) ::= ROWS_AT(K) STRING(S). { N = build_said(b, K, SAID_ROWS, build_texts(b, build_none(), S)); }
feedpart(N) ::= forms(A). { N = A; }
feedpart(N) ::= SORTED_BY_TIME(K). { N = build_said(b, K, SAID_SORTED, build_none()); }
feedpart(N) ::= IN_FILE_ORDER(K). { N = build_said(b, K, SAID_UNSORTED, build_none()); }
feedpart(N) ::= IDENTIFIED_BY(K) exprs(A). { N = build_said(b, K, SAID_IDENTITY, A); }
feedpart(N) ::= ONLY_WHERE(K) expr(A). { N = build_said(b, K, SAID_ONLY, build_list(b, build_none(), A)); }
feedpart(N) ::= LET(K) ID(S) EQ expr(A). { N = build_named(b, N_LET, K, S, build_no_token(), A, NULL, NULL, K); }
feedpart(N) ::= COLUMNS(K) LB fedfields(A) RB(R). { N = build_columns(b, K, A, R); }
feedpart(N) ::= AT(K) expr(T) dotted(E) LB inits(A) RB(R) fedopts(O) where(W). { N = build_fed(b, K, T, E, A, R, O, W); }
%type fedopts {NodeList}
fedopts(L) ::= . { L = build_none(); }
fedopts(L) ::= fedopts(A) BY(K) value(V). { L = build_list(b, A, build_opt(b, K, OPT_BY, V)); }
fedopts(L) ::= fedopts(A) WITH_ID(K) values(V). { L = build_list(b, A, build_opts(b, K, OPT_ID, V)); }
forms(N) ::= DATES(K) texts(A). { N = build_said(b, K, SAID_DATES, A); }
forms(N) ::= NUMBERS(K) STRING(S). { N = build_said(b, K, SAID_NUMBERS, build_texts(b, build_none(), S)); }
%type texts {NodeList}
texts(L) ::= STRING(S). { L = build_texts(b, build_none(), S); }
texts(L) ::= texts(A) COMMA STRING(S). { L = build_texts(b, A, S); }
%type joined {NodeList}
joined(L) ::= STRING(S). { L = build_texts(b, build_none(), S); }
joined(L) ::= joined(A) PLUS STRING(S). { L = build_texts(b, A, S); }
/* What a file has in each row. */
%type fedfields {NodeList}
fedfields(L) ::= . { L = build_none(); }
fedfields(L) ::= fedfields(A) LABEL(S) type(T) preset(D) ways(W). { L = build_list(b, A, build_fedfield(b, S, T, D, W)); }
fedfields(L) ::= fedfields(A) COMMALABEL(S) type(T) preset(D) ways(W). { L = build_list(b, A, build_fedfield(b, S, T, D, W)); }
fedfields(L) ::= fedfields(A) error. { L = build_list(b, A, build_error(b)); }
%type ways {NodeList}
ways(L) ::= . { L = build_none(); }
ways(L) ::= ways(A) FROM(K) joined(T). { L = build_list(b, A, build_said(b, K, SAID_FROM, T)); }
ways(L) ::= ways(A) forms(N). { L = build_list(b, A, N); }
ways(L) ::= ways(A) READS readings(R). { L = build_append(A, R); }
%type readings {NodeList}
readings(L) ::= reading(N). { L = build_list(b, build_none(), N); }
readings(L) ::= readings(A) COMMA reading(N). { L = build_list(b, A, N); }
reading(N) ::= STRING(S) AS value(V). { N = build_reading(b, S, V); }
reading(N) ::= STRING(S) AS ABSENT. { N = build_reading(b, S, NULL); }

/* ---- types with a name */
item(N) ::= NAMED_TYPE(K) ID(S) label(L) dated(D) EQ plain(T). { N = build_undated(b, build_named_type(b, K, S, L, T), D); }

/* A record has fields, as an event has. */
item(N) ::= NAMED_TYPE(K) ID(S) label(L) dated(D) LB fields(A) RB(R). { N = build_undated(b, build_named_type(b, K, S, L, build_record_type(b, S, A, R)), D); }

/* ---- entities */
item(N) ::= ENTITY(K) ID(S) label(L) dated(T) LB held(A) RB(R). { N = build_undated(b, build_named(b, N_ENTITY, K, S, L, A.first, NULL, NULL, R), T); }
%type held {NodeList}
held(L) ::= . { L = build_none(); }
held(L) ::= held(A) LABEL(S) type(T) preset(D). { L = build_list(b, A, build_field(b, S, T, D)); }
held(L) ::= held(A) COMMALABEL(S) type(T) preset(D). { L = build_list(b, A, build_field(b, S, T, D)); }
held(L) ::= held(A) KEY LABEL(S) type(T) preset(D). { L = build_list(b, A, build_key_field(b, S, T, D)); }
held(L) ::= held(A) INDEX_BY(K) ID(S). { L = build_list(b, A, build_leaf(b, N_INDEX, K, S)); }
held(L) ::= held(A) error. { L = build_list(b, A, build_error(b)); }

/* ---- decision tables */
/* A function is a table whose one row takes all. */
item(N) ::= DEFINE(K) ID(S) lp params(P) RP dated(D) ARROW type(T) EQ(R) expr(A). { N = build_dated(build_define(b, K, S, P, T, R, A), D); }
item(N) ::= TABLE(K) ID(S) lp params(P) RP columns(C) HIT(H) dated(D) ARROW params(O) LB rows(A) RB(R). { N = build_dated(build_table(b, K, S, P, C, H, O, A, R), D); }
item(N) ::= TABLE(K) ID(S) lp params(P) RP columns(C) HIT(H) dated(D) ARROW params(O) FROM STRING(F). { N = build_dated(build_table_from(b, K, S, P, C, H, O, F), D); }
item(N) ::= TABLE(K) ID(S) HIT(H) FROM STRING(F). { N = build_table_from(b, K, S, build_none(), build_none(), H, build_none(), F); }
item(N) ::= TABLE(K) ID(S) HIT(H) period(D) FROM STRING(F). { N = build_dated(build_table_from(b, K, S, build_none(), build_none(), H, build_none(), F), D); }
item(N) ::= TABLE(K) ID(S) FROM STRING(F). { N = build_table_from(b, K, S, build_none(), build_none(), build_no_token(), build_none(), F); }
item(N) ::= TABLE(K) ID(S) period(D) FROM STRING(F). { N = build_dated(build_table_from(b, K, S, build_none(), build_none(), build_no_token(), build_none(), F), D); }
%type columns {NodeList}
columns(L) ::= . { L = build_none(); }
columns(L) ::= BY columned(A). { L = A; }
%type columned {NodeList}
columned(L) ::= column(N). { L = build_list(b, build_none(), N); }
columned(L) ::= columned(A) COMMA column(N). { L = build_list(b, A, N); }
column(N) ::= ID(S). { N = build_column(b, S, NULL); }
column(N) ::= ID(S) EQ expr(A). { N = build_column(b, S, A); }
lp ::= LP.
lp ::= CALLP.
%type params {NodeList}
params(L) ::= names(A). { L = A; }
params(L) ::= typed(A). { L = A; }
%type names {NodeList}
names(L) ::= ID(S). { L = build_list(b, build_none(), build_param(b, S, NULL)); }
names(L) ::= names(A) COMMA ID(S). { L = build_list(b, A, build_param(b, S, NULL)); }
%type typed {NodeList}
typed(L) ::= LABEL(S) type(T). { L = build_list(b, build_none(), build_param(b, S, T)); }
typed(L) ::= names(A) COMMALABEL(S) type(T). { L = build_list(b, A, build_param(b, S, T)); }
typed(L) ::= typed(A) COMMALABEL(S) type(T). { L = build_list(b, A, build_param(b, S, T)); }
%type rows {NodeList}
rows(L) ::= . { L = build_none(); }
rows(L) ::= rows(A) row(N). { L = build_list(b, A, N); }
rows(L) ::= rows(A) error. { L = build_list(b, A, build_error(b)); }
row(N) ::= cells(A) FAT(F) outputs(O). { N = build_row(b, F, A, O); }
%type cells {NodeList}
cells(L) ::= cell(N). { L = build_list(b, build_none(), N); }
cells(L) ::= cells(A) BAR cell(N). { L = build_list(b, A, N); }
cell(N) ::= MINUS(S). { N = build_leaf(b, N_CELL_ANY, S, S); }
cell(N) ::= tests(L). { N = build_group(b, N_CELL_TESTS, L); }
%type tests {NodeList}
tests(L) ::= cond(N). { L = build_list(b, build_none(), N); }
tests(L) ::= tests(A) COMMA cond(N). { L = build_list(b, A, N); }
cond(N) ::= value(A). { N = build_over(b, N_TEST_IS, A); }
cond(N) ::= EQ(S) value(A). { N = build_test(b, S, A); }
cond(N) ::= NE(S) value(A). { N = build_test(b, S, A); }
cond(N) ::= LT(S) value(A). { N = build_test(b, S, A); }
cond(N) ::= LE(S) value(A). { N = build_test(b, S, A); }
cond(N) ::= GT(S) value(A). { N = build_test(b, S, A); }
cond(N) ::= GE(S) value(A). { N = build_test(b, S, A); }
cond(N) ::= value(A) DOTDOT value(B). { N = build_range(b, A, B, 0); }
cond(N) ::= LBRACK value(A) DOTDOT value(B) RBRACK. { N = build_range(b, A, B, 0); }
cond(N) ::= LBRACK value(A) DOTDOT value(B) RP. { N = build_range(b, A, B, CELL_OPEN_TO); }
cond(N) ::= LP value(A) DOTDOT value(B) RBRACK. { N = build_range(b, A, B, CELL_OPEN_FROM); }
cond(N) ::= LP value(A) DOTDOT value(B) RP. { N = build_range(b, A, B, CELL_OPEN_FROM | CELL_OPEN_TO); }
cond(N) ::= NOT(K) cond(A). { N = build_1(b, N_TEST_NOT, K, A); }
cond(N) ::= NOT(K) LP cond(A) COMMA tests(L) RP(R). { N = build_none_of(b, K, A, L, R); }
cond(N) ::= STARTS_WITH(K) value(A). { N = build_1(b, N_TEST_STARTS, K, A); }
cond(N) ::= CONTAINS(K) value(A). { N = build_1(b, N_TEST_CONTAINS, K, A); }
cond(N) ::= ABSENT(K). { N = build_leaf(b, N_TEST_ABSENT, K, K); }
%type outputs {NodeList}
outputs(L) ::= output(N). { L = build_list(b, build_none(), N); }
outputs(L) ::= outputs(A) COMMA output(N). { L = build_list(b, A, N); }
output(N) ::= value(A). { N = A; }
output(N) ::= LBRACK(S) args(A) RBRACK(R). { N = build_list_of(b, S, A, R); }

/* ---- duties */
item(N) ::= DUTY(K) ID(S) label(L) given(P) trigger(T) dated(D) LB clauses(A) RB(R). { N = build_dated(build_named(b, N_DUTY, K, S, L, P.first, T, A.first, R), D); }
item(N) ::= RULE(K) ID(S) label(L) trigger(T) dated(D) LB clauses(A) RB(R). { N = build_dated(build_named(b, N_RULE, K, S, L, NULL, T, A.first, R), D); }
%type given {NodeList}
given(L) ::= . { L = build_none(); }
given(L) ::= lp params(A) RP. { L = A; }
item(N) ::= APPROVAL(K) ID(S) label(L) given(P) trigger(T) dated(D) LB clauses(A) RB(R). { N = build_dated(build_named(b, N_APPROVAL, K, S, L, P.first, T, A.first, R), D); }
trigger(N) ::= . { N = NULL; }
trigger(N) ::= ON(K) heard(E) alias(X) where(W). { N = build_on(b, K, E, X, W); }
trigger(N) ::= standing(A). { N = A; }
trigger(N) ::= standing(S) FOR_EACH(K) ID(I) IN expr(A) where(W). { N = build_every_each(b, S, K, I, A, W); }
standing(N) ::= every(A). { N = A; }
every(N) ::= EVERY(K) days(A) AT ID(T). { N = build_open(b, build_every(b, K, EVERY_WEEKDAY, A.first, build_no_token(), T), LIT_TIME, T); }
every(N) ::= EVERY(K) UNIT(U) AT ID(T). { N = build_open(b, build_every(b, K, EVERY_DAY, NULL, U, T), LIT_TIME, T); }
standing(N) ::= every(A) MISSED EACH. { N = build_missed(A, MISSED_EACH); }
standing(N) ::= every(A) MISSED LATEST. { N = build_missed(A, MISSED_LATEST); }
standing(N) ::= every(A) MISSED NONE. { N = build_missed(A, MISSED_NONE); }
every(N) ::= EVERY(K) days(A) AT times(T). { N = build_times(b, build_every(b, K, EVERY_WEEKDAY, A.first, build_no_token(), build_no_token()), T); }
every(N) ::= EVERY(K) UNIT(U) AT times(T). { N = build_times(b, build_every(b, K, EVERY_DAY, NULL, U, build_no_token()), T); }
every(N) ::= EVERY(K) UNIT(U) ON monthday(A) AT times(T). { N = build_times(b, build_every(b, K, EVERY_MONTH, A, U, build_no_token()), T); }
every(N) ::= EVERY(K) LAST(L) WEEKDAY(W) AT times(T). { N = build_times(b, build_every(b, K, EVERY_MONTH, build_monthday(b, L, W, 1, build_no_token()), build_no_token(), build_no_token()), T); }
every(N) ::= EVERY(K) DURATION(D) start(A) AT times(T). { N = build_times(b, build_every_span(b, K, D, A), T); }
/* Within the day, each day. */
every(N) ::= EVERY(K) DURATION(D) FROM TIME(A) TO TIME(Z). { N = build_every_steps(b, K, D, A, Z); }
/* What is written so elsewhere: what it is here is told where schedules are read. */
every(N) ::= EVERY(K) UNIT(U) WEEKDAY(W) AT times(T). { N = build_times(b, build_every_wrong(b, K, U, W), T); }
every(N) ::= EVERY(K) ID(W) AT times(T). { N = build_times(b, build_every_wrong(b, K, W, W), T); }
%type times {NodeList}
times(L) ::= TIME(T). { L = build_list(b, build_none(), build_literal(b, LIT_TIME, T)); }
times(L) ::= times(A) AND TIME(T). { L = build_list(b, A, build_literal(b, LIT_TIME, T)); }
times(L) ::= times(A) COMMA TIME(T). { L = build_list(b, A, build_literal(b, LIT_TIME, T)); }
monthday(N) ::= UNIT(U) NUMBER(C). { N = build_monthday(b, U, U, 0, C); }
monthday(N) ::= WEEKDAY(W) NUMBER(C). { N = build_monthday(b, W, W, 1, C); }
monthday(N) ::= LAST(L) UNIT(U). { N = build_monthday(b, L, U, 0, build_no_token()); }
monthday(N) ::= LAST(L) WEEKDAY(W). { N = build_monthday(b, L, W, 1, build_no_token()); }
start(N) ::= . { N = NULL; }
start(N) ::= FROM DATE(D). { N = build_literal(b, LIT_DATE, D); }
dated(N) ::= . { N = NULL; }
dated(N) ::= period(A). { N = A; }
period(N) ::= FROM(K) DATE(F). { N = build_dates_of(b, K, F, build_no_token()); }
period(N) ::= UNTIL(K) DATE(T). { N = build_dates_of(b, K, build_no_token(), T); }
period(N) ::= FROM(K) DATE(F) UNTIL DATE(T). { N = build_dates_of(b, K, F, T); }
%type alias {Tok}
alias(X) ::= . { X = build_no_token(); }
alias(X) ::= AS ID(S). { X = S; }
where(N) ::= . { N = NULL; }
where(N) ::= WHERE expr(A). { N = A; }

%type clauses {NodeList}
clauses(L) ::= . { L = build_none(); }
clauses(L) ::= clauses(A) clause(N). { L = build_list(b, A, N); }
clauses(L) ::= clauses(A) action(N). { L = build_list(b, A, N); }
clauses(L) ::= clauses(A) BREAK. { L = A; }
clause(N) ::= error. { N = build_error(b); }
clause(N) ::= LET(K) ID(S) EQ expr(A). { N = build_named(b, N_LET, K, S, build_no_token(), A, NULL, NULL, K); }
clause(N) ::= KEY(K) lp exprs(A) RP. { N = build_wrap(b, N_KEY, K, A); }
clause(N) ::= OWED_BY(K) expr(A). { N = build_1(b, N_OWED_BY, K, A); }
clause(N) ::= ATTRIBUTE(K) expr(A). { N = build_attribute(b, K, A); }
clause(N) ::= STARTS(K) value(A) LATER. { N = build_1(b, N_STARTS, K, A); }
clause(N) ::= STARTS(K) value(A) AFTER. { N = build_1(b, N_STARTS, K, A); }
clause(N) ::= DUE_WITHIN(K) expr(A). { N = build_1(b, N_DUE_WITHIN, K, A); }
clause(N) ::= DUE_BY(K) expr(A). { N = build_1(b, N_DUE_BY, K, A); }
clause(N) ::= DUE_BY(K) END_OF(E) UNIT(U). { N = build_1(b, N_DUE_BY, K, build_end_of(b, E, U, build_no_token())); }
clause(N) ::= DUE_BY(K) LAST(L) UNIT(U) OF UNIT(P). { N = build_1(b, N_DUE_BY, K, build_end_of(b, L, U, P)); }
clause(N) ::= FULFILLED_BY(K) acting(E) where(W) since(S) each(X). { N = build_act(b, K, ACT_FULFIL, E, W, S, X); }
clause(N) ::= FULFILLED_BY(K) quantity(A) OF dotted(E) where(W). { N = build_sum(b, K, A, E, W); }
clause(N) ::= FULFILLED_BY(K) ALL_OF LB parts(L) RB(R). { N = build_parts(b, K, build_no_token(), L, 1, R); }
clause(N) ::= FULFILLED_BY(K) NUMBER(C) OF LB parts(L) RB(R). { N = build_parts(b, K, C, L, 1, R); }
clause(N) ::= FULFILLED_BY(K) NUMBER(C) OF dotted(E) where(W). { N = build_parts(b, K, C, build_list(b, build_none(), build_act(b, K, ACT_PART, E, W, NULL, build_no_token())), 0, K); }
%type parts {NodeList}
parts(L) ::= . { L = build_none(); }
parts(L) ::= parts(A) acting(E) where(W). { L = build_list(b, A, build_part(b, E, W)); }
parts(L) ::= parts(A) NUMBER(C) OF dotted(E) where(W). { L = build_list(b, A, build_portion(b, build_literal(b, LIT_NUMBER, C), E, W)); }
parts(L) ::= parts(A) quantity(Q) OF dotted(E) where(W). { L = build_list(b, A, build_portion(b, Q, E, W)); }
parts(L) ::= parts(A) error. { L = build_list(b, A, build_error(b)); }
/* What several events come to; a plain number may count them too, and names stand as in `heard`. */
quantity(N) ::= MONEY(S). { N = build_literal(b, LIT_MONEY, S); }
quantity(N) ::= DURATION(S). { N = build_literal(b, LIT_DURATION, S); }
quantity(N) ::= LP(L) expr(A) RP(R). { N = build_enclosed(A, L, R); }
/* The outcome of an approval acts as an event does. DECIDED has no spelling: `approval` before a name and its
 * outcome is read so (engine/syntax/join.c). */
acting(N) ::= heard(A). { N = A; }
acting(N) ::= DECIDED(K) dotted(E) STATE(V). { N = build_outcome(b, K, E, NULL, V); }
acting(N) ::= DECIDED(K) dotted(E) CALLP args(A) RP STATE(V). { N = build_outcome(b, K, E, &A, V); }
clause(N) ::= MUST_NOT(K) dotted(E) where(W) during(Y). { N = build_forbid(b, K, E, W, Y, build_no_token(), NULL, NULL); }
clause(N) ::= MUST_NOT(K) dotted(E) where(W) during(Y) UNTIL(U) dotted(F) where(V). { N = build_forbid(b, K, E, W, Y, U, F, V); }
during(N) ::= . { N = NULL; }
during(N) ::= WHILE expr(A). { N = A; }
clause(N) ::= WAIVED_BY(K) acting(E) where(W). { N = build_act(b, K, ACT_WAIVE, E, W, NULL, build_no_token()); }
clause(N) ::= CANCELLED_BY(K) acting(E) where(W). { N = build_act(b, K, ACT_CANCEL, E, W, NULL, build_no_token()); }
clause(N) ::= PAUSED_FROM(K) acting(E) where(W) UNTIL(U) acting(F) where(V). { N = build_pause(b, K, E, W, U, F, V); }
clause(N) ::= AGAIN(K). { N = build_leaf(b, N_AGAIN, K, K); }
clause(N) ::= AGAIN(K) DURATION(D) AFTER_DONE. { N = build_1(b, N_AGAIN, K, build_literal(b, LIT_DURATION, D)); }
clause(N) ::= AGAIN(K) LP expr(A) RP AFTER_DONE. { N = build_1(b, N_AGAIN, K, A); }
clause(N) ::= local(A). { N = A; }
local(N) ::= ZONE(K) STRING(S). { N = build_leaf(b, N_SET_ZONE, K, S); }
local(N) ::= CALENDAR(K) dotted(A). { N = build_1(b, N_SET_CALENDAR, K, A); }
clause(N) ::= ESCALATE(K) LB rungs(A) RB. { N = build_wrap(b, N_ESCALATE, K, A); }
clause(N) ::= quiet(A). { N = A; }
clause(N) ::= SILENT_WHILE(K) expr(A). { N = build_1(b, N_SILENT, K, A); }
clause(N) ::= grouped(A). { N = A; }
grouped(N) ::= GROUPED(K) WITHIN length(D). { N = build_grouped(b, K, build_none(), D); }
grouped(N) ::= GROUPED_BY(K) exprs(A) WITHIN length(D). { N = build_grouped(b, K, A, D); }
clause(N) ::= REQUIRES(K) LB needs(A) RB. { N = build_wrap(b, N_REQUIRES, K, A); }
clause(N) ::= EXCLUDING(K) values(A). { N = build_wrap(b, N_EXCLUDING, K, A); }
clause(N) ::= EACH_WITHIN(K) expr(A). { N = build_1(b, N_EACH_WITHIN, K, A); }
clause(N) ::= REFUSED_BY_ANY(K). { N = build_op(b, N_REFUSED_BY, K, K, REFUSED_BY_ONE); }
clause(N) ::= REFUSED_BY_MAJORITY(K). { N = build_op(b, N_REFUSED_BY, K, K, REFUSED_BY_MORE); }
clause(N) ::= REFUSED_BY(K) NUMBER(C). { N = build_leaf(b, N_REFUSED_BY, K, C); }
clause(N) ::= RESUBMIT(K). { N = build_op(b, N_RESUBMIT, K, K, RESUBMIT_EVER); }
clause(N) ::= RESUBMIT(K) AT_MOST NUMBER(C) TIMES. { N = build_leaf(b, N_RESUBMIT, K, C); }
clause(N) ::= WITHDRAWN_BY(K) heard(E) where(W). { N = build_act(b, K, ACT_WITHDRAW, E, W, NULL, build_no_token()); }
clause(N) ::= WHEN(K) STATE(S) LB actions(A) RB. { N = build_when(b, K, S, build_no_token(), A); }
clause(N) ::= WHEN(K) STATE(S) LATE(L) LB actions(A) RB. { N = build_when(b, K, S, L, A); }
quiet(N) ::= QUIET_FROM(K) TIME(A) TO TIME(B). { N = build_quiet(b, K, A, B); }
since(N) ::= . { N = NULL; }
since(N) ::= SINCE value(A) BEFORE. { N = A; }
%type each {Tok}
each(X) ::= . { X = build_no_token(); }
each(X) ::= EACH(K). { X = K; }

/* Who must say yes. A seat is a dotted name, so that a line needs no mark at its end. */
%type needs {NodeList}
needs(L) ::= . { L = build_none(); }
needs(L) ::= needs(A) need(N). { L = build_list(b, A, N); }
needs(L) ::= needs(A) BREAK. { L = A; }
need(N) ::= error. { N = build_error(b); }
need(N) ::= seat(A) given_when(W). { N = build_need(b, NEED_ONE, build_no_token(), build_list(b, build_none(), A), W); }
need(N) ::= NUMBER(C) OF seats(A) given_when(W). { N = build_need(b, NEED_COUNT, C, A, W); }
need(N) ::= ONE_OF(K) seats(A) given_when(W). { N = build_need(b, NEED_ANY, K, A, W); }
need(N) ::= ALL_OF(K) seats(A) given_when(W). { N = build_need(b, NEED_ALL, K, A, W); }
need(N) ::= PERCENT(C) OF seats(A) given_when(W). { N = build_need(b, NEED_SHARE, C, A, W); }
need(N) ::= MAJORITY_OF(K) seats(A) given_when(W). { N = build_need(b, NEED_MAJORITY, K, A, W); }
need(N) ::= seat(C) OF seats(A) given_when(W). { N = build_need_given(b, C, A, W); }
need(N) ::= NUMBER(C) POINTS_OF weighed(A) given_when(W). { N = build_need(b, NEED_POINTS, C, A, W); }
need(N) ::= STAGE(K) ID(S) label(L) given_when(W) LB needs(A) RB(R). { N = build_named(b, N_STAGE, K, S, L, A.first, W, NULL, R); }
need(N) ::= EACH_WITHIN(K) expr(A). { N = build_1(b, N_EACH_WITHIN, K, A); }
%type weighed {NodeList}
weighed(L) ::= seat(A) NUMBER(W). { L = build_list(b, build_none(), build_weighed(b, A, W)); }
weighed(L) ::= weighed(A) COMMA seat(S) NUMBER(W). { L = build_list(b, A, build_weighed(b, S, W)); }
given_when(N) ::= . { N = NULL; }
given_when(N) ::= WHEN expr(A). { N = A; }
%type seats {NodeList}
seats(L) ::= seat(N). { L = build_list(b, build_none(), N); }
seats(L) ::= seats(A) COMMA seat(N). { L = build_list(b, A, N); }
seat(N) ::= ID(S). { N = build_leaf(b, N_REF, S, S); }
seat(N) ::= OWNER(S). { N = build_owner(b, S); }
seat(N) ::= seat(A) DOT ID(S). { N = build_member(b, A, S); }

%type rungs {NodeList}
rungs(L) ::= . { L = build_none(); }
rungs(L) ::= rungs(A) rung(N). { L = build_list(b, A, N); }
rung(N) ::= error. { N = build_error(b); }
rung(N) ::= rung(A) EVERY(K) length(D) UNTIL_ACKNOWLEDGED. { N = build_repeat(b, A, K, D, 1, build_no_token()); }
rung(N) ::= rung(A) EVERY(K) length(D) UNTIL_ACKNOWLEDGED AT_MOST NUMBER(C) TIMES. { N = build_repeat(b, A, K, D, 1, C); }
rung(N) ::= rung(A) EVERY(K) length(D) AT_MOST NUMBER(C) TIMES. { N = build_repeat(b, A, K, D, 0, C); }
rung(N) ::= rung(A) STALE_AFTER(K) length(D). { A->d = build_stale(b, K, D, A->d); N = A; }
rung(N) ::= rung(A) EVEN_QUIET. { A->flag++; N = A; }
rung(N) ::= AT(K) share(P) step(A). { N = build_rung(b, K, RUNG_SHARE, P, A); }
rung(N) ::= AT_DUE(K) step(A). { N = build_rung(b, K, RUNG_DUE, NULL, A); }
rung(N) ::= AT_BREACH(K) step(A). { N = build_rung(b, K, RUNG_DUE, NULL, A); }
rung(N) ::= AFTER(K) value(D) step(A). { N = build_rung(b, K, RUNG_AFTER, D, A); }
rung(N) ::= length(D) BEFORE_DUE(K) step(A). { N = build_rung(b, K, RUNG_BEFORE, D, A); }
step(N) ::= REMIND(K) values(A). { N = build_say(b, N_REMIND, K, A, NULL); }
step(N) ::= TO(K) values(A). { N = build_say(b, N_RAISE_TO, K, A, NULL); }

/* ---- actions */
%type actions {NodeList}
actions(L) ::= . { L = build_none(); }
actions(L) ::= actions(A) action(N). { L = build_list(b, A, N); }
actions(L) ::= actions(A) error. { L = A; }
actions(L) ::= actions(A) BREAK. { L = A; }
action(N) ::= EMIT(K) dotted(E) LB inits(A) RB(R). { N = build_emit(b, K, E, A, R); }
action(N) ::= OBLIGE(K) dotted(E). { Tok S = build_name(E); N = build_named(b, N_OBLIGE, K, S, build_no_token(), NULL, NULL, NULL, S); }
action(N) ::= OBLIGE(K) dotted(E) CALLP args(A) RP(R). { Tok S = build_name(E); N = build_named(b, N_OBLIGE, K, S, build_no_token(), A.first, NULL, NULL, R); }
action(N) ::= ASK(K) dotted(E). { Tok S = build_name(E); N = build_named(b, N_ASK, K, S, build_no_token(), NULL, NULL, NULL, S); }
action(N) ::= ASK(K) dotted(E) CALLP args(A) RP(R). { Tok S = build_name(E); N = build_named(b, N_ASK, K, S, build_no_token(), A.first, NULL, NULL, R); }
action(N) ::= ESCALATE(K) TO values(A). { N = build_say(b, N_RAISE_TO, K, A, NULL); }
action(N) ::= notice(A). { N = A; }
notice(N) ::= NOTIFY(K) values(A) says(T). { N = build_say(b, N_NOTIFY, K, A, T); }
notice(N) ::= notice(A) STALE_AFTER(K) length(D). { A->c = build_stale(b, K, D, A->c); N = A; }
notice(N) ::= notice(A) EVEN_QUIET. { A->flag++; N = A; }
action(N) ::= FOR_EACH(K) ID(S) IN expr(A) where(W) LB actions(B) RB(R). { N = build_for_each(b, K, S, A, W, B, R); }
action(N) ::= WHEN(K) expr(C) LB actions(A) RB(R) otherwise(L). { N = build_case(b, K, C, A, R, L); }
%type otherwise {NodeList}
otherwise(L) ::= . { L = build_none(); }
otherwise(L) ::= ELSE LB actions(A) RB. { L = A; }
otherwise(L) ::= ELSE WHEN(K) expr(C) LB actions(A) RB(R) otherwise(M). { L = build_list(b, build_none(), build_case(b, K, C, A, R, M)); }
action(N) ::= SET(K) dotted(E) CALLP args(A) RP DOT ID(F) EQ expr(V). { Tok S = build_name(E); N = build_set(b, K, S, A, build_list(b, build_none(), build_init(b, F, V)), F); }
action(N) ::= SET(K) dotted(E) CALLP args(A) RP LB inits(I) RB(R). { Tok S = build_name(E); N = build_set(b, K, S, A, I, R); }
action(N) ::= DELETE(K) dotted(E) CALLP args(A) RP(R). { Tok S = build_name(E); N = build_named(b, N_DELETE, K, S, build_no_token(), A.first, NULL, NULL, R); }
%type inits {NodeList}
inits(L) ::= . { L = build_none(); }
inits(L) ::= inits(A) LABEL(S) expr(V). { L = build_list(b, A, build_init(b, S, V)); }
inits(L) ::= inits(A) COMMALABEL(S) expr(V). { L = build_list(b, A, build_init(b, S, V)); }
inits(L) ::= inits(A) error. { L = build_list(b, A, build_error(b)); }
says(N) ::= . { N = NULL; }
says(N) ::= said(A). { N = A; }
said(N) ::= STRING(S). { N = build_literal(b, LIT_TEXT, S); }
said(N) ::= said(A) PLUS(O) value(B). { N = build_binary(b, O, A, B); }
%type values {NodeList}
values(L) ::= value(N). { L = build_list(b, build_none(), N); }
values(L) ::= values(A) COMMA value(N). { L = build_list(b, A, N); }

/* ---- expressions. A value is what needs no operator: table cells, rungs and expectations take these alone. */
%type exprs {NodeList}
exprs(L) ::= expr(N). { L = build_list(b, build_none(), N); }
exprs(L) ::= exprs(A) COMMA expr(N). { L = build_list(b, A, N); }
%type args {NodeList}
args(L) ::= . { L = build_none(); }
args(L) ::= exprs(A). { L = A; }
value(N) ::= amount(A). { N = A; }
value(N) ::= term(A). { N = A; }
amount(N) ::= NUMBER(S). { N = build_literal(b, LIT_NUMBER, S); }
amount(N) ::= PERCENT(S). { N = build_literal(b, LIT_PERCENT, S); }
amount(N) ::= MONEY(S). { N = build_literal(b, LIT_MONEY, S); }
amount(N) ::= MINUS(O) NUMBER(S). { N = build_negative(b, O, LIT_NUMBER, S); }
amount(N) ::= MINUS(O) MONEY(S). { N = build_negative(b, O, LIT_MONEY, S); }
amount(N) ::= MINUS(O) PERCENT(S). { N = build_negative(b, O, LIT_PERCENT, S); }
term(N) ::= DURATION(S). { N = build_literal(b, LIT_DURATION, S); }
term(N) ::= moment(A). { N = A; }
term(N) ::= TIME(S). { N = build_literal(b, LIT_TIME, S); }
term(N) ::= STRING(S). { N = build_literal(b, LIT_TEXT, S); }
term(N) ::= YES(S). { N = build_flag(b, S, true); }
term(N) ::= NO(S). { N = build_flag(b, S, false); }
term(N) ::= IT(K). { N = build_leaf(b, N_IT, K, K); }
term(N) ::= ID(S). { N = build_leaf(b, N_REF, S, S); }
term(N) ::= OWNER(S). { N = build_owner(b, S); }
term(N) ::= term(A) DOT ID(S). { N = build_member(b, A, S); }
term(N) ::= ID(S) CALLP args(A) RP(R). { N = build_named(b, N_CALL, S, S, build_no_token(), A.first, NULL, NULL, R); }
term(N) ::= term(V) DOT ID(S) CALLP args(A) RP(R). { N = build_call_in(b, V, S, A, R); }
term(N) ::= ID(S) CALLP exprs(A) WHERE expr(C) RP(R). { N = build_named(b, N_CALL, S, S, build_no_token(), A.first, C, NULL, R); }
term(N) ::= AGG(S) CALLP exprs(A) WHERE expr(C) RP(R). { N = build_named(b, N_CALL, S, S, build_no_token(), A.first, C, NULL, R); }
term(N) ::= AGG(S). { N = build_leaf(b, N_REF, S, S); }
term(N) ::= AGG(S) CALLP args(A) RP(R). { N = build_named(b, N_CALL, S, S, build_no_token(), A.first, NULL, NULL, R); }
term(N) ::= OWNER(S) CALLP args(A) RP(R). { N = build_named(b, N_CALL, S, S, build_no_token(), A.first, NULL, NULL, R); }
/* A record; its brace is told from others by the label behind it (engine/syntax/join.c). */
term(N) ::= ID(S) RECLB inits(A) RB(R). { N = build_record(b, NULL, S, A, R); }
term(N) ::= term(V) DOT ID(S) RECLB inits(A) RB(R). { N = build_record(b, V, S, A, R); }
term(N) ::= LP(L) expr(A) RP(R). { N = build_enclosed(A, L, R); }
moment(N) ::= DATE(S). { N = build_literal(b, LIT_DATE, S); }
moment(N) ::= DATETIME(S). { N = build_literal(b, LIT_DATETIME, S); }
moment(N) ::= INSTANT(S). { N = build_literal(b, LIT_INSTANT, S); }

expr(N) ::= value(A). { N = A; }
expr(N) ::= MINUS(O) term(A). [NEGATE] { N = build_unary(b, O, A); }
expr(N) ::= NOT(O) expr(A). { N = build_unary(b, O, A); }
expr(N) ::= expr(A) AND(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) OR(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) EQ(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) NE(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) LT(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) LE(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) GT(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) GE(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) ABOVE(O) expr(B). { N = build_compared(b, O, TK_GT, A, B); }
expr(N) ::= expr(A) BELOW(O) expr(B). { N = build_compared(b, O, TK_LT, A, B); }
expr(N) ::= expr(A) AT_LEAST(O) expr(B). { N = build_compared(b, O, TK_GE, A, B); }
expr(N) ::= expr(A) AT_MOST(O) expr(B). { N = build_compared(b, O, TK_LE, A, B); }
expr(N) ::= expr(A) PLUS(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) MINUS(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) STAR(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) SLASH(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) OF(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) STARTS_WITH(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) CONTAINS(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) COMPARISON(O) expr(B). { N = build_binary(b, O, A, B); }
expr(N) ::= expr(A) ROUNDED_TO(O) NUMBER(P) PLACES ROUNDING(R). { N = build_rounded(b, O, A, P, R); }
expr(N) ::= expr(A) IN(O) lp exprs(L) RP(R). { N = build_among(b, A, O, L, R); }
expr(N) ::= expr(A) NOT(O) IN(K) lp exprs(L) RP(R). [IN] { N = build_unary(b, O, build_among(b, A, K, L, R)); }
expr(N) ::= expr(A) IN(O) LBRACK(S) args(L) RBRACK(R). { N = build_binary(b, O, A, build_list_of(b, S, L, R)); }
expr(N) ::= expr(A) NOT(O) IN(K) LBRACK(S) args(L) RBRACK(R). [IN] { N = build_unary(b, O, build_binary(b, K, A, build_list_of(b, S, L, R))); }
expr(N) ::= expr(A) IN(O) dotted(B). { N = build_binary(b, O, A, build_path(b, B)); }
expr(N) ::= expr(A) NOT(O) IN(K) dotted(B). [IN] { N = build_unary(b, O, build_binary(b, K, A, build_path(b, B))); }
expr(N) ::= LBRACK(S) args(A) RBRACK(R). { N = build_list_of(b, S, A, R); }
expr(N) ::= expr(A) IS PRESENT(K). { N = build_absent(b, A, K, true); }
expr(N) ::= expr(A) IS ABSENT(K). { N = build_absent(b, A, K, false); }
expr(N) ::= expr(A) IS NOT ABSENT(K). { N = build_absent(b, A, K, true); }
expr(N) ::= DUTY(K) dotted(E) CALLP args(A) RP IS isnot(O) STATE(V). { N = build_state_is(b, K, build_name(E), A, O, DECL_DUTY, V); }
expr(N) ::= APPROVAL(K) dotted(E) CALLP args(A) RP IS isnot(O) STATE(V). { N = build_state_is(b, K, build_name(E), A, O, DECL_APPROVAL, V); }
expr(N) ::= KPI(K) dotted(E) CALLP args(A) RP IS isnot(O) LEVEL(V). { N = build_state_is(b, K, build_name(E), A, O, DECL_KPI, V); }
expr(N) ::= KPI(K) dotted(E) CALLP args(A) RP IS isnot(O) CLEAR(V). { V.sub = LEVEL_COUNT; N = build_state_is(b, K, build_name(E), A, O, DECL_KPI, V); }
expr(N) ::= KPI(K) dotted(E) CALLP args(A) RP DOT ID(V). { N = build_kpi_value(b, K, build_name(E), A, V); }
/* A measure of its own: the aggregate, over a window. Its arguments are read as expressions, for min and max may be called. */
expr(N) ::= AGG(K) CALLP args(A) RP(R) over(W) compared(C). { N = build_measured(b, K, A, NULL, R, W, C); }
expr(N) ::= AGG(K) CALLP exprs(A) WHERE expr(X) RP(R) over(W) compared(C). { N = build_measured(b, K, A, X, R, W, C); }
%type isnot {Tok}
isnot(X) ::= . { X = build_no_token(); }
isnot(X) ::= NOT(K). { X = K; }
expr(N) ::= expr(A) IF(O) expr(B). { N = build_if(b, O, A, B); }
expr(N) ::= expr(A) ELSE(O) expr(B). { N = build_else(b, O, A, B); }

/* ---- KPIs */
item(N) ::= KPI(K) ID(S) label(L) group(G) dated(D) LB kpiparts(A) RB(R). { N = build_dated(build_named(b, N_KPI, K, S, L, G.first, NULL, A.first, R), D); }
%type group {NodeList}
group(L) ::= . { L = build_none(); }
group(L) ::= BY names(A). { L = A; }
%type kpiparts {NodeList}
kpiparts(L) ::= . { L = build_none(); }
kpiparts(L) ::= kpiparts(A) kpipart(N). { L = build_list(b, A, N); }
kpiparts(L) ::= kpiparts(A) BREAK. { L = A; }
kpipart(N) ::= error. { N = build_error(b); }
kpipart(N) ::= local(A). { N = A; }
kpipart(N) ::= MEASURE(K) measured(A) window(W) compared(C). { N = build_measure(b, K, A, NULL, W, C); }
kpipart(N) ::= MEASURE(K) measured(A) SLASH measured(B) window(W) compared(C). { N = build_measure(b, K, A, B, W, C); }
measured(N) ::= aggregate(A). { N = A; }
measured(N) ::= gauge(A). { N = A; }
/* What stands as it is now, duties and entities, has none. */
window(N) ::= . { N = NULL; }
window(N) ::= over(W). { N = W; }
/* What is measured, held against what it was so long before. */
compared(N) ::= . { N = NULL; }
compared(N) ::= AS_CHANGE_FROM(K) length(D) BEFORE(R). { N = build_compare(b, COMPARE_CHANGE, K, build_no_token(), D, R); }
compared(N) ::= AS_MULTIPLE_OF(K) length(D) BEFORE(R). { N = build_compare(b, COMPARE_MULTIPLE, K, build_no_token(), D, R); }
compared(N) ::= AS_DIFFERENCE_FROM(K) length(D) BEFORE(R). { N = build_compare(b, COMPARE_DIFFERENCE, K, build_no_token(), D, R); }
compared(N) ::= AS_CHANGE_PER(K) UNIT(U) FROM length(D) BEFORE(R). { N = build_compare(b, COMPARE_RATE, K, U, D, R); }
kpipart(N) ::= grouped(A). { N = A; }
kpipart(N) ::= AT_LEAST(K) NUMBER(S) SAMPLES(R). { N = build_pair(b, N_SAMPLES, K, S, R); }
kpipart(N) ::= AT_LEAST(K) ID(S) SAMPLES(R). { N = build_open(b, build_pair(b, N_SAMPLES, K, S, R), LIT_NUMBER, S); }
kpipart(N) ::= EMPTY(K) COLON HOLD(V). { N = build_op(b, N_EMPTY, K, V, EMPTY_HOLD); }
kpipart(N) ::= EMPTY(K) COLON CLEAR(V). { N = build_op(b, N_EMPTY, K, V, EMPTY_CLEAR); }
kpipart(N) ::= EMPTY(K) COLON ALERT(V). { N = build_op(b, N_EMPTY, K, V, EMPTY_ALERT); }
kpipart(N) ::= LEVEL(K) bound(A). { N = build_level(b, K, A, NULL); }
kpipart(N) ::= LEVEL(K) bound(A) COMMA CLEAR bound(B). { N = build_level(b, K, A, B); }
kpipart(N) ::= WHEN(K) LEVEL(V) LB actions(A) RB(R). { N = build_when_level(b, K, V, A, R); }
aggregate(N) ::= AGG(K) CALLP dotted(E) where(W) RP(R). { N = build_aggregate(b, K, build_no_token(), E, W, R); }
aggregate(N) ::= AGG(K) CALLP NUMBER(S) COMMA dotted(E) where(W) RP(R). { N = build_aggregate(b, K, S, E, W, R); }
/* How many duties are in these states: without a window, for they are so now. */
gauge(N) ::= AGG(K) CALLP states(L) DUTY dotted(E) where(W) RP(R). { N = build_gauge(b, K, L, E, W, R); }
%type states {NodeList}
states(L) ::= STATE(S). { L = build_list(b, build_none(), build_op(b, N_STATE, S, S, S.sub)); }
states(L) ::= states(A) COMMA STATE(S). { L = build_list(b, A, build_op(b, N_STATE, S, S, S.sub)); }
over(N) ::= OVER(K) length(D). { N = build_window(b, K, D, NULL); }
over(N) ::= OVER(K) length(D) BY length(S). { N = build_window(b, K, D, S); }
over(N) ::= OVER(K) SESSIONS length(D). { N = build_window_sessions(b, K, D); }
over(N) ::= PER(K) UNIT(U). { N = build_window_per(b, K, U); }
bound(N) ::= side(S) value(V). { N = build_bound(b, S, V, NULL); }
bound(N) ::= side(S) value(V) OF(O) value(W). { N = build_bound(b, S, build_binary(b, O, V, W), NULL); }
bound(N) ::= side(S) value(V) OF(O) value(W) FOR length(D). { N = build_bound(b, S, build_binary(b, O, V, W), D); }
bound(N) ::= side(S) value(V) FOR length(D). { N = build_bound(b, S, V, D); }
side(N) ::= ABOVE(K). { N = build_op(b, N_BOUND, K, K, SIDE_ABOVE); }
side(N) ::= BELOW(K). { N = build_op(b, N_BOUND, K, K, SIDE_BELOW); }
side(N) ::= AT_LEAST(K). { N = build_op(b, N_BOUND, K, K, SIDE_AT_LEAST); }
side(N) ::= AT_MOST(K). { N = build_op(b, N_BOUND, K, K, SIDE_AT_MOST); }

/* ---- calendars */
item(N) ::= CALENDAR(K) dotted(S) label(L) dated(T) LB dayrules(A) RB(R). { N = build_undated(b, build_calendar(b, K, S, L, A, R), T); }
%type dayrules {NodeList}
dayrules(L) ::= . { L = build_none(); }
dayrules(L) ::= dayrules(A) dayrule(N). { L = build_list(b, A, N); }
dayrule(N) ::= error. { N = build_error(b); }
dayrule(N) ::= ZONE(K) STRING(S). { N = build_leaf(b, N_SET_ZONE, K, S); }
dayrule(N) ::= days(D) spans(S). { N = build_hours(b, D, S); }
dayrule(N) ::= HOLIDAY(K) DATE(F) label(L). { N = build_dates(b, N_CAL_HOLIDAY, K, F, F, build_none(), L); }
dayrule(N) ::= HOLIDAY(K) DATE(F) DOTDOT DATE(T) label(L). { N = build_dates(b, N_CAL_HOLIDAY, K, F, T, build_none(), L); }
dayrule(N) ::= WORKDAY(K) DATE(F) label(L). { N = build_dates(b, N_CAL_WORKDAY, K, F, F, build_none(), L); }
dayrule(N) ::= WORKDAY(K) DATE(F) spans(S) label(L). { N = build_dates(b, N_CAL_WORKDAY, K, F, F, S, L); }
dayrule(N) ::= WORKDAY(K) DATE(F) DOTDOT DATE(T) label(L). { N = build_dates(b, N_CAL_WORKDAY, K, F, T, build_none(), L); }
dayrule(N) ::= WORKDAYS(K) spans(S). { N = build_dates(b, N_CAL_WORKDAYS, K, K, K, S, build_no_token()); }
dayrule(N) ::= PUBLISHED(K) NUMBER(F) DOTDOT NUMBER(T). { N = build_pair(b, N_CAL_PUBLISHED, K, F, T); }
%type days {NodeList}
days(L) ::= dayspan(N). { L = build_list(b, build_none(), N); }
days(L) ::= days(A) COMMA dayspan(N). { L = build_list(b, A, N); }
dayspan(N) ::= WEEKDAY(A). { N = build_days(b, A, A); }
dayspan(N) ::= WEEKDAY(A) DOTDOT WEEKDAY(B). { N = build_days(b, A, B); }
dayspan(N) ::= WEEKDAY(A) TO WEEKDAY(B). { N = build_days(b, A, B); }
%type spans {NodeList}
spans(L) ::= TIME(A) DOTDOT TIME(B). { L = build_list(b, build_none(), build_pair(b, N_CAL_SPAN, A, A, B)); }
spans(L) ::= spans(X) COMMA TIME(A) DOTDOT TIME(B). { L = build_list(b, X, build_pair(b, N_CAL_SPAN, A, A, B)); }

/* ---- tests */
item(N) ::= TEST(K) STRING(S) dated(T) LB steps(A) RB(R). { N = build_undated(b, build_named(b, N_TEST, K, S, build_no_token(), A.first, NULL, NULL, R), T); }
%type steps {NodeList}
steps(L) ::= . { L = build_none(); }
steps(L) ::= steps(A) act(N). { L = build_list(b, A, N); }
steps(L) ::= steps(A) BREAK. { L = A; }
act(N) ::= error. { N = build_error(b); }
act(N) ::= AT(K) moment(W) dotted(E) LB inits(A) RB(R) opts(O). { N = build_step(b, K, W, E, A, R, O); }
act(N) ::= AT(K) moment(W) EXPECT expectation(X). { N = build_expect(b, K, STEP_AT, W, X); }
act(N) ::= AFTER(K) moment(W) EXPECT expectation(X). { N = build_expect(b, K, STEP_AFTER, W, X); }
%type opts {NodeList}
opts(L) ::= . { L = build_none(); }
opts(L) ::= opts(A) BY(K) value(V). { L = build_list(b, A, build_opt(b, K, OPT_BY, V)); }
opts(L) ::= opts(A) ARRIVES_AT(K) moment(V). { L = build_list(b, A, build_opt(b, K, OPT_ARRIVES, V)); }
opts(L) ::= opts(A) WITH_ID(K) value(V). { L = build_list(b, A, build_opt(b, K, OPT_ID, V)); }
expectation(N) ::= DUTY(K) dotted(E) keyed(A) checks(C). { Tok S = build_name(E); N = build_named(b, N_EXPECT_DUTY, K, S, build_no_token(), A.first, C.first, NULL, S); }
expectation(N) ::= NO(K) DUTY dotted(E) keyed(A). { Tok S = build_name(E); N = build_expect_none(b, N_EXPECT_DUTY, K, S, A); }
expectation(N) ::= APPROVAL(K) dotted(E) keyed(A) checks(C). { Tok S = build_name(E); N = build_named(b, N_EXPECT_APPROVAL, K, S, build_no_token(), A.first, C.first, NULL, S); }
expectation(N) ::= NO(K) APPROVAL dotted(E) keyed(A). { Tok S = build_name(E); N = build_expect_none(b, N_EXPECT_APPROVAL, K, S, A); }
expectation(N) ::= ENTITY(K) dotted(E) CALLP args(A) RP LB inits(I) RB(R). { Tok S = build_name(E); N = build_named(b, N_EXPECT_ENTITY, K, S, build_no_token(), A.first, I.first, NULL, R); }
expectation(N) ::= NO(K) ENTITY dotted(E) CALLP args(A) RP(R). { Tok S = build_name(E); N = build_expect_gone(b, K, S, A, R); }
expectation(N) ::= NOTIFIED(K) value(A) says(T). { N = build_expected(b, N_EXPECT_NOTIFIED, K, A, T, false); }
expectation(N) ::= NOT NOTIFIED(K) value(A) says(T). { N = build_expected(b, N_EXPECT_NOTIFIED, K, A, T, true); }
expectation(N) ::= EMITTED(K) dotted(E) LB inits(A) RB(R). { N = build_until(build_expected(b, N_EXPECT_EMITTED, K, E, A.first, false), R); }
expectation(N) ::= NOT EMITTED(K) dotted(E) LB inits(A) RB(R). { N = build_until(build_expected(b, N_EXPECT_EMITTED, K, E, A.first, true), R); }
expectation(N) ::= REJECTED(K) ID(S). { N = build_leaf(b, N_EXPECT_REJECTED, K, S); }
expectation(N) ::= KPI(K) dotted(E) keyed(A) kpichecks(C). { Tok S = build_name(E); N = build_named(b, N_EXPECT_KPI, K, S, build_no_token(), A.first, C.first, NULL, S); }
%type kpichecks {NodeList}
kpichecks(L) ::= kpicheck(N). { L = build_list(b, build_none(), N); }
kpichecks(L) ::= kpichecks(A) AND kpicheck(N). { L = build_list(b, A, N); }
kpicheck(N) ::= LEVEL(K). { N = build_kpi_check(b, K, KPI_CHECK_LEVEL, K.sub, NULL); }
kpicheck(N) ::= CLEAR(K). { N = build_kpi_check(b, K, KPI_CHECK_CLEAR, 0, NULL); }
kpicheck(N) ::= VALUE(K) side(S) value(V). { N = build_kpi_check(b, K, KPI_CHECK_VALUE, S->op, V); }
kpicheck(N) ::= VALUE(K) EQ value(V). { N = build_kpi_check(b, K, KPI_CHECK_VALUE, SIDE_IS, V); }
kpicheck(N) ::= VALUE(K) ABSENT. { N = build_kpi_check(b, K, KPI_CHECK_ABSENT, 0, NULL); }
kpicheck(N) ::= NOT kpicheck(A). { N = build_check_not(A); }
%type keyed {NodeList}
keyed(L) ::= . { L = build_none(); }
keyed(L) ::= CALLP args(A) RP. { L = A; }
%type checks {NodeList}
checks(L) ::= check(N). { L = build_list(b, build_none(), N); }
checks(L) ::= checks(A) AND check(N). { L = build_list(b, A, N); }
check(N) ::= STATE(S). { N = build_check(b, S, CHECK_STATE, S, NULL); }
check(N) ::= STATE(S) LATE(L). { N = build_check(b, L, CHECK_STATE, S, NULL); }
check(N) ::= ESCALATED_TO(K) value(A). { N = build_check(b, K, CHECK_ESCALATED, K, A); }
check(N) ::= REMINDED(K) value(A). { N = build_check(b, K, CHECK_REMINDED, K, A); }
check(N) ::= DUE_AT(K) moment(A). { N = build_check(b, K, CHECK_DUE, K, A); }
check(N) ::= OWED_BY(K) value(A). { N = build_check(b, K, CHECK_OWED_BY, K, A); }
check(N) ::= REPORTED_LATE(K). { N = build_check(b, K, CHECK_REPORTED_LATE, K, NULL); }
check(N) ::= NOT check(A). { N = build_check_not(A); }

%code {
/* Trials walk a copy of the parser's stack and run no action: what the joiner asks before it joins words,
 * what a syntax error lists, and how far a repair would lead. */
static bool trial_tell(Trial *t, int token, TrialReduced *tell, void *ctx) {
    for (;;) {
        YYACTIONTYPE act = t->states[t->n - 1];
        if (act <= YY_MAX_SHIFT) {
            int i = yy_shift_ofst[act] + token;
            if (i < 0 || i >= (int)YY_NLOOKAHEAD || yy_lookahead[i] != token)
                return false;
            act = yy_action[i];
        }
        if (act == YY_ACCEPT_ACTION)
            return true;
        if (act <= YY_MAX_SHIFTREDUCE) {
            if (act > YY_MAX_SHIFT)
                act = (YYACTIONTYPE)(act + YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE);
            if (t->n == PARSE_DEPTH)
                return false;
            t->states[t->n++] = act;
            return true;
        }
        if (act < YY_MIN_REDUCE || act > YY_MAX_REDUCE)
            return false;
        unsigned rule = act - YY_MIN_REDUCE;
        if (tell != NULL)
            tell(ctx, yyRuleInfoLhs[rule], (size_t)-yyRuleInfoNRhs[rule]);
        t->n -= (size_t)-yyRuleInfoNRhs[rule];
        if (yyRuleInfoLhs[rule] == 0 || t->n == 0 || t->n == PARSE_DEPTH)
            return false;
        YYACTIONTYPE next = yy_find_reduce_action(t->states[t->n - 1], yyRuleInfoLhs[rule]);
        if (next == YY_ACCEPT_ACTION)
            return true;
        if (next > YY_MAX_SHIFT && next <= YY_MAX_SHIFTREDUCE)
            next = (YYACTIONTYPE)(next + YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE);
        t->states[t->n++] = next;
    }
}

static bool trial_walk(Trial *t, int token) {
    return trial_tell(t, token, NULL, NULL);
}

int parse_tokens(void) {
    return YYNTOKEN;
}

void trial_begin(Trial *t, const void *parser) {
    const yyParser *p = parser;
    t->n = 0;
    for (const yyStackEntry *e = p->yystack; e <= p->yytos && t->n < PARSE_DEPTH; e++)
        t->states[t->n++] = e->stateno;
}

bool trial_accepts(const Trial *t, int token) {
    Trial copy;
    copy.n = t->n;
    memcpy(copy.states, t->states, t->n * sizeof *t->states);
    return t->n < PARSE_DEPTH && trial_walk(&copy, token);
}

int trial_stop(const Trial *t, int token) {
    Trial copy;
    copy.n = t->n;
    memcpy(copy.states, t->states, t->n * sizeof *t->states);
    return t->n < PARSE_DEPTH && trial_walk(&copy, token) ? -1 : copy.states[copy.n - 1];
}

static int trial_as(const Trial *t, int token) {
    if (trial_accepts(t, token))
        return token;
    int name = token > 0 && (size_t)token < sizeof yyFallback / sizeof *yyFallback ? yyFallback[token] : 0;
    return name != 0 && trial_accepts(t, name) ? name : -1;
}

bool trial_feed(Trial *t, int token) {
    int as = trial_as(t, token);
    return as >= 0 && trial_walk(t, as);
}

void trial_start(Trial *t) {
    t->states[0] = 0;
    t->n = 1;
}

int trial_shape(Trial *t, int token, TrialReduced *tell, void *ctx) {
    int as = trial_as(t, token);
    return t->n <= PARSE_DEPTH - PARSE_ROOM && as >= 0 && trial_tell(t, as, tell, ctx) ? as : -1;
}

bool parse_is_deep(const void *parser) {
    const yyParser *p = parser;
    return p->yytos - p->yystack > PARSE_DEPTH - PARSE_ROOM;
}

size_t parse_braces(const void *parser) {
    const yyParser *p = parser;
    size_t n = 0;
    for (const yyStackEntry *e = p->yystack; e <= p->yytos; e++)
        n += e->major == TK_LB || e->major == TK_RECLB;
    return n;
}

bool parse_accepts(const void *parser, int token) {
    Trial t;
    trial_begin(&t, parser);
    return t.n < PARSE_DEPTH && trial_walk(&t, token);
}

bool parse_accepts_any(const void *parser, int token) {
    Trial t;
    trial_begin(&t, parser);
    return t.n < PARSE_DEPTH && trial_as(&t, token) >= 0;
}
}
