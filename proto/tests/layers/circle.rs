//! Circles of arrows.

use std::collections::{BTreeMap, BTreeSet};

/// Which file uses which, by number.
pub(crate) type Arrows = BTreeSet<(usize, usize)>;

/// Gives the circles: files that all reach each other, the largest set of them each.
pub(crate) fn circles(arrows: &Arrows) -> Vec<Vec<usize>> {
    let mut leads = BTreeMap::<usize, Vec<usize>>::new();
    arrows.iter().for_each(|(from, to)| leads.entry(*from).or_default().push(*to));
    let reached = leads.keys().map(|from| (*from, reached(&leads, *from))).collect::<BTreeMap<_, _>>();
    let together = |one: usize| {
        let others = reached[&one].iter().filter(|other| reached.get(other).is_some_and(|back| back.contains(&one)));
        others.copied().collect::<Vec<_>>()
    };
    // Each circle is told of once, by its first file.
    let circles = reached.keys().map(|one| (*one, together(*one))).filter(|(one, circle)| circle.first() == Some(one));
    circles.map(|(_, circle)| circle).collect()
}

/// Gives what is reached by arrows, the start only if they lead back to it.
fn reached(leads: &BTreeMap<usize, Vec<usize>>, start: usize) -> BTreeSet<usize> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![start]);
    while let Some(from) = next.pop() {
        next.extend(leads.get(&from).into_iter().flatten().copied().filter(|to| seen.insert(*to)));
    }
    seen
}
