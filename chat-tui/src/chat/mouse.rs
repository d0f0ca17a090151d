//! What the mouse does on the chat screen: the wheel scrolls, a click opens what it is on.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::outcome::KeyOutcome;
use super::{ChatScreen, panes};
use crate::component::members::member_at;
use crate::component::sidebar;
use crate::component::sidebar::spot_at;
use crate::page::PagePlace;

/// Lines that one step of the wheel moves.
const WHEEL_LINES: usize = 3;

impl ChatScreen {
    /// Takes what the mouse did.
    pub fn mouse(&mut self, mouse: MouseEvent) -> KeyOutcome {
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
        KeyOutcome::GoOn(Vec::new())
    }

    fn click(&mut self, at: Position) -> KeyOutcome {
        let panes = panes(self);
        let inside = |area: Option<Rect>| area.filter(|area| area.contains(at));
        if let Some(area) = inside(panes.sidebar) {
            return match spot_at(self, area, at.y) {
                Some(sidebar::Spot::Channel(id)) => KeyOutcome::GoOn(self.open(id)),
                Some(sidebar::Spot::Heading) => KeyOutcome::Page(PagePlace::Channels(String::new())),
                Some(sidebar::Spot::Page(place)) => KeyOutcome::Page(place),
                None => KeyOutcome::GoOn(Vec::new()),
            };
        }
        if let (Some(area), Some(channel)) = (inside(panes.members), self.channel()) {
            let member = member_at(channel, area, at.y);
            return KeyOutcome::Page(member.map_or(PagePlace::Room(channel.id), PagePlace::Profile));
        }
        if inside(Some(panes.header)).is_some() {
            return self.page_of_channel(PagePlace::Room);
        }
        if inside(Some(panes.status)).is_some() {
            if self.core.activity > 0 {
                return KeyOutcome::Page(PagePlace::CatchUp);
            }
            let next = self.next_unread();
            return KeyOutcome::GoOn(next.map(|id| self.open(id)).unwrap_or_default());
        }
        if let Some(area) = inside(Some(panes.messages)) {
            self.with_timeline(|timeline, pane| timeline.choose_at(usize::from(at.y - area.y), pane));
        }
        KeyOutcome::GoOn(Vec::new())
    }
}
