//! What a terminal reports, when it comes in pieces. A slow line parts an escape sequence where it likes, and the first byte
//! alone is the key Esc; answers to questions look like keys, too. Here they are put together again, and no half of one is
//! ever typed.

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// How long Esc waits for what may follow it.
const ESC_HELD: Duration = Duration::from_millis(100);
/// How long the rest of a sequence may take once it has begun.
const REST_MAX: Duration = Duration::from_millis(500);
/// How long after Esc the rest may still come, if it comes at once and whole: nobody types that fast.
const LATE_MAX: Duration = Duration::from_secs(2);
const AT_ONCE: Duration = Duration::from_millis(10);
/// How long answers about pictures may be late, on the slowest of lines.
const LATE_ANSWERS: Duration = Duration::from_secs(10);
/// Characters of a sequence.
const SEQUENCE_MAX: usize = 64;

/// Something that the terminal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key, the mouse, the focus or the size.
    Event(Event),
    /// The color of the background: red, green and blue.
    Background(u8, u8, u8),
}

/// Puts together what belongs together.
#[derive(Debug, Default)]
pub struct Splicer {
    /// Whether the terminal marks what is pasted; else it is told by how fast it comes.
    marks_pastes: bool,
    /// When the last key came, and whether a line end has come in the same moment.
    typed: Option<(Instant, bool)>,
    held: Vec<Event>,
    kind: Kind,
    since: Option<Instant>,
    /// Until when answers about pictures may still come: they begin as keys with Alt do.
    answers_until: Option<Instant>,
    /// When the last key Esc was given, and when the last event came.
    esc_given: Option<Instant>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[default]
    Nothing,
    /// The key Esc, with nothing behind it.
    Esc,
    /// Enter, where what is pasted has no mark: what follows at once makes it a line end.
    Enter,
    /// `ESC [ …` or `ESC O …`.
    Sequence,
    /// `ESC ] …`: an answer to a question.
    Answer,
    /// What was pasted, whose mark at the begin came in pieces; it ends with a pause.
    Paste,
}

impl Splicer {
    /// Makes one for a terminal that marks what is pasted, or does not.
    pub fn new(marks_pastes: bool) -> Self {
        Self { marks_pastes, ..Self::default() }
    }

    /// Expects answers about pictures, which nobody waits for any more.
    pub fn expect_answers(&mut self, now: Instant) {
        self.answers_until = Some(now + LATE_ANSWERS);
    }

    /// Gives how long one waits for more before [`Self::flush`].
    pub fn patience(&self, now: Instant) -> Option<Duration> {
        let most = match self.kind {
            Kind::Nothing => return None,
            Kind::Esc => ESC_HELD,
            Kind::Enter => AT_ONCE,
            Kind::Sequence if !self.has_esc() => AT_ONCE,
            Kind::Sequence | Kind::Answer => REST_MAX,
            Kind::Paste => ESC_HELD,
        };
        Some((self.since? + most).saturating_duration_since(now))
    }

    /// Takes what came, and gives what is whole.
    pub fn take(&mut self, event: Event, now: Instant) -> Vec<Input> {
        let Event::Key(key) = event else {
            let mut given = self.flush(now);
            given.push(Input::Event(event));
            return given;
        };
        match (self.kind, plain(key)) {
            (Kind::Nothing, _) if key.code == KeyCode::Esc && key.modifiers.is_empty() => {
                self.hold(Kind::Esc, event, now)
            }
            (Kind::Nothing, _) if key.code == KeyCode::Char(']') && key.modifiers == KeyModifiers::ALT => {
                self.hold(Kind::Answer, event, now);
            }
            (Kind::Nothing, _)
                if matches!(key.code, KeyCode::Char('_' | 'P'))
                    && key.modifiers == KeyModifiers::ALT
                    && self.awaits(now) =>
            {
                self.hold(Kind::Answer, event, now);
            }
            (Kind::Nothing, Some('[')) if self.is_late(now) => self.hold(Kind::Sequence, event, now),
            (Kind::Nothing, _) if key.code == KeyCode::Enter && !self.marks_pastes => {
                self.hold(Kind::Enter, event, now);
            }
            (Kind::Nothing, _) => {
                let in_burst = self.typed.is_some_and(|(last, lines)| lines && now.duration_since(last) <= AT_ONCE);
                self.typed = Some((now, in_burst));
                return vec![Input::Event(event)];
            }
            (Kind::Enter, _) => {
                self.drop_held();
                self.typed = Some((now, true));
                let line_end = KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL);
                let mut given = vec![Input::Event(Event::Key(line_end))];
                given.extend(self.take(event, now));
                return given;
            }
            (Kind::Esc, Some('[' | 'O')) => self.hold(Kind::Sequence, event, now),
            (Kind::Esc, Some(']')) => self.hold(Kind::Answer, event, now),
            (Kind::Esc, Some('_' | 'P')) if self.awaits(now) => self.hold(Kind::Answer, event, now),
            (Kind::Paste, _) => {
                self.since = Some(now);
                self.held.push(event);
            }
            (Kind::Esc, _) => {
                let mut given = self.flush(now);
                given.extend(self.take(event, now));
                return given;
            }
            (Kind::Sequence, Some(c)) => {
                self.held.push(event);
                if ('@'..='~').contains(&c) && c != '[' {
                    return self.finish(now);
                }
                if self.text().len() > SEQUENCE_MAX {
                    return self.flush(now);
                }
            }
            (Kind::Answer, _) if ends_answer(key) => return self.finish_answer(now),
            // The end may be parted, too.
            (Kind::Answer, Some('\\')) if self.ends_with_esc() => return self.finish_answer(now),
            (Kind::Answer, _) if key.code == KeyCode::Esc && !self.ends_with_esc() => self.held.push(event),
            (Kind::Answer, Some(_)) if self.text().len() <= SEQUENCE_MAX => self.held.push(event),
            (Kind::Sequence | Kind::Answer, _) => {
                let mut given = self.flush(now);
                given.extend(self.take(event, now));
                return given;
            }
        }
        Vec::new()
    }

    /// Gives what was held, as keys: nothing more has come.
    pub fn flush(&mut self, now: Instant) -> Vec<Input> {
        if self.kind == Kind::Esc {
            self.esc_given = Some(now);
        }
        let kind = std::mem::take(&mut self.kind);
        let since = self.since.take();
        let ends_paste = kind == Kind::Enter
            && self
                .typed
                .is_some_and(|(last, lines)| lines && since.is_some_and(|since| since.duration_since(last) <= AT_ONCE));
        if ends_paste {
            // The line end of its last line sends nothing.
            self.held.clear();
        }
        if kind == Kind::Answer && self.is_of_pictures() {
            self.held.clear();
        }
        if kind == Kind::Paste {
            let pasted = self.held.drain(..).filter_map(pasted).collect();
            return vec![Input::Event(Event::Paste(pasted))];
        }
        self.held.drain(..).map(Input::Event).collect()
    }

    /// Tells whether answers about pictures may still come.
    fn awaits(&self, now: Instant) -> bool {
        self.answers_until.is_some_and(|until| now < until)
    }

    /// Tells whether what is held is an answer about pictures, in which nothing is of use any more.
    fn is_of_pictures(&self) -> bool {
        let first = self.held.iter().find_map(|event| match event {
            Event::Key(KeyEvent { code: KeyCode::Char(c), .. }) => Some(*c),
            _ => None,
        });
        matches!(first, Some('_' | 'P'))
    }

    fn drop_held(&mut self) {
        self.held.clear();
        (self.kind, self.since) = (Kind::Nothing, None);
    }

    fn hold(&mut self, kind: Kind, event: Event, now: Instant) {
        (self.kind, self.since) = (kind, Some(now));
        self.held.push(event);
    }

    /// Tells whether a bracket may be the rest of a sequence whose Esc was given already.
    fn is_late(&self, now: Instant) -> bool {
        self.esc_given.is_some_and(|given| now.duration_since(given) < LATE_MAX)
    }

    fn ends_with_esc(&self) -> bool {
        self.held.len() > 1 && matches!(self.held.last(), Some(Event::Key(key)) if key.code == KeyCode::Esc)
    }

    fn has_esc(&self) -> bool {
        matches!(self.held.first(), Some(Event::Key(key)) if key.code == KeyCode::Esc)
    }

    /// What is held as text, without the escape.
    fn text(&self) -> String {
        let keys = self.held.iter().filter_map(|event| match event {
            Event::Key(key) => plain(*key),
            _ => None,
        });
        keys.collect()
    }

    /// A sequence is whole: it is a key, the mouse or the focus, or nothing that anybody typed.
    fn finish(&mut self, now: Instant) -> Vec<Input> {
        let text = self.text();
        let began = self.since.unwrap_or(now);
        // Without its Esc it is a report only if it came at once.
        if !self.has_esc() && now.duration_since(began) > AT_ONCE {
            return self.flush(now);
        }
        self.held.clear();
        (self.kind, self.since, self.esc_given) = (Kind::Nothing, None, None);
        if text == "[200~" {
            (self.kind, self.since) = (Kind::Paste, Some(now));
            return Vec::new();
        }
        read(&text).map(Input::Event).into_iter().collect()
    }

    fn finish_answer(&mut self, now: Instant) -> Vec<Input> {
        if self.is_of_pictures() {
            self.drop_held();
            return Vec::new();
        }
        let text = self.text();
        let text = text.trim_start_matches(']');
        let Some(color) = text.strip_prefix("11;rgb:").and_then(color) else { return self.flush(now) };
        self.held.clear();
        (self.kind, self.since) = (Kind::Nothing, None);
        vec![Input::Background(color.0, color.1, color.2)]
    }
}

/// What a key stands for in a text that was pasted.
fn pasted(event: Event) -> Option<char> {
    let Event::Key(key) = event else { return None };
    match key.code {
        KeyCode::Char('j') if key.modifiers == KeyModifiers::CONTROL => Some('\n'),
        KeyCode::Char(c) => Some(c),
        KeyCode::Enter => Some('\n'),
        KeyCode::Tab => Some('\t'),
        _ => None,
    }
}

/// The character of a key that is typed without Ctrl and Alt.
fn plain(key: KeyEvent) -> Option<char> {
    match key.code {
        KeyCode::Char(c) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => Some(c),
        _ => None,
    }
}

/// `ESC \` or BEL.
fn ends_answer(key: KeyEvent) -> bool {
    (key.code == KeyCode::Char('\\') && key.modifiers == KeyModifiers::ALT)
        || (key.code == KeyCode::Char('g') && key.modifiers == KeyModifiers::CONTROL)
}

/// Reads `RRRR/GGGG/BBBB`, of which each has one to four hexadecimal digits.
fn color(text: &str) -> Option<(u8, u8, u8)> {
    let mut parts = text.split('/').map(|part| {
        let digits = Some(part.len()).filter(|digits| (1..=4).contains(digits))?;
        let most = (1_u32 << (4 * digits)) - 1;
        u32::from_str_radix(part, 16).ok().map(|value| (value * 255 / most) as u8)
    });
    let color = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(color)
}

/// Reads a sequence behind its escape (xterm's control sequences); `None` for one that means nothing here.
fn read(text: &str) -> Option<Event> {
    let (body, last) = text.split_at(text.len() - 1);
    let parameters = body.trim_start_matches(['[', 'O', '<']);
    let numbers = parameters.split(';').map(|number| number.parse::<u16>().unwrap_or(0)).collect::<Vec<_>>();
    if body.starts_with("[<") {
        return mouse(&numbers, last == "M");
    }
    let modifiers = modifiers(numbers.get(1).copied().unwrap_or(1));
    let key = |code| Some(Event::Key(KeyEvent::new(code, modifiers)));
    match last {
        "A" => key(KeyCode::Up),
        "B" => key(KeyCode::Down),
        "C" => key(KeyCode::Right),
        "D" => key(KeyCode::Left),
        "H" => key(KeyCode::Home),
        "F" => key(KeyCode::End),
        "Z" => Some(Event::Key(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT))),
        "P" | "Q" | "R" | "S" if body != "[" => key(KeyCode::F(last.as_bytes()[0] - b'O')),
        "I" => Some(Event::FocusGained),
        "O" if body == "[" => Some(Event::FocusLost),
        "~" => match numbers.first()? {
            1 | 7 => key(KeyCode::Home),
            2 => key(KeyCode::Insert),
            3 => key(KeyCode::Delete),
            4 | 8 => key(KeyCode::End),
            5 => key(KeyCode::PageUp),
            6 => key(KeyCode::PageDown),
            number @ 11..=15 => key(KeyCode::F(*number as u8 - 10)),
            number @ 17..=21 => key(KeyCode::F(*number as u8 - 11)),
            number @ 23..=24 => key(KeyCode::F(*number as u8 - 12)),
            _ => None,
        },
        _ => None,
    }
}

fn modifiers(parameter: u16) -> KeyModifiers {
    let bits = parameter.saturating_sub(1);
    let all = [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL)];
    all.into_iter().filter(|(bit, _)| bits & bit != 0).fold(KeyModifiers::NONE, |sum, (_, one)| sum | one)
}

/// A report of xterm's mode 1006: buttons and the wheel.
fn mouse(numbers: &[u16], pressed: bool) -> Option<Event> {
    let [button, column, row] = numbers else { return None };
    let kind = match (button & !0b1_1100, pressed) {
        (64, true) => MouseEventKind::ScrollUp,
        (65, true) => MouseEventKind::ScrollDown,
        (0, true) => MouseEventKind::Down(MouseButton::Left),
        (0, false) => MouseEventKind::Up(MouseButton::Left),
        _ => return None,
    };
    let (column, row) = (column.saturating_sub(1), row.saturating_sub(1));
    Some(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    fn char(c: char) -> Event {
        key(KeyCode::Char(c), KeyModifiers::NONE)
    }

    fn esc() -> Event {
        key(KeyCode::Esc, KeyModifiers::NONE)
    }

    /// Lets events come after so many milliseconds each, and gives what was made of them; a wait for too long flushes.
    fn spliced(events: &[(u64, Event)]) -> Vec<Input> {
        spliced_by(Splicer::new(true), events)
    }

    fn spliced_by(mut splicer: Splicer, events: &[(u64, Event)]) -> Vec<Input> {
        let mut now = Instant::now();
        let mut given = Vec::new();
        for (wait, event) in events {
            let wait = Duration::from_millis(*wait);
            if let Some(patience) = splicer.patience(now).filter(|patience| *patience < wait) {
                given.extend(splicer.flush(now + patience));
            }
            now += wait;
            given.extend(splicer.take(event.clone(), now));
        }
        given.extend(splicer.flush(now + REST_MAX));
        given
    }

    fn events(events: &[Event]) -> Vec<Input> {
        events.iter().cloned().map(Input::Event).collect()
    }

    fn typed(first_wait: u64, text: &str) -> Vec<(u64, Event)> {
        text.chars().enumerate().map(|(place, c)| (if place == 0 { first_wait } else { 0 }, char(c))).collect()
    }

    #[test]
    fn a_sequence_that_comes_in_two_reads_is_one() {
        for (wait, rest, expected) in [
            (80, "[A", vec![key(KeyCode::Up, KeyModifiers::NONE)]),
            (80, "[1;5C", vec![key(KeyCode::Right, KeyModifiers::CONTROL)]),
            (80, "OP", vec![key(KeyCode::F(1), KeyModifiers::NONE)]),
            (80, "[5~", vec![key(KeyCode::PageUp, KeyModifiers::NONE)]),
            (80, "[20~", vec![key(KeyCode::F(9), KeyModifiers::NONE)]),
            (80, "[I", vec![Event::FocusGained]),
            (80, "[?62;c", vec![]),
            (1_500, "[B", vec![esc(), key(KeyCode::Down, KeyModifiers::NONE)]),
            (1_500, "[O", vec![esc(), Event::FocusLost]),
        ] {
            let all = [vec![(0, esc())], typed(wait, rest)].concat();
            assert_eq!(spliced(&all), events(&expected), "{rest}");
        }
        let wheel = spliced(&[vec![(0, esc())], typed(80, "[<64;40;5M")].concat());
        let Input::Event(Event::Mouse(mouse)) = &wheel[0] else { panic!("{wheel:?}") };
        assert_eq!((mouse.kind, mouse.column, mouse.row), (MouseEventKind::ScrollUp, 39, 4));
        assert_eq!(wheel.len(), 1);
    }

    #[test]
    fn a_paste_whose_mark_is_parted_is_one() {
        let enter = key(KeyCode::Enter, KeyModifiers::NONE);
        let all = [vec![(0, esc())], typed(80, "[200~"), typed(0, "rm -rf"), vec![(0, enter)], typed(5, "x")].concat();
        assert_eq!(spliced(&all), [Input::Event(Event::Paste("rm -rf\nx".to_owned()))]);
    }

    /// "pastes told by time where they are not marked"
    #[test]
    fn a_paste_without_marks_sends_nothing() {
        let enter = || key(KeyCode::Enter, KeyModifiers::NONE);
        let line_end = || key(KeyCode::Char('j'), KeyModifiers::CONTROL);
        let unmarked = |events: &[(u64, Event)]| spliced_by(Splicer::new(false), events);
        let pasted = [typed(300, "a"), vec![(0, enter()), (0, enter())], typed(0, "b"), vec![(0, enter())]].concat();
        let expected = [char('a'), line_end(), line_end(), char('b')];
        assert_eq!(unmarked(&pasted), events(&expected));
        assert_eq!(spliced(&pasted), events(&[char('a'), enter(), enter(), char('b'), enter()]));
        // Whoever types waits longer than that, and a line that comes whole with its end is sent.
        let by_hand = [typed(300, "a"), vec![(40, enter())], typed(40, "b"), vec![(40, enter())]].concat();
        assert_eq!(unmarked(&by_hand), events(&[char('a'), enter(), char('b'), enter()]));
        let line = [typed(300, "ab"), vec![(0, enter())]].concat();
        assert_eq!(unmarked(&line), events(&[char('a'), char('b'), enter()]));
        // Behind a paste Enter is Enter.
        let then = [pasted, vec![(400, enter())]].concat();
        assert_eq!(unmarked(&then).last(), events(&[enter()]).last());
    }

    #[test]
    fn what_a_person_types_is_typed() {
        assert_eq!(spliced(&[(0, esc())]), events(&[esc()]));
        assert_eq!(spliced(&[(0, esc()), (40, char('x'))]), events(&[esc(), char('x')]));
        assert_eq!(spliced(&[(0, esc()), (0, esc())]), events(&[esc(), esc()]));
        let by_hand = [(0, esc()), (300, char('[')), (120, char('A'))];
        assert_eq!(spliced(&by_hand), events(&[esc(), char('['), char('A')]));
        assert_eq!(spliced(&typed(0, "a[0] = [A")), events(&"a[0] = [A".chars().map(char).collect::<Vec<_>>()));
        let alt = key(KeyCode::Char(']'), KeyModifiers::ALT);
        assert_eq!(spliced(&[(0, alt.clone()), (700, char('x'))]), events(&[alt, char('x')]));
    }

    #[test]
    fn the_color_of_the_background_is_no_key() {
        let begin = key(KeyCode::Char(']'), KeyModifiers::ALT);
        for end in [key(KeyCode::Char('\\'), KeyModifiers::ALT), key(KeyCode::Char('g'), KeyModifiers::CONTROL)] {
            let all = [vec![(0, begin.clone())], typed(0, "11;rgb:fdfd/f6f6/e3e3"), vec![(0, end)]].concat();
            assert_eq!(spliced(&all), [Input::Background(0xfd, 0xf6, 0xe3)]);
        }
        // Parted behind its first byte, and before its last.
        let (escape, last) = (key(KeyCode::Esc, KeyModifiers::NONE), char('\\'));
        let all = [vec![(0, escape.clone())], typed(60, "]11;rgb:0/0/0"), vec![(0, escape), (60, last)]].concat();
        assert_eq!(spliced(&all), [Input::Background(0, 0, 0)]);
        assert_eq!(color("0/8/f"), Some((0, 136, 255)));
        for bad in ["", "1/2", "1/2/3/4", "x/y/z", "12345/0/0"] {
            assert_eq!(color(bad), None, "{bad}");
        }
    }

    #[test]
    fn answers_about_pictures_that_come_late_are_no_keys() {
        let now = Instant::now();
        let typed = |splicer: &mut Splicer, events: &[Event], at: Instant| {
            let mut given = events.iter().flat_map(|event| splicer.take(event.clone(), at)).collect::<Vec<_>>();
            given.extend(splicer.flush(at + REST_MAX));
            given.len()
        };
        let alt = |c| key(KeyCode::Char(c), KeyModifiers::ALT);
        let answer = [alt('_'), char('G'), char('i'), char(';'), alt('\\')];
        let name = [alt('P'), char('>'), char('|'), char('X'), esc(), char('\\')];
        let in_pieces = [esc(), char('_'), char('G'), char('O')];
        let mut late = Splicer::new(true);
        late.expect_answers(now);
        for events in [&answer[..], &name, &in_pieces] {
            assert_eq!(typed(&mut late, events, now), 0, "{events:?}");
        }
        assert_eq!(typed(&mut late, &[char('a')], now), 1);
        // Where none is awaited they are keys.
        assert_eq!(typed(&mut Splicer::new(true), &answer[..2], now), 2);
        assert_eq!(typed(&mut late, &answer[..2], now + LATE_ANSWERS), 2);
    }
}
