//! What wakes the loop from outside of the program: the terminal and the signals of the system.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossterm::event::{Event, KeyEventKind};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::image::ImageSetup;
use crate::msg::Msg;
use crate::term::{self, Input, Probe, Probed, Splicer};

/// Reads keys on a thread of its own: reading a terminal blocks.
pub(super) fn read_terminal(messages: mpsc::Sender<Msg>, mut splicer: Splicer, probe: Option<Probe>) {
    thread::spawn(move || {
        let mut drawn = None;
        if let Some(probe) = probe {
            let Probed { setup, typed, is_whole } = probe.answers();
            drawn = setup;
            let now = std::time::Instant::now();
            if !is_whole {
                splicer.expect_answers(now);
            }
            let typed = typed.into_iter().flat_map(|event| splicer.take(event, now)).filter_map(heard);
            let told = std::iter::once(Msg::Images(setup)).chain(typed.collect::<Vec<_>>());
            if told.into_iter().any(|msg| messages.blocking_send(msg).is_err()) {
                return;
            }
        }
        loop {
            let whole = match next_event(splicer.patience(std::time::Instant::now())) {
                Ok(Some(event)) => splicer.take(event, std::time::Instant::now()),
                Ok(None) => splicer.flush(std::time::Instant::now()),
                Err(_) => {
                    let _ = messages.blocking_send(Msg::Terminate);
                    return;
                }
            };
            // With another font cells have another size.
            let resized = whole.iter().any(|input| matches!(input, Input::Event(Event::Resize(..))));
            let setup =
                drawn.filter(|_| resized).and_then(|setup| Some(ImageSetup { cell: term::cell_pixels()?, ..setup }));
            let setup =
                setup.filter(|setup| drawn.replace(*setup) != Some(*setup)).map(|setup| Msg::Images(Some(setup)));
            let told = whole.into_iter().filter_map(heard).chain(setup);
            if told.into_iter().any(|msg| messages.blocking_send(msg).is_err()) {
                return;
            }
        }
    });
}

/// Waits for the terminal to say something; for so long, if there is a bound.
fn next_event(patience: Option<Duration>) -> io::Result<Option<Event>> {
    match patience {
        Some(patience) if !crossterm::event::poll(patience)? => Ok(None),
        _ => crossterm::event::read().map(Some),
    }
}

/// What the program makes of what the terminal says.
fn heard(input: Input) -> Option<Msg> {
    Some(match input {
        Input::Background(red, green, blue) => Msg::Background(red, green, blue),
        Input::Event(Event::Key(key)) if key.kind != KeyEventKind::Release => Msg::Key(key),
        Input::Event(Event::Mouse(mouse)) => Msg::Mouse(mouse),
        Input::Event(Event::Paste(text)) => Msg::Paste(text),
        Input::Event(Event::Resize(columns, rows)) => Msg::Resize(columns, rows),
        Input::Event(Event::FocusGained) => Msg::Focus(true),
        Input::Event(Event::FocusLost) => Msg::Focus(false),
        Input::Event(Event::Key(_)) => return None,
    })
}

/// Ends the program on a signal, orderly at the first, at once at the second; and takes the terminal
/// again when the process is continued, whoever stopped it.
pub(super) fn watch_signals(messages: &mpsc::Sender<Msg>) -> io::Result<()> {
    let told = Arc::new(AtomicBool::new(false));
    for kind in [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()] {
        let mut signals = signal(kind)?;
        let messages = messages.clone();
        let told = told.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                if told.swap(true, Ordering::AcqRel) {
                    term::give_back();
                    std::process::exit(128 + kind.as_raw_value());
                }
                let messages = messages.clone();
                tokio::spawn(async move { messages.send(Msg::Terminate).await });
            }
        });
    }
    let mut continued = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?;
    let messages = messages.clone();
    tokio::spawn(async move {
        while continued.recv().await.is_some() {
            let _ = messages.send(Msg::Resumed).await;
        }
    });
    Ok(())
}
