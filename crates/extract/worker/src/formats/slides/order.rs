//! The reading order of the shapes on a slide.

/// The rectangle of a shape.
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

/// Most shapes for XY cuts; beyond this there is no layout to find, and cutting would be slow.
const MAX_XY_CUT_SHAPES: usize = 300;

/// Most shapes that are sorted; beyond this the file's order is kept.
const MAX_SORTED_SHAPES: usize = 5000;

/// The indices of the shapes in reading order. A shape without an area stays after its predecessor.
pub fn reading_order(areas: &[Option<Area>]) -> Vec<usize> {
    let known: Vec<(usize, Area)> = areas.iter().enumerate().filter_map(|(at, area)| Some((at, (*area)?))).collect();
    if areas.len() > MAX_SORTED_SHAPES || !is_out_of_order(&known) {
        return (0..areas.len()).collect();
    }
    let mut order = Vec::new();
    if known.len() > MAX_XY_CUT_SHAPES {
        let mut sorted = known;
        sorted.sort_by_key(|(_, area)| (area.top, area.left));
        order.extend(sorted.into_iter().map(|(at, _)| at));
    } else {
        xy_cut(known, &mut order);
    }
    for (at, area) in areas.iter().enumerate() {
        if area.is_none() {
            let after = at.checked_sub(1).and_then(|before| order.iter().position(|&place| place == before)).map_or(0, |p| p + 1);
            order.insert(after, at);
        }
    }
    order
}

/// Whether a shape lies wholly above its predecessor and not to its right, so that file order is not reading order.
fn is_out_of_order(areas: &[(usize, Area)]) -> bool {
    areas.windows(2).any(|pair| pair[1].1.bottom() <= pair[0].1.top && pair[1].1.left < pair[0].1.right())
}

/// Recursive XY cut: splits along gaps across the whole area, first horizontal ones, then vertical ones.
fn xy_cut(mut areas: Vec<(usize, Area)>, order: &mut Vec<usize>) {
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
                    xy_cut(part, order);
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
    fn shapes_higher_up_are_read_first_even_if_drawn_last() {
        let areas = [area(0, 500, 900, 100), area(0, 100, 400, 300), area(500, 100, 400, 300), area(0, 0, 900, 80)];
        assert_eq!(reading_order(&areas), [3, 1, 2, 0]);
    }

    #[test]
    fn columns_drawn_in_order_stay_in_order() {
        let areas = [area(0, 0, 400, 50), area(0, 100, 400, 50), area(500, 0, 400, 50), area(500, 100, 400, 50)];
        assert_eq!(reading_order(&areas), [0, 1, 2, 3]);
    }

    #[test]
    fn shapes_without_area_stay_and_many_shapes_end_in_time() {
        assert_eq!(reading_order(&[area(0, 500, 10, 10), None, area(0, 0, 10, 10)]), [2, 0, 1]);
        let many: Vec<_> = (0..5000).map(|at| area(0, -at * 20, 10, 10)).collect();
        assert_eq!(reading_order(&many)[0], 4999);
    }
}
