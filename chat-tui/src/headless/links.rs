//! Links to send or fetch files in a browser, made without a screen.

use std::io::{IsTerminal, stdout};

use clap::Args;
use proto::{CreateLink, DeviceName, Index};

use super::arguments::InChannel;
use super::change::ask_about;
use super::output::Output;
use super::target::Target;
use crate::failure::Failure;
use crate::image::qr::QrCode;
use crate::session::Session;
use crate::text::CleanLine;

/// `download-link`.
#[derive(Debug, Args)]
pub struct DownloadLink {
    /// #channel, channel, @handle or id:ID
    target: Target,
    /// Index of the message
    index: u64,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

/// Makes a link by which files are sent.
pub(super) async fn upload_link(session: &Session, device: &DeviceName, link: &InChannel) -> Result<(), Failure> {
    make(session, device, &link.target, None, link.json).await
}

/// Makes a link by which the files of a message are fetched.
pub(super) async fn download_link(session: &Session, device: &DeviceName, link: &DownloadLink) -> Result<(), Failure> {
    make(session, device, &link.target, Some(Index::new(link.index)), link.json).await
}

async fn make(
    session: &Session,
    device: &DeviceName,
    target: &Target,
    index: Option<Index>,
    json: bool,
) -> Result<(), Failure> {
    let link = ask_about(session, device, target, |id| CreateLink { id, index }).await?;
    let url = CleanLine::new(&link.url);
    Output::new(json).print(&link, || {
        // For a phone before the screen; a program wants the link alone.
        let code = QrCode::of(url.as_str()).filter(|_| stdout().is_terminal());
        let code = code.iter().flat_map(QrCode::lines).map(|line| format!("\x1b[30;47m{line}\x1b[0m\n"));
        format!("{}{}", code.collect::<String>(), url.as_str())
    })
}
