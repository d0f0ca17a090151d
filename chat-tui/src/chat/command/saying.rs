//! What is said: to a channel, to somebody, to friends.

use proto::{ChannelId, Content, Handle, MessageKind, bounds};

use super::arguments::{Arguments, handle_argument};
use super::{Line, Reading, SlashCommand, Takes};
use crate::chat::ChatScreen;
use crate::chat::outcome::KeyOutcome;
use crate::component::selfie::Selfie;
use crate::core::attachment::SourceFile;
use crate::core::outbox::Outgoing;
use crate::effect::Effect;
use crate::rules::OnScreen;
use crate::shortcodes::{content, expanded};

pub(super) const SAYING_COMMANDS: &[SlashCommand] = &[
    SlashCommand::new("/msg", key!("command-msg"), message)
        .also(&["/dm", "/query"])
        .with(key!("command-msg-arguments")),
    SlashCommand::new("/me", key!("command-me"), act).with(key!("command-me-arguments")).here(),
    SlashCommand::new("/upload", key!("command-upload"), upload)
        .also(&["/attach", "/sendfile"])
        .with(key!("command-upload-arguments"))
        .takes(&[Takes::Paths])
        .here(),
    SlashCommand::new("/cancel", key!("command-cancel-upload"), cancel).here(),
    SlashCommand::new("/download", key!("command-download"), download),
    SlashCommand::new("/upload-clipboard", key!("command-upload-clipboard"), upload_clipboard).here(),
    SlashCommand::new("/selfie", key!("command-selfie"), selfie).here(),
    SlashCommand::new("/upload-link", key!("command-upload-link"), upload_link).here().online(),
    SlashCommand::new("/download-link", key!("command-download-link"), download_link).here().online(),
    SlashCommand::new("/pictures", key!("command-pictures"), pictures).with(key!("command-pictures-arguments")),
    SlashCommand::new("/post", key!("command-post"), post).with(key!("command-post-arguments")),
];

/// Lets pictures keep where they were taken.
const KEEP_METADATA: &str = "--keep-metadata";

/// Says or does something in the open channel.
pub(in crate::chat) fn here(chat: &ChatScreen, kind: MessageKind, text: &str) -> Reading {
    let content = content(text).map_err(|error| error.on_screen())?;
    chat.must_be_in_channel()?;
    chat.must_fit(&content, kind)?;
    Line::says(move |chat| chat.say_here(kind, &content))
}

fn act(arguments: &Arguments<'_>) -> Reading {
    here(arguments.chat, MessageKind::Action, arguments.some()?)
}

/// Reads paths as a shell does, and what is said beside the files behind `--`.
fn upload(arguments: &Arguments<'_>) -> Reading {
    let text = arguments.some()?;
    let (paths, caption) = text.split_once(" -- ").unwrap_or((text, ""));
    let mut paths = shell_words::split(paths).map_err(|_| label!("error-upload-quotes").to_owned())?;
    let all = paths.len();
    paths.retain(|path| path != KEEP_METADATA);
    let keep_metadata = paths.len() < all;
    if paths.is_empty() {
        return Err(arguments.usage());
    }
    if paths.len() > bounds::FILES_MAX {
        return Err(say!("error-too-many-files", count = bounds::FILES_MAX));
    }
    let caption = Content::beside_files(&expanded(caption.trim())).map_err(|error| error.on_screen())?;
    arguments.chat.must_be_in_channel()?;
    arguments.chat.must_fit(&caption, MessageKind::Text)?;
    let sources = paths.into_iter().map(|path| SourceFile { path: path.into(), keep_metadata }).collect();
    Line::says(move |chat| chat.say_with_files(sources, &caption))
}

fn cancel(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::does(ChatScreen::cancel_upload)
}

fn download(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    let files = arguments.chat.files_meant();
    if files.is_empty() {
        return Err(label!("error-no-files").to_owned());
    }
    Line::shows(|chat| chat.download(files))
}

fn upload_clipboard(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    arguments.chat.must_be_in_channel()?;
    Line::does(|_| vec![Effect::TakeClipboard])
}

fn selfie(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    arguments.chat.must_be_in_channel()?;
    if arguments.chat.image_setup.is_none() {
        return Err(label!("error-no-pictures").to_owned());
    }
    let to = arguments.chat.current.ok_or_else(|| label!("error-no-channel").to_owned())?;
    Line::shows(move |chat| KeyOutcome::Selfie(Selfie::new(to, chat.title_here())))
}

fn upload_link(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::does(ChatScreen::make_upload_link)
}

fn download_link(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    let (index, files) = arguments.chat.message_with_files().ok_or_else(|| label!("error-no-files").to_owned())?;
    Line::does(move |chat| chat.make_download_link(index, files))
}

fn pictures(arguments: &Arguments<'_>) -> Reading {
    let on = match arguments.text {
        "on" => true,
        "off" => false,
        "" => arguments.chat.images.setup().is_none(),
        _ => return Err(arguments.usage()),
    };
    Line::does(move |chat| {
        chat.show_pictures(on);
        Vec::new()
    })
}

fn message(arguments: &Arguments<'_>) -> Reading {
    let text = arguments.some()?;
    let (to, text) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let to = handle_argument(to)?;
    if text.trim().is_empty() {
        if arguments.chat.core.conversation_with(&to).is_none() {
            arguments.chat.must_be_online()?;
        }
        return Line::does(|chat| chat.talk(to));
    }
    let content = content(text.trim()).map_err(|error| error.on_screen())?;
    arguments.chat.must_fit(&content, MessageKind::Text)?;
    Line::says(move |chat| chat.message(to, &content))
}

fn post(arguments: &Arguments<'_>) -> Reading {
    let text = arguments.some()?;
    let content = content(text).map_err(|_| label!("error-post-empty").to_owned())?;
    arguments.chat.must_fit(&content, MessageKind::Text)?;
    Line::says(move |chat| {
        chat.post(&content);
        Vec::new()
    })
}

impl ChatScreen {
    fn say_here(&mut self, kind: MessageKind, content: &Content) -> Vec<Effect> {
        let Some(id) = self.current else { return Vec::new() };
        let outgoing = self.core.outgoing(content.as_str().to_owned(), kind);
        let outgoing = Outgoing { reply_to: self.take_reply(), ..outgoing };
        self.say_in(id, outgoing)
    }

    /// Says something in a channel, and shows its end.
    pub(in crate::chat) fn say_in(&mut self, id: ChannelId, outgoing: Outgoing) -> Vec<Effect> {
        if let (Some(channel), Some(view)) = (self.core.channels.get(&id), self.views.get_mut(&id)) {
            if channel.unread == 0 {
                view.timeline.set_divider(None);
            }
            view.timeline.scroll_to_bottom();
        }
        self.quit_warned = false;
        self.typing_told = None;
        self.core.say(id, outgoing, self.now).into_iter().map(Effect::from).collect()
    }

    /// Says something to somebody.
    fn message(&mut self, handle: Handle, content: &Content) -> Vec<Effect> {
        let outgoing = self.core.outgoing(content.as_str().to_owned(), MessageKind::Text);
        if let Some(id) = self.core.conversation_with(&handle) {
            let mut effects = self.open(id);
            effects.extend(self.say_in(id, outgoing));
            return effects;
        }
        self.say_to(handle, outgoing);
        Vec::new()
    }
}
