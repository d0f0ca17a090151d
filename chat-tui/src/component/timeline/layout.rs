//! From a message to lines, and from lines to the screen.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use jiff::tz::TimeZone;
use proto::{Handle, Index, MessageKind, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::picture::{LaidImage, draw_image, image_rows};
use super::row::{Facts, Progress, RowFile, TimelineRow};
use super::{Pane, Timeline};
use crate::component::avatar::{AVATAR_CELLS, Badge, Badges, person_style};
use crate::component::show_chosen;
use crate::image::{ImageCache, ImageKey, ImageSetup};
use crate::markdown::{Emphasis, Rendered};
use crate::refusals::chat::of_message;
use crate::text::{truncate, truncate_middle, width, wrap};
use crate::theme::Theme;

/// Lines of one message that are shown before it is folded.
const FOLD_LINES: usize = 40;
/// Messages of one person within this time stand together and share one line with the name.
const GROUP_MILLIS: u64 = 5 * 60 * 1_000;
/// Cells that no message can write to: there stand the signs of a mention, of the line with the
/// sender's name and of something done, so that no text can pass for one of them.
const GUTTER: usize = 1;
/// Pictures that move at the same time, the newest on the screen.
const MOVING_MAX: usize = 2;
/// Stands before the name of who has said something.
const NAMED: &str = "╰ ";
/// Stands where a message begins below another one of the same person.
const BEGIN: &str = "·";

/// What laying out needs besides the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Cells of the pane.
    pub width: u16,
    /// Lines of the pane.
    pub height: u16,
    /// The handle of the reader, whose own messages look otherwise.
    pub me: Handle,
    /// Where the reader's clock stands.
    pub zone: TimeZone,
    /// Whether there is a connection.
    pub online: bool,
    /// Whom the reader has blocked: what they say is shown, and lights nothing up.
    pub blocked: Rc<BTreeSet<Handle>>,
    /// The messages of this channel that the reader has changed, edited or reacted to, and the server has not confirmed.
    pub changing: Rc<BTreeSet<Index>>,
    /// How pictures are drawn, if they are.
    pub images: Option<ImageSetup>,
    /// Rows of the screen: of what is written meanwhile no picture changes its size.
    pub screen_rows: u16,
    /// What people are seen by beside their names.
    pub badges: Badges,
}

/// How a piece of a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// What others said.
    Said(Emphasis),
    /// What the reader said.
    Own(Emphasis),
    Dim,
    /// What names the reader.
    Mention(Emphasis),
    MyName,
    Divider,
    Error,
    /// What somebody is seen by, in a color of theirs.
    Person(Option<u8>),
}

/// A line, from a column on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    /// Pieces of text.
    Text { column: usize, pieces: Vec<(String, Look)> },
    /// A row of a picture.
    Image { column: usize, image: Rc<LaidImage>, row: u16 },
}

/// What a message's neighbours and the pane make of its layout.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    width: u16,
    gap_above: bool,
    /// Whether the messages above are none that the reader may see.
    hidden_above: bool,
    new_day: bool,
    divider: bool,
    named: bool,
    /// Whether the message above is by the same person, with no name between them.
    follows: bool,
    /// Whether a change of it waits for the connection.
    changing: bool,
    /// Whether it was said to the reader: it names them, and they hear who said it.
    to_me: bool,
    unfolded: bool,
    /// How far it has come.
    progress: Progress,
    /// Whether it is on its way and there is a connection.
    online: bool,
    /// The revision of the message that this one answers, if that is here.
    original: Option<u64>,
    /// What its author is seen by.
    badge: Option<Badge>,
    /// How pictures are drawn, and over how many rows at most.
    images: Option<(ImageSetup, u16)>,
}

/// A message laid out.
#[derive(Debug)]
pub(super) struct Laid {
    setting: Setting,
    lines: Vec<Line>,
}

impl Laid {
    pub(super) fn height(&self) -> usize {
        self.lines.len()
    }
}

impl Timeline {
    /// Gives the pictures that are on the screen, from its upper edge on, and behind them those that move.
    pub fn images(&self, pane: &Pane<'_>) -> Vec<ImageKey> {
        let shown = self.visible(pane);
        let lines = shown.iter().flat_map(|shown| &shown.laid.lines[shown.lines.clone()]);
        let (mut keys, mut moving) = (Vec::new(), Vec::new());
        for line in lines {
            if let Line::Image { image, .. } = line
                && keys.last() != Some(&image.key)
            {
                keys.push(image.key.clone());
                moving.extend(image.moves.then(|| image.key.moving()));
            }
        }
        // Where many move nobody looks at all of them.
        keys.extend(moving.into_iter().rev().take(MOVING_MAX));
        keys
    }

    /// Lays a message out, or takes what was laid out before.
    pub(super) fn laid(&self, key: u64, pane: &Pane<'_>) -> Option<Rc<Laid>> {
        let row = self.row(key, pane)?;
        let setting = self.setting(key, &row, pane)?;
        let mut kept = row.laid.borrow_mut();
        Some(match &*kept {
            Some(laid) if laid.setting == setting => laid.clone(),
            _ => {
                let quote = self.quote(&row, pane);
                let lines = lines(&row, quote.as_deref(), &setting, pane.context);
                let laid = Rc::new(Laid { setting, lines });
                *kept = Some(laid.clone());
                laid
            }
        })
    }

    fn setting(&self, key: u64, row: &TimelineRow, pane: &Pane<'_>) -> Option<Setting> {
        let (context, history) = (pane.context, pane.history);
        let (facts, before, after) = (pane.facts(key)?, pane.before(key), pane.after(key));
        let (before_facts, after_facts) =
            (before.and_then(|key| pane.facts(key)), after.and_then(|key| pane.facts(key)));
        let (stored, first) = (facts.stored, history.first_index().get());
        let gap_above = stored && key > first && before.is_none_or(|before| before + 1 != key);
        let day = |date| local(date, &context.zone).date();
        Some(Setting {
            width: context.width,
            gap_above,
            hidden_above: stored && key == first && first > 1,
            new_day: before_facts.is_none_or(|before| day(before.date) != day(facts.date)),
            divider: stored
                && self.divider.is_some_and(|read| key > read && before.is_none_or(|before| before <= read)),
            named: after_facts.is_none_or(|after| !stands_with(&facts, &after, &context.zone)),
            follows: before_facts.is_some_and(|before| stands_with(&before, &facts, &context.zone)),
            changing: stored && !context.online && context.changing.contains(&Index::new(key)),
            to_me: row.names_me && !context.blocked.contains(&row.handle),
            unfolded: self.unfolded,
            progress: pane.progress(key),
            online: !stored && context.online,
            original: row.reply_to.and_then(|original| Some(history.get(original)?.revision)),
            badge: context.badges.get(facts.handle).cloned(),
            // Where there are none, nothing is laid out anew when the pane grows.
            images: context.images.filter(|_| row.has_pictures()).map(|setup| (setup, image_rows(context.screen_rows))),
        })
    }

    /// Says what a message answers, in a line above it.
    fn quote(&self, row: &TimelineRow, pane: &Pane<'_>) -> Option<String> {
        let original = row.reply_to?;
        Some(match self.row(original.get(), pane) {
            Some(said) if said.deleted => say!("timeline-quote-deleted", handle = said.handle.as_str()),
            Some(said) => {
                let rendered = Rendered::new(&said.content);
                let begin =
                    rendered.text().lines().next().or(said.files.first().map(|file| &*file.words)).unwrap_or_default();
                match said.kind {
                    MessageKind::System => format!("↪ {} {begin}", said.handle),
                    _ => say!("timeline-quote", handle = said.handle.as_str(), text = begin),
                }
            }
            None => say!("timeline-quote-unknown", index = original.get()),
        })
    }
}

fn local(date: Timestamp, zone: &TimeZone) -> jiff::Zoned {
    let moment = jiff::Timestamp::from_millisecond(date.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    moment.to_zoned(zone.clone())
}

/// Tells whether a message stands in one group with the next.
fn stands_with(one: &Facts<'_>, next: &Facts<'_>, zone: &TimeZone) -> bool {
    one.handle == next.handle
        // What the daemon tells of somebody is not said by them.
        && (one.kind == MessageKind::System) == (next.kind == MessageKind::System)
        && one.stored
        && next.stored
        && next.date.millis_since(one.date) < GROUP_MILLIS
        && local(one.date, zone).date() == local(next.date, zone).date()
}

fn lines(row: &TimelineRow, quote: Option<&str>, setting: &Setting, context: &Context) -> Vec<Line> {
    let cells = usize::from(setting.width);
    let mut lines = Vec::new();
    if setting.hidden_above {
        lines.push(hidden(cells));
    }
    if setting.gap_above {
        lines.push(rule(label!("timeline-loading"), cells, Look::Dim));
    }
    if setting.new_day {
        let day = local(row.date, &context.zone).strftime(label!("date-day")).to_string();
        lines.push(rule(&day, cells, Look::Dim));
    }
    if setting.divider {
        lines.push(rule(label!("timeline-new"), cells, Look::Divider));
    }
    if let Some(quote) = quote.filter(|_| !row.deleted) {
        lines.push(aside(&truncate(quote, cells * 3 / 4), row.own, cells));
    }
    if row.deleted {
        lines.push(aside(label!("timeline-deleted"), row.own, cells));
    } else if row.kind == MessageKind::Action || row.kind == MessageKind::System {
        action_lines(row, setting, context, &mut lines);
        file_lines(row, setting, &Block::of(row, setting), false, &mut lines);
    } else {
        said_lines(row, setting, context, &mut lines);
    }
    let named = (setting.named && row.kind != MessageKind::System) || setting.progress != Progress::Stored;
    let names = if named { name_lines(row, setting, cells, context) } else { Vec::new() };
    let badge = setting.badge.as_ref().filter(|_| setting.progress == Progress::Stored);
    let badge_cells = badge.map_or(0, |_| AVATAR_CELLS + 1);
    match (after_words(row, setting.changing), &names[..]) {
        (Some(words), [(name, look)]) if width(name) + width(&words) + badge_cells + 3 < cells => {
            lines.push(beside(row, &format!("{name} · {words}"), *look, cells, badge));
        }
        (words, names) => {
            lines.extend(words.map(|words| aside(&words, row.own, cells)));
            lines.extend(names.iter().map(|(name, look)| beside(row, name, *look, cells, badge)));
        }
    }
    lines
}

/// What happened to a message since it was sent: `♥ 2  🎉 1 · edited · pinned`; and what the server has not confirmed.
fn after_words(row: &TimelineRow, changing: bool) -> Option<String> {
    let reactions = row.reactions.iter().map(|reaction| format!("{} {}", reaction.drawn, reaction.count));
    let reactions = Some(reactions.collect::<Vec<_>>().join("  ")).filter(|text| !text.is_empty());
    let edited = (row.edited && !row.deleted).then(|| label!("timeline-edited").to_owned());
    let pinned = row.pinned.then(|| label!("timeline-pinned").to_owned());
    let changing = changing.then(|| label!("timeline-changing").to_owned());
    let words = reactions.into_iter().chain(edited).chain(pinned).chain(changing).collect::<Vec<_>>().join(" · ");
    (!words.is_empty()).then_some(words)
}

/// A rule with a word in its middle.
fn rule(word: &str, cells: usize, look: Look) -> Line {
    let word = truncate(word, cells.saturating_sub(6));
    let dashes = cells.saturating_sub(width(&word) + 2) / 2;
    let dash = "─".repeat(dashes.min(8));
    let text = format!("{dash} {word} {dash}");
    Line::Text { column: cells.saturating_sub(width(&text)) / 2, pieces: vec![(text, look)] }
}

/// Says that the reader sees nothing of what was said before.
fn hidden(cells: usize) -> Line {
    let words = if cells < 48 { label!("timeline-hidden-short") } else { label!("timeline-hidden") };
    rule(words, cells, Look::Dim)
}

/// What was said: own words in a block on the right, others' on the left, and the files of a message below its words.
fn said_lines(row: &TimelineRow, setting: &Setting, context: &Context, lines: &mut Vec<Line>) {
    let only_files = row.content.as_str().is_empty() && !row.files.is_empty();
    let rendered = Rendered::new(&row.content);
    let text = rendered.text();
    let block = Block::of(row, setting);
    let words = if only_files { Vec::new() } else { wrap(text, block.text_cells) };
    let (ranges, folded) = fold(words, setting);
    let names = if setting.to_me { row.my_names(&rendered, &context.me) } else { Vec::new() };
    let of_words = ranges.iter().map(|range| width(&text[range.clone()])).max();
    let block = block.at_least(of_words.unwrap_or(0));
    for (place, range) in ranges.iter().enumerate() {
        let begins = setting.follows && place == 0;
        let pieces = rendered.pieces(range.clone()).into_iter();
        let pieces = pieces.flat_map(|(piece, emphasis)| match block.own {
            true => vec![(text[piece].to_owned(), Look::Own(emphasis))],
            false => split_names(text, &piece, &names, block.said(emphasis)),
        });
        lines.push(block.line(begins, pieces.collect()));
    }
    lines.extend(folded.map(|hidden| aside(&hidden, row.own, block.cells)));
    file_lines(row, setting, &block, setting.follows && only_files, lines);
}

/// The files of a message, a line for each, and above it the picture if it is one.
fn file_lines(row: &TimelineRow, setting: &Setting, block: &Block, begins: bool, lines: &mut Vec<Line>) {
    for (place, file) in row.files.iter().enumerate() {
        image_lines(file, setting, block, lines);
        // Its ending and its size are read, however long its name is.
        let text = truncate_middle(&file.words, block.text_cells);
        lines.push(block.line(begins && place == 0, vec![(text, block.said(Emphasis::default()))]));
    }
}

/// A picture, whose rows are there before it is: nothing jumps when it comes.
fn image_lines(file: &RowFile, setting: &Setting, block: &Block, lines: &mut Vec<Line>) {
    let (Some((id, picture)), Some((setup, rows))) = (&file.picture, setting.images) else { return };
    let image = Rc::new(LaidImage::of(*id, picture, setup, (block.text_cells, rows)));
    let size = image.key.size;
    let column = if block.own { block.cells.saturating_sub(usize::from(size.columns)) } else { GUTTER };
    lines.extend((0..size.rows).map(|row| Line::Image { column, image: image.clone(), row }));
}

/// Where the words and files of a message stand: in a block at the right if they are the reader's own.
struct Block {
    own: bool,
    to_me: bool,
    cells: usize,
    text_cells: usize,
    padding: usize,
    /// The cells of its widest line.
    width: usize,
}

impl Block {
    /// Gives the block of a message, as wide as its files.
    fn of(row: &TimelineRow, setting: &Setting) -> Self {
        let (own, cells) = (row.own && row.kind != MessageKind::Action, usize::from(setting.width));
        let (text_cells, padding) = text_cells(cells, own);
        let width = row.files.iter().map(|file| width(&file.words).min(text_cells)).max().unwrap_or(0);
        Self { own, to_me: setting.to_me, cells, text_cells, padding, width }
    }

    fn at_least(self, width: usize) -> Self {
        Self { width: self.width.max(width), ..self }
    }

    /// How something said in it looks.
    fn said(&self, emphasis: Emphasis) -> Look {
        match (self.own, self.to_me) {
            (true, _) => Look::Own(emphasis),
            (false, true) => Look::Mention(emphasis),
            (false, false) => Look::Said(emphasis),
        }
    }

    /// One of its lines; `begins` if a message begins here below another one of the same person.
    fn line(&self, begins: bool, mut pieces: Vec<(String, Look)>) -> Line {
        if !self.own {
            let mark = match (self.to_me, begins) {
                (true, _) => ("▌".to_owned(), self.said(Emphasis::default())),
                (false, true) => (BEGIN.to_owned(), Look::Dim),
                (false, false) => (" ".to_owned(), self.said(Emphasis::default())),
            };
            pieces.insert(0, mark);
            return Line::Text { column: 0, pieces };
        }
        let blank = |cells: usize| (" ".repeat(cells), self.said(Emphasis::default()));
        let said = pieces.iter().map(|(text, _)| width(text)).sum::<usize>();
        pieces.insert(0, blank(self.padding));
        pieces.push(blank(self.width - said + self.padding));
        let column = self.cells.saturating_sub(self.width + 2 * self.padding);
        match column.checked_sub(width(BEGIN)).filter(|_| begins) {
            Some(column) => {
                pieces.insert(0, (BEGIN.to_owned(), Look::Dim));
                Line::Text { column, pieces }
            }
            None => Line::Text { column, pieces },
        }
    }
}

/// Leaves out what is beyond the first lines of a long message, and says how much that is.
fn fold(mut ranges: Vec<Range<usize>>, setting: &Setting) -> (Vec<Range<usize>>, Option<String>) {
    let hidden = ranges.len().saturating_sub(FOLD_LINES);
    if hidden <= 1 || setting.unfolded {
        return (ranges, None);
    }
    ranges.truncate(FOLD_LINES);
    (ranges, Some(say!("timeline-folded", count = hidden)))
}

/// A dim line of ours beside what was said.
fn aside(text: &str, own: bool, cells: usize) -> Line {
    let text = truncate(text, cells.saturating_sub(GUTTER));
    let column = if own { cells.saturating_sub(width(&text)) } else { GUTTER };
    Line::Text { column, pieces: vec![(text, Look::Dim)] }
}

/// Gives the cells for words in a pane, and the cells beside them in a block: own words leave the
/// left part of a wide pane free, so that both sides can be told apart at a glance.
fn text_cells(cells: usize, own: bool) -> (usize, usize) {
    match (own, cells) {
        (true, 0..20) => (cells, 0),
        (true, 20..50) => (cells - 6, 1),
        (true, _) => (cells * 3 / 4 - 2, 1),
        (false, 0..50) => (cells.saturating_sub(GUTTER), 0),
        (false, _) => (cells * 9 / 10 - GUTTER, 0),
    }
}

/// Cuts a line where the reader's name stands in it.
fn split_names(text: &str, line: &Range<usize>, names: &[Range<usize>], look: Look) -> Vec<(String, Look)> {
    let mut pieces = Vec::new();
    let mut at = line.start;
    for name in names {
        let (from, to) = (name.start.clamp(at, line.end), name.end.clamp(at, line.end));
        if from < to {
            pieces.push((text[at..from].to_owned(), look));
            pieces.push((text[from..to].to_owned(), Look::MyName));
            at = to;
        }
    }
    pieces.push((text[at..line.end].to_owned(), look));
    pieces
}

/// Something done: `* alice waves`; or told by the daemon, with the time in the same line.
fn action_lines(row: &TimelineRow, setting: &Setting, context: &Context, lines: &mut Vec<Line>) {
    let cells = usize::from(setting.width);
    let time = if row.kind == MessageKind::System { format!(" · {}", clock(row, context)) } else { String::new() };
    let text = format!(" {} {}{time}", row.handle, row.content.as_str());
    let look = if setting.to_me { Look::Mention(Emphasis::default()) } else { Look::Dim };
    let (ranges, folded) = fold(wrap(&text, cells.saturating_sub(GUTTER)), setting);
    for (place, range) in ranges.into_iter().enumerate() {
        let mark = match (place, setting.to_me) {
            (0, _) => "*",
            (_, true) => "▌",
            (_, false) => " ",
        };
        lines.push(Line::Text { column: 0, pieces: vec![(mark.to_owned(), look), (text[range].to_owned(), look)] });
    }
    lines.extend(folded.map(|hidden| aside(&hidden, false, cells)));
}

fn clock(row: &TimelineRow, context: &Context) -> String {
    local(row.date, &context.zone).strftime("%H:%M").to_string()
}

/// Who and when, and how far an own message has come.
fn name_lines(row: &TimelineRow, setting: &Setting, cells: usize, context: &Context) -> Vec<(String, Look)> {
    let time = clock(row, context);
    let (text, look) = match &setting.progress {
        Progress::Stored => (format!("{} · {time}", row.handle), Look::Dim),
        Progress::Pending if setting.online => (label!("timeline-sending").to_owned(), Look::Dim),
        Progress::Pending => (label!("timeline-waiting").to_owned(), Look::Dim),
        Progress::Failed(reason) => {
            let text = say!("timeline-not-sent", reason = of_message(reason));
            let lines = wrap(&text, cells.saturating_sub(GUTTER)).into_iter().map(|range| text[range].to_owned());
            return lines.map(|line| (line, Look::Error)).collect();
        }
    };
    let is_others = !row.own || row.kind == MessageKind::Action;
    vec![(if is_others { format!("{NAMED}{text}") } else { text }, look)]
}

/// A line below a message, on its side, with what its author is seen by.
fn beside(row: &TimelineRow, text: &str, look: Look, cells: usize, badge: Option<&Badge>) -> Line {
    let own = row.own && row.kind != MessageKind::Action;
    let room =
        (if own { cells.saturating_sub(GUTTER) } else { cells }).saturating_sub(badge.map_or(0, |_| AVATAR_CELLS + 1));
    let text = truncate(text, room);
    let pieces = match (badge, text.strip_prefix(NAMED)) {
        (None, _) => vec![(text, look)],
        (Some(badge), Some(name)) => {
            vec![(NAMED.to_owned(), look), (badge.text.clone(), Look::Person(badge.color)), (format!(" {name}"), look)]
        }
        (Some(badge), None) => vec![(format!("{text} "), look), (badge.text.clone(), Look::Person(badge.color))],
    };
    let column = if own { cells.saturating_sub(pieces.iter().map(|(text, _)| width(text)).sum()) } else { 0 };
    Line::Text { column, pieces }
}

/// Draws the messages, the newest at the lower edge.
pub fn view_timeline(
    state: &Timeline,
    pane: &Pane<'_>,
    images: &ImageCache,
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let shown = state.visible(pane);
    let height = usize::from(area.height);
    let lines = shown.iter().flat_map(|shown| {
        let chosen = state.chosen == Some(shown.key);
        shown.laid.lines[shown.lines.clone()].iter().map(move |line| (line, chosen))
    });
    let lines = lines.collect::<Vec<_>>();
    if lines.is_empty() && pane.history.first_index().get() > 1 && height > 0 {
        draw(&hidden(usize::from(area.width)), images, area, area.height - 1, buffer, theme);
    }
    let skipped = lines.len().saturating_sub(height);
    let top = height - (lines.len() - skipped);
    for (row, (line, chosen)) in lines[skipped..].iter().enumerate() {
        let y = (top + row) as u16;
        draw(line, images, area, y, buffer, theme);
        if *chosen {
            show_chosen(Rect { y: area.y + y, height: 1, ..area }, buffer, theme);
        }
    }
}

fn draw(line: &Line, images: &ImageCache, area: Rect, row: u16, buffer: &mut Buffer, theme: &Theme) {
    let y = area.y + row;
    match line {
        Line::Text { column, pieces } => {
            let mut x = area.x + *column as u16;
            for (text, look) in pieces {
                let room = usize::from(area.right().saturating_sub(x));
                (x, _) = buffer.set_stringn(x, y, text, room, style(*look, theme));
            }
        }
        Line::Image { column, image, row } => {
            let x = area.x + *column as u16;
            let width = image.key.size.columns.min(area.right().saturating_sub(x));
            draw_image(&image.key, image.blur.as_ref(), images, *row, Rect { x, y, width, height: 1 }, buffer, theme);
        }
    }
}

fn style(look: Look, theme: &Theme) -> Style {
    match look {
        Look::Said(emphasis) if emphasis.quoted => emphasized(theme.dim, theme.code, emphasis),
        Look::Said(emphasis) => emphasized(Style::new(), theme.code, emphasis),
        Look::Own(emphasis) => emphasized(theme.own, theme.own_code, emphasis),
        Look::Dim => theme.dim,
        Look::Mention(emphasis) => emphasized(theme.mention, theme.code, emphasis),
        Look::MyName => theme.mention_strong,
        Look::Divider => theme.divider,
        Look::Error => theme.error,
        Look::Person(color) => person_style(color, theme),
    }
}

/// Adds how a part of a text looks to how all of it looks.
fn emphasized(style: Style, code: Style, emphasis: Emphasis) -> Style {
    let ways = [
        (emphasis.bold, Modifier::BOLD),
        (emphasis.italic || emphasis.quoted, Modifier::ITALIC),
        (emphasis.struck, Modifier::CROSSED_OUT),
    ];
    let style = if emphasis.code { style.patch(code) } else { style };
    ways.into_iter().filter(|(on, _)| *on).fold(style, |style, (_, modifier)| style.add_modifier(modifier))
}
