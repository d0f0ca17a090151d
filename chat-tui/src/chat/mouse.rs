//! What the mouse does on the chat screen: the wheel scrolls, a click opens what it is on.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::outcome::Outcome;
use super::{ChatScreen, panes};
use crate::component::{members, sidebar};
use crate::page::Place;

/// Lines that one step of the wheel moves.
const WHEEL_LINES: usize = 3;

impl ChatScreen {
    /// Takes what the mouse did.
    pub fn mouse(&mut self, mouse: MouseEvent) -> Outcome {
        let list = panes(self).sidebar.filter(|area| area.contains(Position::new(mouse.column, mouse.row)));
        match (mouse.kind, list) {
            (MouseEventKind::ScrollUp, Some(list)) => {
                self.list_first = Some(sidebar::scrolled(self, list, -(WHEEL_LINES as isize)));
            }
            (MouseEventKind::ScrollDown, Some(list)) => {
                self.list_first = Some(sidebar::scrolled(self, list, WHEEL_LINES as isize));
            }
            (MouseEventKind::ScrollUp, None) => {
                self.with_timeline(|timeline, pane| timeline.scroll_up(WHEEL_LINES, pane));
            }
            (MouseEventKind::ScrollDown, None) => {
                self.with_timeline(|timeline, pane| timeline.scroll_down(WHEEL_LINES, pane));
            }
            (MouseEventKind::Down(MouseButton::Left), _) => {
                return self.click(Position::new(mouse.column, mouse.row));
            }
            _ => {}
        }
        Outcome::GoOn(Vec::new())
    }

    fn click(&mut self, at: Position) -> Outcome {
        let panes = panes(self);
        let inside = |area: Option<Rect>| area.filter(|area| area.contains(at));
        if let Some(area) = inside(panes.sidebar) {
            return match sidebar::at(self, area, at.y) {
                Some(sidebar::Spot::Channel(id)) => Outcome::GoOn(self.open(id)),
                Some(sidebar::Spot::Heading) => Outcome::Page(Place::Channels(String::new())),
                Some(sidebar::Spot::Page(place)) => Outcome::Page(place),
                None => Outcome::GoOn(Vec::new()),
            };
        }
        if let (Some(area), Some(channel)) = (inside(panes.members), self.channel()) {
            let member = members::at(channel, area, at.y);
            return Outcome::Page(member.map_or(Place::Room(channel.id), Place::Profile));
        }
        if inside(Some(panes.header)).is_some() {
            return self.page_of_channel(Place::Room);
        }
        if inside(Some(panes.status)).is_some() {
            if self.core.activity > 0 {
                return Outcome::Page(Place::CatchUp);
            }
            let next = self.next_unread();
            return Outcome::GoOn(next.map(|id| self.open(id)).unwrap_or_default());
        }
        if let Some(area) = inside(Some(panes.messages)) {
            self.with_timeline(|timeline, pane| timeline.choose_at(usize::from(at.y - area.y), pane));
        }
        Outcome::GoOn(Vec::new())
    }
}
