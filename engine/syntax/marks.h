/* syntax: the grammar's tokens under names that later layers may use: operators of expressions. */
#ifndef REMIT_SYNTAX_MARKS_H
#define REMIT_SYNTAX_MARKS_H

#include "remit_grammar.h"

enum {
    MARK_EQ = TK_EQ,
    MARK_NE = TK_NE,
    MARK_LT = TK_LT,
    MARK_LE = TK_LE,
    MARK_GT = TK_GT,
    MARK_GE = TK_GE,
    MARK_AND = TK_AND,
    MARK_OR = TK_OR,
    MARK_PLUS = TK_PLUS,
    MARK_MINUS = TK_MINUS,
    MARK_STAR = TK_STAR,
    MARK_SLASH = TK_SLASH,
    MARK_OF = TK_OF,
    MARK_IN = TK_IN,
    MARK_STARTS_WITH = TK_STARTS_WITH,
    MARK_COMPARISON = TK_COMPARISON,
    MARK_CONTAINS = TK_CONTAINS
};

#endif
