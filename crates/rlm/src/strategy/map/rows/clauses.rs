//! The clauses of a query, and the rows that it read.

use crate::{
    sql::{Token, TokenKind, one_select, written},
    traits::tables::LINE_COLUMN,
};

/// The clauses of a query over one table, as token ranges.
pub(super) struct Clauses<'a> {
    /// Between SELECT and FROM.
    pub items: &'a [Token],
    /// Behind FROM: the table and its alias.
    pub from: &'a [Token],
    pub condition: &'a [Token],
    pub group: &'a [Token],
    pub having: &'a [Token],
    pub order: &'a [Token],
    pub limit: &'a [Token],
}

/// Divides a query; `None` where it joins tables or queries.
pub(super) fn clauses(tokens: &[Token]) -> Option<Clauses<'_>> {
    const HEADS: [&str; 7] = ["select", "from", "where", "group", "having", "order", "limit"];
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" if token.kind == TokenKind::Sign => depth += 1,
            ")" if token.kind == TokenKind::Sign => depth = depth.checked_sub(1)?,
            _ if depth > 0 => {}
            _ if ["union", "except", "intersect", "join", "window"].iter().any(|word| token.is_word(word)) => return None,
            _ => starts.extend(HEADS.iter().position(|head| token.is_word(head)).map(|head| (head, at))),
        }
    }
    if !starts.is_sorted_by(|a, b| a.0 < b.0) {
        return None;
    }
    let clause = |wanted: usize| {
        let found = starts.iter().position(|(head, _)| *head == wanted)?;
        let from = starts.get(found)?.1 + if wanted == 3 || wanted == 5 { 2 } else { 1 };
        let to = starts.get(found + 1).map_or(tokens.len(), |(_, at)| *at);
        tokens.get(from..to)
    };
    let from =
        clause(1).filter(|from| (1..=3).contains(&from.len()) && !from.iter().any(|token| token.kind == TokenKind::Sign))?;
    let part = |wanted| clause(wanted).unwrap_or_default();
    Some(Clauses { items: clause(0)?, from, condition: part(2), group: part(3), having: part(4), order: part(5), limit: part(6) })
}

/// The query for the lines of the rows that `sql` read, in the column `line_`; `None` where `sql` joins tables or queries. Of a largest or
/// smallest value it is the row that has it.
pub fn rows_used(sql: &str) -> Option<String> {
    let tokens = one_select(sql)?;
    let Clauses { items, from, condition, group, having, order, limit } = clauses(&tokens)?;
    let is_aggregate = |token: &Token| ["sum", "count", "avg", "min", "max", "total"].iter().any(|name| token.is_word(name));
    let called =
        |items: &[Token]| items.windows(2).any(|pair| matches!(pair, [name, open] if is_aggregate(name) && open.is_sign("(")));
    let is_distinct = items.first().is_some_and(|token| token.is_word("distinct"));
    let mut query = vec![Token::word("SELECT"), Token::word(LINE_COLUMN), Token::word("FROM")];
    query.extend_from_slice(from);
    let sign = |text: &str| Token { kind: TokenKind::Sign, text: text.to_owned() };
    let extreme = match items {
        [name, open, column, close] if group.is_empty() && having.is_empty() && open.is_sign("(") && close.is_sign(")") => {
            let order = if name.is_word("max") {
                Some("DESC")
            } else if name.is_word("min") {
                Some("ASC")
            } else {
                None
            };
            order.filter(|_| column.kind != TokenKind::Sign).map(|order| (column.clone(), order))
        }
        _ => None,
    };
    if let Some((column, direction)) = extreme {
        query.push(Token::word("WHERE"));
        if !condition.is_empty() {
            query.push(sign("("));
            query.extend_from_slice(condition);
            query.extend([sign(")"), Token::word("AND")]);
        }
        query.push(column.clone());
        query.extend(["IS", "NOT", "NULL", "ORDER", "BY"].map(Token::word));
        query.extend([column, Token::word(direction), Token::word("LIMIT")]);
        query.push(Token { kind: TokenKind::Number, text: "1".to_owned() });
        return Some(written(&query));
    }
    if !condition.is_empty() {
        query.push(Token::word("WHERE"));
        query.extend_from_slice(condition);
    }
    // Rows that LIMIT cuts off were read for an aggregate only; a name that SELECT gave is not known here.
    let names_own = items.iter().zip(items.iter().skip(1)).any(|(before, name)| {
        (before.is_word("as") || before.is_sign(")")) && order.iter().any(|token| token.text.eq_ignore_ascii_case(&name.text))
    });
    let by_place = order.first().is_some_and(|token| token.kind == TokenKind::Number);
    if group.is_empty() && !called(items) && !is_distinct && !limit.is_empty() {
        if names_own || by_place {
            return None;
        }
        if !order.is_empty() {
            query.extend(["ORDER", "BY"].map(Token::word));
            query.extend_from_slice(order);
        }
        query.push(Token::word("LIMIT"));
        query.extend_from_slice(limit);
    }
    Some(written(&query))
}
