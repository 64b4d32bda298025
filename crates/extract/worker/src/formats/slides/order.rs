//! The order in which people read what lies on a slide.

/// Where something lies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    pub left: i64,
    pub top: i64,
    pub width: i64,
    pub height: i64,
}

impl Area {
    fn right(&self) -> i64 {
        self.left.saturating_add(self.width)
    }

    fn bottom(&self) -> i64 {
        self.top.saturating_add(self.height)
    }
}

/// More things than this are no layout, and cutting would take long.
const MAX_CUT: usize = 300;

/// With more than this the order of the file must do.
const MAX_SORTED: usize = 5000;

/// The places of things in reading order. Those without an area keep theirs after the one before them.
pub fn reading(areas: &[Option<Area>]) -> Vec<usize> {
    let known: Vec<(usize, Area)> = areas.iter().enumerate().filter_map(|(at, area)| Some((at, (*area)?))).collect();
    if areas.len() > MAX_SORTED || !goes_back(&known) {
        return (0..areas.len()).collect();
    }
    let mut order = Vec::new();
    if known.len() > MAX_CUT {
        let mut sorted = known;
        sorted.sort_by_key(|(_, area)| (area.top, area.left));
        order.extend(sorted.into_iter().map(|(at, _)| at));
    } else {
        cut(known, &mut order);
    }
    for (at, area) in areas.iter().enumerate() {
        if area.is_none() {
            let after = at.checked_sub(1).and_then(|before| order.iter().position(|&place| place == before)).map_or(0, |p| p + 1);
            order.insert(after, at);
        }
    }
    order
}

/// Whether something lies wholly above the thing before it and not to its right: nobody reads like that.
fn goes_back(areas: &[(usize, Area)]) -> bool {
    areas.windows(2).any(|pair| pair[1].1.bottom() <= pair[0].1.top && pair[1].1.left < pair[0].1.right())
}

/// Cuts along the gaps that go through everything: first from side to side, then from top to bottom.
fn cut(mut areas: Vec<(usize, Area)>, order: &mut Vec<usize>) {
    if areas.len() > 1 {
        for rows in [true, false] {
            let span = |area: &Area| if rows { (area.top, area.bottom()) } else { (area.left, area.right()) };
            areas.sort_by_key(|(at, area)| (span(area), *at));
            let mut parts: Vec<Vec<(usize, Area)>> = Vec::new();
            let mut end = i64::MIN;
            for (at, area) in &areas {
                let (from, to) = span(area);
                match parts.last_mut() {
                    Some(part) if from < end => part.push((*at, *area)),
                    _ => parts.push(vec![(*at, *area)]),
                }
                end = end.max(to);
            }
            if parts.len() > 1 {
                for part in parts {
                    cut(part, order);
                }
                return;
            }
        }
        areas.sort_by_key(|(_, area)| (area.top, area.left));
    }
    order.extend(areas.into_iter().map(|(at, _)| at));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(left: i64, top: i64, width: i64, height: i64) -> Option<Area> {
        Some(Area { left, top, width, height })
    }

    #[test]
    fn what_was_drawn_last_but_lies_on_top_is_read_first() {
        let areas = [area(0, 500, 900, 100), area(0, 100, 400, 300), area(500, 100, 400, 300), area(0, 0, 900, 80)];
        assert_eq!(reading(&areas), [3, 1, 2, 0]);
    }

    #[test]
    fn columns_that_were_drawn_one_after_the_other_stay_so() {
        let areas = [area(0, 0, 400, 50), area(0, 100, 400, 50), area(500, 0, 400, 50), area(500, 100, 400, 50)];
        assert_eq!(reading(&areas), [0, 1, 2, 3]);
    }

    #[test]
    fn what_has_no_place_stays_where_it_was_and_much_ends_in_time() {
        assert_eq!(reading(&[area(0, 500, 10, 10), None, area(0, 0, 10, 10)]), [2, 0, 1]);
        let many: Vec<_> = (0..5000).map(|at| area(0, -at * 20, 10, 10)).collect();
        assert_eq!(reading(&many)[0], 4999);
    }
}
