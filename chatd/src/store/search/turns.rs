//! Whose search is next. A few run at once; who waits is served in turn with everybody else who does, not before and not
//! behind all that one of them has asked for.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::lock::lock;
use crate::store::UserId;

/// Searches at once; more wait their turn.
pub(in crate::store) const SEARCHES: usize = 2;
/// How long a search waits for its turn before it is refused.
const WAIT_MAX: Duration = Duration::from_millis(200);

/// The turns that searches wait for.
#[derive(Debug, Clone)]
pub(in crate::store) struct Turns(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    free: usize,
    /// Searches of one account that wait at most; 0 is no bound.
    waiting_max: usize,
    /// Who waits, by whose turn is next.
    order: VecDeque<UserId>,
    waiting: HashMap<UserId, VecDeque<oneshot::Sender<SearchTurn>>>,
}

/// A search that runs; dropping it lets the next one in.
#[derive(Debug)]
pub(super) struct SearchTurn(Turns);

impl Turns {
    /// Lets so many run at once.
    pub(in crate::store) fn new(at_once: usize, waiting_max: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: at_once,
            waiting_max,
            order: VecDeque::new(),
            waiting: HashMap::new(),
        })))
    }

    /// Lets so many of one account wait.
    pub(super) fn change(&self, waiting_max: usize) {
        self.state().waiting_max = waiting_max;
    }

    /// Waits for a turn; `None` when there is none in time, or too many of the account wait already.
    pub(super) async fn take(&self, user: UserId) -> Option<SearchTurn> {
        let turn = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                drop(state);
                return Some(SearchTurn(self.clone()));
            }
            let max = state.waiting_max;
            if max > 0 && state.waiting.get(&user).is_some_and(|waiting| waiting.len() >= max) {
                return None;
            }
            let (give, turn) = oneshot::channel();
            let waiting = state.waiting.entry(user).or_default();
            waiting.push_back(give);
            if waiting.len() == 1 {
                state.order.push_back(user);
            }
            turn
        };
        tokio::time::timeout(WAIT_MAX, turn).await.ok()?.ok()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        lock(&self.0)
    }
}

impl Drop for SearchTurn {
    fn drop(&mut self) {
        let mut state = self.0.state();
        while let Some(user) = state.order.pop_front() {
            let Some(waiting) = state.waiting.get_mut(&user) else { continue };
            let next = waiting.pop_front();
            if waiting.is_empty() {
                state.waiting.remove(&user);
            } else {
                state.order.push_back(user);
            }
            let Some(next) = next.filter(|next| !next.is_closed()) else { continue };
            drop(state);
            // Whoever has just given up drops it, which lets the next one in.
            let _ = next.send(SearchTurn(self.0.clone()));
            return;
        }
        state.free += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_is_served_in_turn() {
        let turns = Turns::new(1, 4);
        let (greedy, other) = (UserId(1), UserId(2));
        let running = turns.take(greedy).await.unwrap();
        let (told, mut served) = tokio::sync::mpsc::unbounded_channel();
        let mut asking = Vec::new();
        for user in [greedy, greedy, greedy, greedy, other] {
            let (turns, told) = (turns.clone(), told.clone());
            asking.push(tokio::spawn(async move {
                let turn = turns.take(user).await;
                told.send(user).unwrap();
                drop(turn);
            }));
            tokio::task::yield_now().await;
        }
        assert!(turns.take(greedy).await.is_none(), "four of them wait already");
        drop(running);
        assert_eq!([served.recv().await, served.recv().await], [Some(greedy), Some(other)]);
        for asking in asking {
            asking.await.unwrap();
        }
        assert_eq!(turns.state().free, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_is_told() {
        let turns = Turns::new(1, 4);
        let running = turns.take(UserId(1)).await.unwrap();
        assert!(turns.take(UserId(2)).await.is_none());
        drop(running);
        assert!(turns.take(UserId(2)).await.is_some(), "who gave up holds nobody up");
    }
}
