//! Finds rows that have moved up or down: a terminal moves them by itself.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::buffer::{Buffer, Cell};

/// Cells of a row that are compared together. A pane can move while those beside it stay.
const BLOCK_CELLS: usize = 8;
/// So many moves are tried.
pub(super) const MOVES_MAX: usize = 2;

/// Rows from `top` up to `bottom`, which does not belong to them, move up by so many; down, where that is below 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) top: u16,
    pub(super) bottom: u16,
    pub(super) by: i32,
}

/// Gives the moves that most letters have made, most first.
pub(super) fn moves(shown: &Buffer, next: &Buffer) -> Vec<Moved> {
    let (old, new) = (blocks(shown), blocks(next));
    let rows = old.len() as i32;
    let mut moves = (1 - rows..rows).filter(|by| *by != 0).filter_map(|by| best(&old, &new, by)).collect::<Vec<_>>();
    moves.sort_by_key(|(gain, moved)| (-gain, moved.by.abs()));
    moves.into_iter().map(|(_, moved)| moved).take(MOVES_MAX).collect()
}

/// Moves the rows of a picture as the terminal does.
pub(super) fn scroll(cells: &mut Buffer, moved: Moved) {
    let columns = usize::from(cells.area.width);
    let region = &mut cells.content[usize::from(moved.top) * columns..usize::from(moved.bottom) * columns];
    let gone = moved.by.unsigned_abs() as usize * columns;
    let kept = region.len() - gone;
    let blank = if moved.by > 0 {
        region.rotate_left(gone);
        &mut region[kept..]
    } else {
        region.rotate_right(gone);
        &mut region[..gone]
    };
    blank.fill(Cell::EMPTY);
}

/// Some cells of a row: what tells them from others, and how many letters there are.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Block {
    mark: u64,
    letters: i64,
}

fn blocks(picture: &Buffer) -> Vec<Vec<Block>> {
    let columns = usize::from(picture.area.width).max(1);
    picture.content.chunks(columns).map(|row| row.chunks(BLOCK_CELLS).map(block).collect()).collect()
}

fn block(cells: &[Cell]) -> Block {
    let mut hasher = DefaultHasher::new();
    for cell in cells {
        (cell.symbol(), cell.fg, cell.bg, cell.modifier).hash(&mut hasher);
    }
    let letters = cells.iter().filter(|cell| **cell != Cell::EMPTY).count() as i64;
    Block { mark: hasher.finish(), letters }
}

/// Gives the rows for which a move by so many brings the most letters to where they are wanted, and how many more than stand
/// there already.
fn best(old: &[Vec<Block>], new: &[Vec<Block>], by: i32) -> Option<(i64, Moved)> {
    let rows = new.len() as i32;
    let mut best: Option<(i64, Moved)> = None;
    let (mut begin, mut sum) = (0, 0);
    for y in (-by).max(0)..rows.min(rows - by) {
        if sum <= 0 {
            (begin, sum) = (y, 0);
        }
        let (wanted, there, comes) = (&new[y as usize], &old[y as usize], &old[(y + by) as usize]);
        sum += alike(wanted, comes) - alike(wanted, there);
        if sum > best.as_ref().map_or(0, |(gain, _)| *gain) {
            let (top, bottom) = (begin.min(begin + by), (y + 1).max(y + 1 + by));
            best = Some((sum, Moved { top: top as u16, bottom: bottom as u16, by }));
        }
    }
    best
}

/// Counts the letters that two rows have in the same places.
fn alike(one: &[Block], other: &[Block]) -> i64 {
    one.iter().zip(other).filter(|(one, other)| one == other).map(|(one, _)| one.letters).sum()
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn picture(lines: &[&str]) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, lines.len() as u16));
        for (y, line) in lines.iter().enumerate() {
            buffer.set_string(0, y as u16, line, Style::new());
        }
        buffer
    }

    #[test]
    fn rows_that_moved_are_found() {
        let before = picture(&["title", "one one one one", "two two two two", "three three three", "box"]);
        let after = picture(&["title", "two two two two", "three three three", "four four four four", "box"]);
        assert_eq!(moves(&before, &after)[0], Moved { top: 1, bottom: 4, by: 1 });
        assert_eq!(moves(&after, &before)[0], Moved { top: 1, bottom: 4, by: -1 });
        assert!(moves(&before, &before).is_empty());
    }

    #[test]
    fn a_picture_is_moved_as_a_terminal_moves_it() {
        let mut cells = picture(&["title", "one", "two", "three", "box"]);
        scroll(&mut cells, Moved { top: 1, bottom: 4, by: 2 });
        assert_eq!(cells, picture(&["title", "three", "", "", "box"]));
        scroll(&mut cells, Moved { top: 0, bottom: 3, by: -1 });
        assert_eq!(cells, picture(&["", "title", "three", "", "box"]));
    }
}
