//! Searching everything that one may read, with the lines around each hit.

use proto::http::{Count, SearchHit, SearchHits, SearchQuery};
use proto::{Message, SearchWords};
use ratatui::style::Style;

use super::keys::{self, PageAction, PageKey};
use super::list::{Row, marked, one_line};
use super::{Fetch, Fetched, Page, PageRequest, verbs};
use crate::chat::ChatScreen;
use crate::component::field::Field;
use crate::markdown;
use crate::theme::Theme;
use crate::words::{channel_title, moment, said};

/// The keys of the page.
pub(super) const SEARCH_KEYS: &[PageKey] =
    &[PageKey::enter(PageAction::Search, key!("page-key-search"), key!("page-help-search")), keys::OPEN];

/// Hits that are shown.
const HITS: usize = 50;

/// The page on which messages are searched for.
#[derive(Debug)]
pub struct SearchPage {
    field: Field,
    /// What was searched for last.
    asked: String,
    found: Option<SearchHits>,
    /// Whether it was found among what is saved here, for want of a connection.
    is_saved: bool,
    told: String,
}

impl SearchPage {
    /// Opens the page, and searches at once for what was written behind the command.
    pub fn new(words: &str) -> Self {
        let field = Field::new(label!("page-search-label"), words);
        Self { field, asked: String::new(), found: None, is_saved: false, told: label!("page-search-help").to_owned() }
    }

    fn search(&mut self) -> Vec<PageRequest> {
        self.field.text().trim().clone_into(&mut self.asked);
        if self.asked.is_empty() {
            return Vec::new();
        }
        self.found = None;
        label!("page-searching").clone_into(&mut self.told);
        let request = SearchQuery {
            q: Some(self.asked.clone()),
            limit: Some(Count::new(HITS)),
            around: Some(Count::new(1)),
            ..SearchQuery::default()
        };
        vec![PageRequest::Fetch(Fetch::Search(request))]
    }

    /// Tells whether other words stand there than were searched for.
    fn is_changed(&self) -> bool {
        self.field.text().trim() != self.asked
    }

    fn hits(&self) -> &[SearchHit] {
        self.found.as_ref().map_or(&[], |found| &found.hits)
    }
}

impl Page for SearchPage {
    fn title(&self, _: &ChatScreen) -> String {
        let Some(found) = &self.found else { return label!("page-search-title").to_owned() };
        let count = found.hits.len();
        let title = match found.more {
            true => say!("page-search-title-more", count = count),
            false => say!("page-search-title-count", count = count),
        };
        if self.is_saved {
            return say!("page-search-offline", title = title);
        }
        if found.complete { title } else { say!("page-search-indexing", title = title) }
    }

    fn keys(&self) -> &'static [PageKey] {
        SEARCH_KEYS
    }

    fn can(&self, action: PageAction, row: Option<usize>, _: &ChatScreen) -> bool {
        match action {
            PageAction::Search => self.is_changed() && !self.field.text().trim().is_empty(),
            _ => !self.is_changed() && row.is_some_and(|row| row < self.hits().len()),
        }
    }

    fn act(&mut self, action: PageAction, row: Option<usize>, _: &ChatScreen) -> Vec<PageRequest> {
        if action == PageAction::Search && self.is_changed() {
            return self.search();
        }
        let hit = row.and_then(|row| self.hits().get(row));
        let door = |hit: &SearchHit| verbs::door(hit.kind, hit.id, hit.message.index, hit.message.reply_to);
        hit.map(door).into_iter().collect()
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row> {
        let beside = |message: &Message| {
            let said =
                one_line(&markdown::plain(&said(message)), cells.saturating_sub(message.handle.as_str().len() + 4));
            format!("  {}: {said}", message.handle)
        };
        let words = SearchWords::parse(&self.asked).map(|words| words.terms).unwrap_or_default();
        let row = |hit: &SearchHit| {
            let place = channel_title(hit.kind, hit.name.as_str());
            let when = moment(hit.message.date, chat.now, &chat.zone);
            let mut row = Row::new([(place, theme.title), (format!(" · {} · {when}", hit.message.handle), theme.dim)]);
            for message in &hit.before {
                row = row.line(beside(message), theme.dim);
            }
            let said = format!("  {}", one_line(&markdown::plain(&said(&hit.message)), cells.saturating_sub(2)));
            row = row.pieces(marked(&said, &words, Style::new(), theme.mention_strong));
            for message in &hit.after {
                row = row.line(beside(message), theme.dim);
            }
            row
        };
        self.hits().iter().map(row).collect()
    }

    fn field(&self) -> Option<&Field> {
        Some(&self.field)
    }

    fn field_mut(&mut self) -> Option<&mut Field> {
        Some(&mut self.field)
    }

    fn fetched(&mut self, fetched: Fetched) {
        let (found, is_saved) = match fetched {
            Fetched::Search(found) => (found, false),
            Fetched::SearchSaved(found) => (found, true),
            other => return other.was_not_asked_for(),
        };
        self.is_saved = is_saved;
        self.told = say!("page-search-empty", words = self.asked);
        self.found = Some(found);
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn wants(&mut self, _: &ChatScreen) -> Vec<PageRequest> {
        if self.found.is_none() { self.search() } else { Vec::new() }
    }
}
