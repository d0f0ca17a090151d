use proptest::prelude::*;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::look::is_bare;
use super::*;
use crate::term::{PixelImage, PixelRows};

const COLORS: [Color; 5] = [Color::Reset, Color::Red, Color::White, Color::Indexed(200), Color::Rgb(0x1d, 0x90, 0xfa)];

/// What becomes of a picture.
#[derive(Debug, Clone)]
enum Step {
    Write { x: u16, y: u16, text: String, style: Style },
    Scroll { top: u16, rows: u16, x: u16, columns: u16, by: i32 },
    Image { x: u16, y: u16, columns: u16, rows: u16 },
    Cursor(Option<(u16, u16)>),
    Resize(u16, u16),
    Clear,
    Redraw,
}

fn style() -> impl Strategy<Value = Style> {
    let modifiers = prop_oneof![
        4 => Just(Modifier::empty()),
        1 => Just(Modifier::BOLD),
        1 => Just(Modifier::DIM),
        1 => Just(Modifier::REVERSED),
        1 => Just(Modifier::UNDERLINED | Modifier::ITALIC),
        1 => Just(Modifier::BOLD | Modifier::DIM),
    ];
    let color = || prop::sample::select(COLORS.as_slice());
    (color(), color(), modifiers)
        .prop_map(|(letter, ground, modifiers)| Style::new().fg(letter).bg(ground).add_modifier(modifiers))
}

fn step() -> impl Strategy<Value = Step> {
    let words = prop_oneof![
        4 => "[a-z ]{1,30}",
        1 => "[ ]{1,30}",
        1 => "(a|é|e\u{301}|漢|字|👍|─|●| ){1,12}",
    ];
    prop_oneof![
        12 => (0..50_u16, 0..14_u16, words, style()).prop_map(|(x, y, text, style)| Step::Write { x, y, text, style }),
        6 => (0..10_u16, 2..14_u16, 0..20_u16, 5..50_u16, -3..4_i32)
            .prop_map(|(top, rows, x, columns, by)| Step::Scroll { top, rows, x, columns, by }),
        3 => (0..40_u16, 0..12_u16, 1..12_u16, 1..6_u16)
            .prop_map(|(x, y, columns, rows)| Step::Image { x, y, columns, rows }),
        2 => prop::option::of((0..12_u16, 0..5_u16)).prop_map(Step::Cursor),
        1 => (12..60_u16, 5..16_u16).prop_map(|(columns, rows)| Step::Resize(columns, rows)),
        1 => Just(Step::Clear),
        1 => Just(Step::Redraw),
    ]
}

/// Moves what stands in a pane, as a list does to which something is added.
fn move_pane(cells: &mut Buffer, pane: Rect, by: i32) {
    let before = cells.clone();
    let pane = pane.intersection(cells.area);
    for y in pane.top()..pane.bottom() {
        for x in pane.left()..pane.right() {
            let from = i32::from(y) + by;
            let is_inside = (i32::from(pane.top())..i32::from(pane.bottom())).contains(&from);
            cells[(x, y)] = if is_inside { before[(x, from as u16)].clone() } else { Cell::EMPTY };
        }
    }
    mend(cells);
}

/// Blanks what stands in the second cells of wide letters, and wide letters that have none.
fn mend(cells: &mut Buffer) {
    let columns = usize::from(cells.area.width);
    for row in cells.content.chunks_mut(columns) {
        let mut x = 0;
        while x < columns {
            let wide = cells_of(&row[x]);
            if x + wide > columns {
                row[x] = Cell::EMPTY;
            } else if wide > 1 {
                row[x + 1] = Cell::EMPTY;
            }
            x += wide;
        }
    }
}

fn emulated_color(color: Color) -> vt100::Color {
    match color {
        Color::Red => vt100::Color::Idx(1),
        Color::White => vt100::Color::Idx(15),
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
        _ => vt100::Color::Default,
    }
}

/// Asserts that a terminal shows a picture.
fn assert_shows(terminal: &vt100::Parser, picture: &Buffer, cursor: Option<Position>) {
    let screen = terminal.screen();
    let columns = usize::from(picture.area.width);
    for (y, row) in picture.content.chunks(columns).enumerate() {
        let mut x = 0;
        while x < columns {
            let (cell, at) = (&row[x], (x, y));
            let seen = screen.cell(y as u16, x as u16).expect("it is on the screen");
            let letter = if seen.has_contents() { seen.contents() } else { " " };
            assert_eq!(letter, cell.symbol(), "{at:?}");
            assert_eq!(seen.bgcolor(), emulated_color(cell.bg), "the ground of {at:?}");
            assert_eq!(seen.inverse(), cell.modifier.contains(Modifier::REVERSED), "{at:?}");
            assert_eq!(seen.underline(), cell.modifier.contains(Modifier::UNDERLINED), "{at:?}");
            if !is_bare(cell) {
                assert_eq!(seen.fgcolor(), emulated_color(cell.fg), "the color of {at:?}");
                assert_eq!(seen.italic(), cell.modifier.contains(Modifier::ITALIC), "{at:?}");
            }
            x += cells_of(cell);
        }
    }
    assert_eq!(screen.hide_cursor(), cursor.is_none());
    if let Some(cursor) = cursor {
        assert_eq!(screen.cursor_position(), (cursor.y, cursor.x));
    }
}

fn terminal(area: Rect) -> vt100::Parser {
    let cells = |count: u16| std::num::NonZero::new(count).expect("there are cells");
    let mut terminal = vt100::Parser::new(cells(area.height), cells(area.width), 0);
    terminal.process(b"\x1b[?25l");
    terminal
}

/// A picture whose rows are letters where a terminal would draw pixels.
fn image(table: &Arc<PixelTable>, columns: u16, rows: u16) -> PixelImage {
    let letters = ('A'..='Z').cycle().take(usize::from(rows));
    let rows = letters.map(|letter| letter.to_string().repeat(usize::from(columns)).into_bytes()).collect();
    PixelImage::new(table, PixelRows { before: Vec::new(), rows, after: String::new(), columns })
}

/// Gives what is to be seen: rows of pictures of which all is there, and nothing of the others.
fn seen(table: &PixelTable, cells: &Buffer) -> Buffer {
    let mut seen = cells.clone();
    seen.content.iter_mut().for_each(bare);
    for spot in table.spots(&mut seen) {
        let letters = String::from_utf8(table.row(spot.sign)).expect("they are letters");
        seen.set_string(spot.at.x, spot.at.y, letters, Style::reset());
    }
    seen
}

fn play(steps: &[Step], is_old: bool) {
    let table = Arc::<PixelTable>::default();
    let mut images = Vec::new();
    let mut canvas = Canvas::new(is_old, table.clone());
    let mut cells = Buffer::empty(Rect::new(0, 0, 40, 12));
    let mut cursor = None;
    let mut emulated = terminal(cells.area);
    for step in steps {
        let mut is_whole = false;
        match step {
            Step::Write { x, y, text, style } if *x < cells.area.width && *y < cells.area.height => {
                cells.set_string(*x, *y, text, *style);
                mend(&mut cells);
            }
            Step::Write { .. } => {}
            Step::Image { x, y, columns, rows } => {
                let (columns, rows) = (*columns.min(&cells.area.width), *rows);
                let image = image(&table, columns, rows);
                for row in 0..rows.min(cells.area.height.saturating_sub(*y)) {
                    let x = *x.min(&(cells.area.width - columns));
                    for column in x..x + columns {
                        cells[(column, y + row)].reset();
                        cells[(column, y + row)].set_char(image.sign(row));
                    }
                }
                mend(&mut cells);
                images.push(image);
            }
            Step::Scroll { top, rows, x, columns, by } => {
                move_pane(&mut cells, Rect::new(*x, *top, *columns, *rows), *by);
            }
            Step::Cursor(place) => cursor = place.map(Position::from),
            Step::Resize(columns, rows) => {
                let area = Rect::new(0, 0, *columns, *rows);
                // A terminal of the size that it had is the one that it was.
                if area != cells.area {
                    emulated = terminal(area);
                }
                (cells, cursor) = (Buffer::empty(area), None);
            }
            Step::Clear => cells.reset(),
            Step::Redraw => is_whole = true,
        }
        if matches!(step, Step::Redraw) {
            emulated.process(b"\x1b[2;4r\x1b[3;7Hgarbage\x1b[7m");
        }
        emulated.process(&canvas.show(Picture { cells: cells.clone(), cursor }, is_whole));
        assert_shows(&emulated, &seen(&table, &cells), cursor);
        let again = canvas.show(Picture { cells: cells.clone(), cursor }, false);
        assert!(again.is_empty(), "what is shown is not written again: {}", String::from_utf8_lossy(&again));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_terminal_shows_what_is_wanted(steps in prop::collection::vec(step(), 1..40)) {
        play(&steps, false);
    }

    #[test]
    fn an_old_terminal_shows_it_too(steps in prop::collection::vec(step(), 1..40)) {
        play(&steps, true);
    }
}

/// A screen with a list on each side and messages between them.
fn chat(messages: Range<usize>, typed: &str) -> Picture {
    let mut cells = Buffer::empty(Rect::new(0, 0, 120, 36));
    for y in 0..35 {
        if y < 8 {
            cells.set_string(0, y, format!("#channel-{y}"), Style::new());
        }
        cells.set_string(22, y, "│", Style::new().fg(Color::Rgb(0x8a, 0x8a, 0x8a)));
        cells.set_string(99, y, "│", Style::new().fg(Color::Rgb(0x8a, 0x8a, 0x8a)));
        if y < 4 {
            cells.set_string(101, y, format!("● member-{y}"), Style::new());
        }
    }
    let dim = Style::new().fg(Color::Rgb(0x8a, 0x8a, 0x8a));
    for (row, number) in messages.enumerate() {
        let text = format!("{number}: this is what somebody says, {}", number * 7919);
        cells.set_string(24, 1 + 2 * row as u16, text, Style::new());
        cells.set_string(24, 2 + 2 * row as u16, format!("╰ somebody · 09:{:02}", number % 60), dim);
    }
    cells.set_string(23, 34, format!("> {typed}"), Style::new());
    Picture { cells, cursor: Some(Position { x: 25 + typed.len() as u16, y: 34 }) }
}

#[test]
fn little_is_written_where_little_changes() {
    let mut canvas = Canvas::new(false, Arc::default());
    canvas.show(chat(0..16, "he"), false);
    assert_eq!(canvas.show(chat(0..16, "hel"), false), b"\x1b[ml", "the look of what was drawn last");
    assert_eq!(canvas.show(chat(0..16, "hell"), false), b"l");
    let message = canvas.show(chat(1..17, "hell"), false);
    assert!(message.len() <= 300, "{} bytes: {}", message.len(), String::from_utf8_lossy(&message));
    let page = canvas.show(chat(30..46, "hell"), false);
    assert!(page.len() <= 2_000, "{} bytes", page.len());
    assert!(page.starts_with(b"\x1b[?2026h") && page.ends_with(b"\x1b[?2026l"));
}
