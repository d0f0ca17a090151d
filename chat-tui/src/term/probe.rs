//! Asks the terminal once what pictures it can draw, and waits a bounded time for what it says. Keys that come meanwhile are
//! kept.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Traits;
use crate::image::{CELL, ImageProtocol, ImageSetup};

/// How long an answer may take; who types waits as long.
const ANSWER_MAX: Duration = Duration::from_millis(500);
/// Pixels that a side of a cell may have.
const CELL_SIDES: std::ops::RangeInclusive<u16> = 2..=100;
/// How long tmux may take to say what it does.
const TMUX_MAX: Duration = Duration::from_millis(300);
/// Bytes of all answers, and of what is typed meanwhile.
const BYTES_MAX: usize = 4_096;
/// One pixel that kitty is to check and forget (its graphics protocol, "Querying support").
const KITTY: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";
/// What it is called (XTVERSION), how large its cells are (XTWINOPS 16), and what it can do (DA1). All terminals know the last
/// one, so its answer ends the wait.
const QUESTIONS: &str = "\x1b[>0q\x1b[16t\x1b[c";

/// What is wanted of pictures, and where one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// What is taken, whatever the terminal says.
    pub wanted: Option<ImageProtocol>,
    /// Whether it has colors enough for half blocks.
    has_colors: bool,
    tmux: Option<Tmux>,
}

/// The tmux that the program runs in, and what it stands in itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tmux {
    /// Whether it lets sequences through that it does not know.
    passes: bool,
    /// Whether the terminal around it draws sixels. What tmux says of itself is true of every terminal.
    draws_sixels: bool,
}

/// What has come of the questions.
#[derive(Debug)]
pub struct Probed {
    /// How pictures are drawn, if they can be.
    pub setup: Option<ImageSetup>,
    /// What was typed meanwhile, and answers to other questions.
    pub typed: Vec<Event>,
    /// Whether all answers have come; else they may still come.
    pub is_whole: bool,
}

/// What a terminal has said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answers {
    kitty: bool,
    sixel: bool,
    name: String,
    cell: Option<(u16, u16)>,
    /// Whether the last answer has come.
    is_whole: bool,
    /// Whether it ends in the middle of something.
    is_parted: bool,
    /// What was typed meanwhile, and answers to other questions.
    rest: Vec<Event>,
}

impl Probe {
    /// Looks where one is. `wanted` is taken whatever the terminal says.
    pub fn of_environment(wanted: Option<ImageProtocol>, traits: &Traits) -> Self {
        let has_colors = traits.has_many_colors();
        let in_tmux = std::env::var_os("TMUX").is_some_and(|value| !value.is_empty());
        Self { wanted, has_colors, tmux: in_tmux.then(Tmux::asked) }
    }

    /// Gives the questions, to be written between two pictures of the screen.
    pub fn questions(&self) -> String {
        match self.tmux {
            None => format!("{KITTY}{QUESTIONS}"),
            Some(Tmux { passes: true, .. }) => {
                format!("\x1bPtmux;{}\x1b\\{QUESTIONS}", KITTY.replace('\x1b', "\x1b\x1b"))
            }
            Some(_) => QUESTIONS.to_owned(),
        }
    }

    /// Waits for the answers.
    pub fn answers(&self) -> Probed {
        let mut bytes = Vec::new();
        let end = Instant::now() + ANSWER_MAX;
        while bytes.len() < BYTES_MAX && !is_whole(&bytes) && read_some(&mut bytes, end) {}
        let answers = read_answers(&bytes);
        tracing::debug!(?answers, "what the terminal says of pictures");
        let setup = self.setup(&answers);
        let setup = Some(setup).filter(|setup| self.has_colors || setup.protocol != ImageProtocol::Blocks);
        Probed { setup, typed: answers.rest, is_whole: answers.is_whole }
    }

    fn setup(&self, answers: &Answers) -> ImageSetup {
        let cell = cell_pixels().or(answers.cell).unwrap_or(CELL);
        let found = self.found(answers);
        let protocol = self.wanted.unwrap_or(found);
        // tmux draws sixels itself, and knows nothing of the others.
        let is_tmux = self.tmux.is_some() && matches!(protocol, ImageProtocol::Kitty | ImageProtocol::Iterm2);
        ImageSetup { protocol, is_tmux, cell }
    }

    fn found(&self, answers: &Answers) -> ImageProtocol {
        let name = answers.name.as_str();
        // WezTerm and Konsole know kitty's protocol without its placeholders, and Konsole draws sixels wrongly.
        let half_kitty = name.starts_with("WezTerm") || name.starts_with("Konsole");
        let inline = ["iTerm2", "WezTerm", "mintty"].iter().any(|known| name.starts_with(known));
        match () {
            () if answers.kitty && !half_kitty => ImageProtocol::Kitty,
            () if inline && self.tmux.is_none() => ImageProtocol::Iterm2,
            () if answers.sixel && !half_kitty && self.tmux.is_none_or(|tmux| tmux.draws_sixels) => {
                ImageProtocol::Sixel
            }
            () => ImageProtocol::Blocks,
        }
    }
}

impl Tmux {
    fn asked() -> Self {
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let ask = |arguments: &[&str]| {
                let asked = Command::new("tmux").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output();
                asked.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned()).unwrap_or_default()
            };
            let passes = ask(&["show-options", "-Apqv", "allow-passthrough"]);
            let features = ask(&["display-message", "-p", "#{client_termfeatures}"]);
            let draws_sixels = features.split(',').any(|feature| feature == "sixel");
            // Who does not wait any more does without.
            let _ = tell.send(Self { passes: matches!(passes.as_str(), "on" | "all"), draws_sixels });
        });
        told.recv_timeout(TMUX_MAX).unwrap_or(Self { passes: false, draws_sixels: false })
    }
}

/// Gives the pixels of a cell, if the system knows how large the terminal is in pixels.
pub fn cell_pixels() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    let (width, height) = (size.ws_xpixel.checked_div(size.ws_col)?, size.ws_ypixel.checked_div(size.ws_row)?);
    (CELL_SIDES.contains(&width) && CELL_SIDES.contains(&height)).then_some((width, height))
}

/// Reads what has come from the terminal; false when nothing has until the end.
fn read_some(bytes: &mut Vec<u8>, end: Instant) -> bool {
    let stdin = io::stdin();
    let left = Timespec::try_from(end.saturating_duration_since(Instant::now())).expect("half a second is a time");
    let mut readable = [PollFd::new(&stdin, PollFlags::IN)];
    if !matches!(poll(&mut readable, Some(&left)), Ok(1)) {
        return false;
    }
    let mut part = [0; 512];
    // Not through the buffer of standard input, in which bytes would be lost to who reads the terminal after this.
    match rustix::io::read(&stdin, &mut part) {
        Ok(read) if read > 0 => part[..read].take(read as u64).read_to_end(bytes).is_ok(),
        _ => false,
    }
}

/// Tells whether all answers are there, and nothing behind them is parted.
fn is_whole(bytes: &[u8]) -> bool {
    let answers = read_answers(bytes);
    answers.is_whole && !answers.is_parted
}

fn read_answers(bytes: &[u8]) -> Answers {
    let mut answers = Answers::default();
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        let taken = match (first, after) {
            (0x1b, [b'_' | b'P' | b']', ..]) => take_text(&mut answers, after),
            (0x1b, [b'[', b'2', b'0', b'0', b'~', pasted @ ..]) => take_paste(&mut answers, pasted),
            (0x1b, [b'[', ..]) => take_sequence(&mut answers, after),
            (0x1b, [_, ..]) => Some(1),
            (0x1b, []) => None,
            _ => {
                let text = rest.split(|byte| *byte == 0x1b).next().unwrap_or_default();
                let keys = String::from_utf8_lossy(text).chars().filter_map(key).collect::<Vec<_>>();
                answers.rest.extend(keys.into_iter().map(Event::Key));
                Some(text.len() - 1)
            }
        };
        let Some(taken) = taken else {
            answers.is_parted = true;
            return answers;
        };
        rest = &after[taken..];
    }
    answers
}

/// Takes what was pasted behind its mark, as far as the mark at its end.
fn take_paste(answers: &mut Answers, bytes: &[u8]) -> Option<usize> {
    const END: &[u8] = b"\x1b[201~";
    let length = bytes.windows(END.len()).position(|part| part == END)?;
    answers.rest.push(Event::Paste(String::from_utf8_lossy(&bytes[..length]).replace('\r', "\n")));
    Some("[200~".len() + length + END.len())
}

/// Takes a text in (APC, DCS, OSC) behind its escape; gives how many bytes it had, none while it has no end.
fn take_text(answers: &mut Answers, bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(2).position(|pair| pair == b"\x1b\\");
    let bell = bytes.iter().position(|byte| *byte == 7);
    let (text, taken) = match (end, bell) {
        (Some(end), bell) if bell.is_none_or(|bell| end < bell) => (&bytes[..end], end + 2),
        (_, Some(bell)) => (&bytes[..bell], bell + 1),
        _ => return None,
    };
    let text = String::from_utf8_lossy(text);
    if let Some(said) = text.strip_prefix("_Gi=31;") {
        answers.kitty = said == "OK";
    } else if let Some(name) = text.strip_prefix("P>|") {
        name.clone_into(&mut answers.name);
    } else if let Some(other) = text.strip_prefix(']') {
        // An answer to another question, for who has asked it.
        let event = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
        answers.rest.push(event(KeyCode::Char(']'), KeyModifiers::ALT));
        answers.rest.extend(other.chars().map(|c| event(KeyCode::Char(c), KeyModifiers::NONE)));
        answers.rest.push(event(KeyCode::Char('\\'), KeyModifiers::ALT));
    }
    Some(taken)
}

/// Takes a control sequence in, behind its escape; gives how many bytes it had, none while it has no end.
fn take_sequence(answers: &mut Answers, bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().skip(1).position(|byte| (0x40..=0x7e).contains(byte))?;
    let (body, last) = (String::from_utf8_lossy(&bytes[1..=end]), bytes[end + 1]);
    match (last, body.strip_prefix('?')) {
        (b'c', Some(features)) => {
            answers.sixel = features.split(';').skip(1).any(|feature| feature == "4");
            answers.is_whole = true;
        }
        (b't', None) => {
            let numbers = body.split(';').map(|number| number.parse().unwrap_or(0)).collect::<Vec<u16>>();
            if let [6, height, width] = numbers[..]
                && CELL_SIDES.contains(&height)
                && CELL_SIDES.contains(&width)
            {
                answers.cell = Some((width, height));
            }
        }
        (b'A'..=b'D', None) => {
            let keys = [KeyCode::Up, KeyCode::Down, KeyCode::Right, KeyCode::Left];
            let code = keys[usize::from(last - b'A')];
            answers.rest.push(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        }
        (b'I', None) => answers.rest.push(Event::FocusGained),
        (b'O', None) => answers.rest.push(Event::FocusLost),
        _ => {}
    }
    Some(end + 2)
}

/// What is typed while the terminal answers: letters and what ends a line.
fn key(c: char) -> Option<KeyEvent> {
    let (code, modifiers) = match c {
        '\r' | '\n' => (KeyCode::Enter, KeyModifiers::NONE),
        '\t' => (KeyCode::Tab, KeyModifiers::NONE),
        '\u{7f}' => (KeyCode::Backspace, KeyModifiers::NONE),
        '\u{1}'..='\u{1a}' => (KeyCode::Char((c as u8 + b'a' - 1).into()), KeyModifiers::CONTROL),
        c if c.is_control() || c == '\u{fffd}' => return None,
        c => (KeyCode::Char(c), KeyModifiers::NONE),
    };
    Some(KeyEvent::new(code, modifiers))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTSIDE: Probe = Probe { wanted: None, has_colors: true, tmux: None };

    fn found(probe: Probe, bytes: &[u8]) -> ImageProtocol {
        probe.setup(&read_answers(bytes)).protocol
    }

    #[test]
    fn terminals_are_taken_at_their_word() {
        for (bytes, protocol) in [
            (&b"\x1b_Gi=31;OK\x1b\\\x1bP>|kitty(0.41.1)\x1b\\\x1b[6;20;10t\x1b[?62;52c"[..], ImageProtocol::Kitty),
            (b"\x1bP>|XTerm(398)\x1b\\\x1b[6;15;8t\x1b[?64;1;2;4;6;9;15;18;21;22;28c", ImageProtocol::Sixel),
            (b"\x1bP>|XTerm(398)\x1b\\\x1b[?64;1;2;6;9;15;18;21;22;28c", ImageProtocol::Blocks),
            (b"\x1b_Gi=31;OK\x1b\\\x1bP>|WezTerm 20240203\x1b\\\x1b[?65;4;6;18;22c", ImageProtocol::Iterm2),
            (b"\x1bP>|iTerm2 3.5.4\x1b\\\x1b[?64;1;2;4;6c", ImageProtocol::Iterm2),
            (b"\x1b_Gi=31;OK\x1b\\\x1bP>|Konsole 24.08\x1b\\\x1b[?62;1;4c", ImageProtocol::Blocks),
            (b"\x1b_Gi=31;EINVAL:no\x1b\\\x1b[?62;22c", ImageProtocol::Blocks),
            (b"\x1b[?6c", ImageProtocol::Blocks),
            (b"", ImageProtocol::Blocks),
        ] {
            assert_eq!(found(OUTSIDE, bytes), protocol, "{:?}", String::from_utf8_lossy(bytes));
        }
        let tmux = |passes, draws_sixels| Probe { tmux: Some(Tmux { passes, draws_sixels }), ..OUTSIDE };
        let in_tmux = tmux(false, true);
        assert!(!in_tmux.questions().contains("_G") && OUTSIDE.questions().contains("_G"));
        assert_eq!(found(in_tmux, b"\x1bP>|tmux 3.5a\x1b\\\x1b[?1;2;4c"), ImageProtocol::Sixel);
        assert_eq!(found(tmux(false, false), b"\x1bP>|tmux 3.5a\x1b\\\x1b[?1;2;4c"), ImageProtocol::Blocks);
        let passing = tmux(true, false);
        assert!(passing.questions().starts_with("\x1bPtmux;\x1b\x1b_G"));
        assert!(passing.setup(&read_answers(b"\x1b_Gi=31;OK\x1b\\\x1b[?1;2c")).is_tmux);
        assert_eq!(found(Probe { wanted: Some(ImageProtocol::Sixel), ..OUTSIDE }, b""), ImageProtocol::Sixel);
    }

    #[test]
    fn cells_have_the_size_that_is_told() {
        assert_eq!(read_answers(b"\x1b[6;34;17t").cell, Some((17, 34)));
        for bytes in [&b"\x1b[6;0;0t"[..], b"\x1b[6;99999;3t", b"\x1b[4;600;800t", b"\x1b[6t"] {
            assert_eq!(read_answers(bytes).cell, None);
        }
    }

    #[test]
    fn what_was_typed_meanwhile_is_kept_and_nothing_else() {
        let answers =
            read_answers("hé\x1b[?62;4cy\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[A\x1b[200~a\rb\x1b[201~\r".as_bytes());
        assert!(answers.rest.contains(&Event::Paste("a\nb".to_owned())), "what was pasted sends nothing");
        assert!(answers.rest.contains(&Event::Key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE))));
        assert!(answers.is_whole && answers.sixel);
        let typed = answers.rest.iter().filter_map(|event| match event {
            Event::Key(KeyEvent { code: KeyCode::Char(c), .. }) => Some(*c),
            _ => None,
        });
        assert_eq!(typed.collect::<String>(), r"héy]11;rgb:0000/0000/0000\");
        assert!(!is_whole(b"\x1b[?62;4c\x1b]11;rgb:00") && is_whole(b"\x1b[?62;4c\x1b]11;rgb:0/0/0\x07"));
        assert!(!read_answers(b"\x1b_Gi=31;OK\x1b\\\x1b[?62").is_whole);
    }

    #[test]
    fn no_answer_makes_it_stumble() {
        let all = b"\x1b_Gi=31;OK\x1b\\\x1bP>|x\x1b\\\x1b[6;20;10t\x1b]11;rgb:0/0/0\x07\x1b[?62;4c\x1b";
        for begin in 0..all.len() {
            for end in begin..=all.len() {
                let _ = read_answers(&all[begin..end]);
            }
        }
    }
}
