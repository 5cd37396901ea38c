/* base: the kinds of declarations that react to events; check/ finds them, code/ keeps their order.
 */
#ifndef REMIT_BASE_DECL_H
#define REMIT_BASE_DECL_H

/* Kept in bundles: never renumbered. */
typedef enum DeclKind { DECL_DUTY, DECL_RULE, DECL_APPROVAL, DECL_KPI, DECL_KINDS } DeclKind;

#endif
